"""The table of the faults that drills have tried: what was lost, what came back, how long it took."""

from __future__ import annotations

import logging
from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class Row:
    """One fault that was tried, or, with no fault, what was done about those before.

    lost: what the fault took; back: how everything came back.
    """

    drill: str
    fault: str
    lost: str
    back: str
    seconds: float


TOLD: list[Row] = []
"""What the test that runs now has told so far; see `conftest.py` for where it goes."""


def record(row: Row) -> None:
    """Add a row, and tell of it at once (`--log-cli-level=INFO` shows it)."""
    TOLD.append(row)
    logging.getLogger(__name__).info("%s: %s: %s: %s (%.1f s)", *astuple(row))


def tried(rows: list[Row]) -> int:
    """How many faults."""
    return sum(bool(row.fault) for row in rows)


def lines(rows: list[Row]) -> list[str]:
    """The table as text."""
    if not rows:
        return []
    table = [("drill", "fault", "lost", "came back", "s")]
    table += [(row.drill, row.fault, row.lost, row.back, f"{row.seconds:.1f}") for row in rows]
    widths = [max(len(cells[column]) for cells in table) for column in range(5)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in table
    ]
