"""Texts within values, and what is shown of those that are long."""

from __future__ import annotations

import json
from typing import Any

ELSEWHERE = 24
"""Characters before the first difference that are shown of two long texts."""


def opened(value: Any) -> Any:
    """JSON that is kept as text inside, as what it is: quoted twice nobody can read it."""
    if isinstance(value, dict):
        return {key: opened(member) for key, member in value.items()}
    if isinstance(value, list):
        return [opened(member) for member in value]
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def cut(text: str, width: int) -> str:
    """At most about `width` characters, and how many there were."""
    return _part(text, 0, width)


def _part(text: str, start: int, width: int) -> str:
    if start <= 0 and len(text) <= width:
        return text
    more = "…" if start + width < len(text) else ""
    return f"{'…' if start else ''}{text[start : start + width]}{more} ({len(text)} characters)"


def cut_pair(before: str, after: str, width: int) -> tuple[str, str]:
    """Two texts that differ, cut so that the place where they first do is seen."""
    if len(before) <= width and len(after) <= width:
        return before, after
    common = common_start(before, after)
    start = max(common - ELSEWHERE, 0) if common + ELSEWHERE >= width else 0
    return _part(before, start, width), _part(after, start, width)


def common_start(before: str, after: str) -> int:
    """How many characters two texts begin with alike."""
    return next(
        (index for index, (one, other) in enumerate(zip(before, after, strict=False)) if one != other),
        min(len(before), len(after)),
    )
