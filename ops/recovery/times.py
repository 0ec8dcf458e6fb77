"""Points in time as people type them. All are in UTC and of whole seconds, as AWS restores them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ops.errors import OpsError
from ops.exit_codes import ExitCode

FORMS = "2026-03-31T09:15:00Z (or another offset), or how long ago: -90s, -15m, -2h, -3d"

_AGO = re.compile(r"-([1-9][0-9]{0,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Window:
    """The times that a table can be restored to, both ends included."""

    earliest: datetime
    latest: datetime


def parse(text: str, now: datetime) -> datetime:
    """The time that `text` names. Raises OpsError (USAGE) for anything but `FORMS`, and for the future."""
    if ago := _AGO.fullmatch(text):
        return _whole(now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise OpsError(
            f"--to {text!r} is not a time.", hint=f"Allowed: {FORMS}.", code=ExitCode.USAGE
        ) from None
    if found.tzinfo is None:
        raise OpsError(
            f"--to {text!r} does not say in which time zone.",
            hint=f"For UTC: --to {text}Z. It is {shown(now)} now.",
            code=ExitCode.USAGE,
        )
    if found > now:
        raise OpsError(f"--to {text!r} is in the future: it is {shown(now)} now.", code=ExitCode.USAGE)
    return _whole(found.astimezone(UTC))


def require_within(at: datetime, window: Window, table: str, hint: str) -> None:
    """Raises OpsError (USAGE) with both ends for a time that the table cannot be restored to."""
    if window.earliest <= at <= window.latest:
        return
    side = "before the earliest" if at < window.earliest else "after the latest"
    raise OpsError(
        f"{shown(at)} is {side} time that {table} can be restored to: from {shown(window.earliest)} "
        f"to {shown(window.latest)}.",
        hint=hint,
        code=ExitCode.USAGE,
    )


def shown(at: datetime) -> str:
    """As `parse` takes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: float) -> str:
    """A duration for people, e.g. "2 h 5 min", "41 s"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
