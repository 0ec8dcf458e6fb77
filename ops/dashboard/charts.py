"""Charts as SVG, without a script: lines over time, and bars of days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from ops.dashboard import figures
from ops.dashboard.model import Board, Graph, Limit, Line

COLOURS = 9
"""Of lines, in the page's style as --c0 and so on; a tenth line begins again."""

LEFT, RIGHT, TOP, BOTTOM = 44, 10, 8, 20
LIMIT_FITS = 4
"""A threshold is drawn where it is at most so many times the highest value: it would press the lines flat."""
GAP_PERIODS = 3
"""Points are joined unless so many periods lie between them."""


def lines(graph: Graph, board: Board, width: int, height: int) -> str:
    """Chart of a graph that has at least one point."""
    plot = _Plot(board, graph, width, height)
    parts = [*plot.grid(), *plot.limits(), *(plot.line(n, one) for n, one in enumerate(graph.lines))]
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(described(graph))}">'
        f"{''.join(parts)}</svg>"
    )


def described(graph: Graph) -> str:
    """In words, for who does not see it."""
    said = (f"{line.label}: {figures.number(line.last)}" for line in graph.lines)
    return f"{graph.title}; last values: {', '.join(said)}"


def bars(line: Line, width: int = 200, height: int = 36) -> str:
    """The values of a line side by side, the newest at the right; one is missing where there was no data."""
    if not line.points:
        return ""
    newest = line.points[-1][0]
    places = 8
    values = {round((newest - at) / line.period_s): value for at, value in line.points}
    top = max(values.values()) or 1
    step = width / places
    drawn = "".join(
        f'<rect x="{(places - 1 - back) * step + 1:.1f}" y="{height - size:.1f}" width="{step - 2:.1f}"'
        f' height="{size:.1f}" class="{"now" if back == 0 else "then"}"/>'
        for back, value in values.items()
        if back < places and (size := max(height * value / top, 1))
    )
    return (
        f'<svg class="bars" viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">'
        f"{drawn}</svg>"
    )


def fitting(graph: Graph) -> list[Limit]:
    """The limits that are drawn; the others are told in the legend."""
    highest = _highest(graph.lines)
    return [limit for limit in graph.limits if 0 < limit.value <= highest * LIMIT_FITS]


def _highest(every: Sequence[Line]) -> float:
    return max((value for line in every for _, value in line.points), default=0)


class _Plot:
    def __init__(self, board: Board, graph: Graph, width: int, height: int) -> None:
        self._graph, self._width, self._height = graph, width, height
        self._first, self._last = board.start.timestamp(), board.end.timestamp()
        self._limits = fitting(graph)
        highest = max([_highest(graph.lines), *(limit.value for limit in self._limits)])
        self._ticks = figures.ticks(highest)

    def _x(self, at: float) -> float:
        share = (at - self._first) / (self._last - self._first)
        return LEFT + min(max(share, 0), 1) * (self._width - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        bottom = self._height - BOTTOM
        return bottom - value / self._ticks[-1] * (bottom - TOP)

    def grid(self) -> list[str]:
        parts = []
        for tick in self._ticks:
            y = self._y(tick)
            parts.append(
                f'<line class="grid" x1="{LEFT}" x2="{self._width - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            parts.append(
                f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{figures.number(tick)}</text>'
            )
        form = "%H:%M" if self._last - self._first <= 2 * 86_400 else "%d %b"
        count = 4 if self._width > 300 else 2
        for number in range(count + 1):
            at = self._first + (self._last - self._first) * number / count
            anchor = ("start", "middle", "end")[(number > 0) + (number == count)]
            label = datetime.fromtimestamp(at, UTC).strftime(form)
            parts.append(
                f'<text x="{self._x(at):.1f}" y="{self._height - 4}" text-anchor="{anchor}">{label}</text>'
            )
        return parts

    def limits(self) -> list[str]:
        return [
            f'<line class="limit" x1="{LEFT}" x2="{self._width - RIGHT}"'
            f' y1="{self._y(limit.value):.1f}" y2="{self._y(limit.value):.1f}"/>'
            for limit in self._limits
        ]

    def line(self, number: int, line: Line) -> str:
        """Joined points; one that stands alone is a dot, or it could not be seen."""
        runs: list[list[tuple[float, float]]] = []
        for point in line.points:
            if runs and point[0] - runs[-1][-1][0] <= GAP_PERIODS * line.period_s:
                runs[-1].append(point)
            else:
                runs.append([point])
        colour = f"c{number % COLOURS}"
        parts = [f"<title>{escape(line.label)}</title>"]
        for run in runs:
            places = [(self._x(at), self._y(value)) for at, value in run]
            if len(places) == 1:
                parts.append(f'<circle cx="{places[0][0]:.1f}" cy="{places[0][1]:.1f}" r="2.5"/>')
            else:
                joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
                parts.append(f'<polyline points="{joined}"/>')
        return f'<g class="line {colour}">{"".join(parts)}</g>'
