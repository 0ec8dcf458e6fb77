"""Numbers and times as people read them."""

from __future__ import annotations

import math
from datetime import UTC, datetime

NONE = "–"
SECONDS = "seconds"
"""Label of a number that is a duration."""


def number(value: float | None) -> str:
    """Three digits or so: 0.42, 17.3, 4,210, 1.2 M."""
    if value is None:
        return NONE
    size = abs(value)
    if size >= 1_000_000:
        return f"{value / 1_000_000:.3g} M"
    if size >= 1000:
        return f"{value:,.0f}"
    if value == int(value):
        return str(int(value))
    return f"{value:.3g}"


def duration(seconds: float) -> str:
    """42 s, 12 min 30 s, 3 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def of_label(value: float | None, label: str) -> tuple[str, str]:
    """A number and its unit, by the label of its line."""
    if value is None:
        return NONE, label
    if label == SECONDS:
        return duration(value), ""
    if label.startswith("%"):
        return f"{number(value)} %", label[1:].strip()
    return number(value), label


def moment(at: datetime) -> str:
    """In UTC, to the minute."""
    return f"{at.astimezone(UTC):%d %b %Y, %H:%M} UTC"


def ticks(top: float, wanted: int = 4) -> list[float]:
    """From 0 to at least `top` in round steps."""
    if top <= 0 or not math.isfinite(top):
        return [0, 1]
    raw = top / wanted
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    return [round(step * count, 10) for count in range(math.ceil(top / step - 1e-9) + 1)]
