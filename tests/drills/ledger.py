"""What the drills of a run lost and got back, and the table that shows it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from textwrap import wrap

COLUMNS = ("drill", "what was lost", "what came back", "time")
WIDTHS = (30, 34, 40, 9)


@dataclass
class Drill:
    """One drill. lost and back: sentences; failed: None while it runs."""

    name: str
    lost: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    failed: bool | None = None
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    def loses(self, what: str) -> None:
        """Say what is lost; the time to get it back counts from here."""
        self.lost.append(what)
        self.began = time.monotonic()

    def gets_back(self, what: str) -> None:
        """Say what was seen to be there again."""
        self.back.append(what)

    def ends(self, *, failed: bool) -> None:
        """The drill is over."""
        self.failed, self.seconds = failed, time.monotonic() - self.began


def table(drills: Sequence[Drill]) -> list[str]:
    """Lines of the table, the heading first."""
    rows = [COLUMNS] + [
        (
            drill.name,
            "; ".join(drill.lost) or "nothing",
            "FAILED" if drill.failed else "; ".join(drill.back) or "nothing",
            f"{drill.seconds:.1f} s",
        )
        for drill in drills
    ]
    lines: list[str] = []
    for number, row in enumerate(rows):
        cells = [wrap(text, width) for text, width in zip(row, WIDTHS, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            padded = [part.ljust(width) for part, width in zip(parts, WIDTHS, strict=True)]
            lines.append("  ".join(padded).rstrip())
        if number == 0:
            lines.append("  ".join("-" * width for width in WIDTHS))
    return lines
