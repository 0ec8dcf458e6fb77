"""Reading the attributes of a plan's resources, which are blocks in lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.plans import masking
from ops.plans.document import ResourceChange


def inside(values: Any, *path: str) -> Any:
    """The value at a path, of the first block where there are several; None where there is none."""
    for name in path:
        values = _first(values)
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def lists(values: Any, *path: str) -> list[Any]:
    """The blocks at a path, () where there are none."""
    found = inside(values, *path)
    return list(found) if isinstance(found, list) else [] if found is None else [found]


def is_known(change: ResourceChange, attribute: str) -> bool:
    """Whether the plan tells all of an attribute before the apply."""
    return not masking.any_marked(masking.inner(change.after_unknown, attribute))


def _first(values: Any) -> Any:
    while isinstance(values, list):
        values = values[0] if values else None
    return values
