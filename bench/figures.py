"""What was measured, with its goal."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What a figure means for its goal."""

    MET = "met"
    MISSED = "missed"
    NONE = ""
    """There is no goal, or the figure could not be measured here."""


@dataclass(frozen=True)
class Figure:
    """One line of the result.

    value: None where it could not be measured; unit: "s", "ms", "MiB", "KiB", "x" or "%".
    at_most, at_least: the goal, in the same unit, if there is one. detail: how it came about.
    """

    group: str
    name: str
    value: float | None
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    detail: str = ""

    @property
    def verdict(self) -> Verdict:
        """Met or missed; a bound that is just reached is met."""
        if self.value is None or (self.at_most is None and self.at_least is None):
            return Verdict.NONE
        right = (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )
        return Verdict.MET if right else Verdict.MISSED

    @property
    def goal(self) -> str:
        """The goal as people read it."""
        parts = [("≤", self.at_most), ("≥", self.at_least)]
        return " ".join(f"{sign} {show(bound, self.unit)}" for sign, bound in parts if bound is not None)

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {**asdict(self), "verdict": self.verdict.value or None}


def show(value: float | None, unit: str) -> str:
    """A value with its unit, in as many digits as it deserves."""
    if value is None:
        return "not measured"
    if unit == "s":
        return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"
    if unit == "x":
        return f"{value:.1f} x" if value >= 1 else f"{value:.2f} x"
    return f"{value:.0f} {unit}"


def slope(points: Sequence[tuple[float, float]]) -> float:
    """What y grows by for each x: the line with the least squared distance to the points."""
    xs, ys = zip(*points, strict=True)
    return statistics.linear_regression(xs, ys).slope
