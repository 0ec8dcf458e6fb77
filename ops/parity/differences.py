"""How two environments' stacks differ."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ParityDifference:
    """One difference that no configuration explains.

    path: the construct path without the environment, such as database/table. what: one sentence that says
    all. environments: those that differ. only_in: those that have the resource, missing_in: those that have
    not; both empty for an attribute that differs.
    """

    path: str
    what: str
    environments: tuple[str, ...]
    only_in: tuple[str, ...] = ()
    missing_in: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)
