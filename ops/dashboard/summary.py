"""A dashboard in a terminal: alarms that are not OK, and the newest value of each line."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from ops.dashboard import figures
from ops.dashboard.model import Board, Graph, Line, Log, Number
from ops.dashboard.page import STATES

COLOURS = {"ALARM": "bold red", "OK": "green"}


def show(board: Board, console: Console) -> None:
    """Print it."""
    console.print(f"{board.name}, {board.region}, until {figures.moment(board.end)}", markup=False)
    for warning in board.warnings:
        console.print(f"  warning   {warning}", style="yellow", markup=False)
    counts = {state: sum(alarm.state == state for alarm in board.alarms) for state in STATES}
    console.print(
        "Alarms: " + ", ".join(f"{count} {STATES[state]}" for state, count in counts.items() if count),
        markup=False,
    )
    for alarm in board.alarms:
        if alarm.state not in ("OK", "INSUFFICIENT_DATA"):
            console.print(
                f"  {STATES.get(alarm.state, alarm.state):<10}",
                style=COLOURS.get(alarm.state, "yellow"),
                end="",
            )
            console.print(f"{alarm.name}\n            {alarm.description}", markup=False)
    console.print(_values(board))


def _values(board: Board) -> Table:
    table = Table("", "", "now", "highest", box=None, padding=(0, 2, 0, 0), show_edge=False)
    for panel in board.panels:
        if isinstance(panel, (Graph, Number)):
            title = panel.title
            if panel.problem:
                table.add_row(_plain(title), _plain(panel.problem), "", "", style="red")
                continue
            for line, now, highest in _lines(panel.lines):
                table.add_row(_plain(title), _plain(line.label), now, highest)
                title = ""
        elif isinstance(panel, Log) and not panel.problem:
            table.add_row(_plain(panel.title), f"{len(panel.rows)} rows", "", "")
    return table


def _lines(lines: Iterable[Line]) -> Iterable[tuple[Line, str, str]]:
    """Those with data, or the first, which then says that there is none."""
    every = list(lines)
    there = [line for line in every if line.points] or every[:1]
    for line in there:
        highest = max((value for _, value in line.points), default=None)
        yield line, figures.of_label(line.last, line.label)[0], figures.of_label(highest, line.label)[0]


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
