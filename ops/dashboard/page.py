"""A dashboard as one HTML page that needs nothing else: no network, no script, no file beside it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from ops.dashboard import charts, figures
from ops.dashboard.model import Alarms, AlarmState, Board, Graph, Log, Number, Panel, Words

STYLE = Path(__file__).with_name("style.css")
COLUMN, ROW = 58, 50
"""Pixels of a column and of a row of the grid, gaps included, at the page's full width."""
AROUND = 112
"""Pixels of a panel that its title and legend take."""

STATES = {"ALARM": "in alarm", "OK": "OK", "INSUFFICIENT_DATA": "no data", "MISSING": "not there"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The browser itself refuses whatever the page should try to load."""


def render(board: Board) -> str:
    """The page. Everything that comes from AWS is escaped: a log line may hold anything."""
    title = f"{board.environment}: {board.name}"
    warnings = "".join(f'<p class="warning">{escape(text)}</p>' for text in board.warnings)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
<header>
<h1>{escape(_heading(board))}</h1>
<p>{escape(board.name)} · {escape(board.region)}</p>
<p>{escape(figures.moment(board.start))} to {escape(figures.moment(board.end))}</p>
<p class="words">{escape(_words(board))} Beside each name is its newest value.</p>
{_verdict(board)}{warnings}
</header>
<div class="board">
{_panels(board)}
</div>
</main>
</body>
</html>
"""


def _heading(board: Board) -> str:
    """The first heading on the dashboard."""
    return next((line[2:] for line in _markdown(board) if line.startswith("# ")), board.name)


def _words(board: Board) -> str:
    """What else is written on the dashboard."""
    return " ".join(line for line in _markdown(board) if not line.startswith("# "))


def _markdown(board: Board) -> list[str]:
    words = [panel.markdown for panel in board.panels if isinstance(panel, Words)]
    return [line for markdown in words for line in markdown.splitlines() if line]


def _verdict(board: Board) -> str:
    if not board.alarms:
        return ""
    on = [alarm.name for alarm in board.alarms if alarm.state == "ALARM"]
    if on:
        return f'<p class="verdict ALARM">{len(on)} of {len(board.alarms)} alarms are on</p>'
    return f'<p class="verdict OK">None of {len(board.alarms)} alarms is on</p>'


def _panels(board: Board) -> str:
    """All but the words, which are in the head; the grid begins where the others do."""
    panels = [panel for panel in board.panels if not isinstance(panel, Words)]
    top = min((panel.place.y for panel in panels), default=0)
    return "".join(_panel(panel, board, top) for panel in panels)


def _panel(panel: Panel, board: Board, top: int) -> str:
    place = panel.place
    where = f"--x:{place.x + 1};--y:{place.y - top + 1};--w:{place.width};--h:{place.height}"
    inner = f'<p class="problem">{escape(panel.problem)}</p>' if panel.problem else ""
    if isinstance(panel, Alarms):
        inner += _alarms(panel, board)
    elif isinstance(panel, Number):
        inner += "".join(_number(panel))
    elif isinstance(panel, Graph):
        inner += _graph(panel, board)
    elif isinstance(panel, Log):
        inner += _table(panel)
    unit = f" <small>{escape(panel.unit)}</small>" if isinstance(panel, Graph) and panel.unit else ""
    title = f"<h2>{escape(panel.title)}{unit}</h2>"
    return f'<section class="{escape(panel.kind)}" style="{where}">{title}{inner}</section>\n'


def _alarms(panel: Alarms, board: Board) -> str:
    """Those that are on first and with all that is to be said; the others by name."""
    prefix = board.name.rpartition("-")[0] + "-"
    on = [_told(alarm) for alarm in panel.alarms if alarm.state == "ALARM"]
    others = [
        _chip(alarm, alarm.name.removeprefix(prefix)) for alarm in panel.alarms if alarm.state != "ALARM"
    ]
    return f'<ul class="alarms">{"".join([*on, *others])}</ul>'


def _told(alarm: AlarmState) -> str:
    since = f" since {figures.moment(alarm.since)}" if alarm.since else ""
    return (
        f'<li class="told ALARM"><b>{escape(alarm.name)}</b> {STATES["ALARM"]}{escape(since)}'
        f"<p>{escape(alarm.description)}</p><small>{escape(alarm.reason)}</small></li>"
    )


def _chip(alarm: AlarmState, name: str) -> str:
    """name: without what it has in common with the dashboard, so that it fits."""
    return (
        f'<li class="{escape(alarm.state)}" title="{escape(alarm.name)}"><span>{escape(name)}</span>'
        f"<b>{escape(STATES.get(alarm.state, alarm.state))}</b></li>"
    )


def _number(panel: Number) -> Iterable[str]:
    for line in panel.lines:
        value, unit = figures.of_label(line.last, line.label)
        yield f'<p class="number" style="margin:0">{escape(value)} <small>{escape(unit)}</small></p>'
        yield charts.bars(line)


def _graph(panel: Graph, board: Board) -> str:
    if not any(line.points for line in panel.lines):
        return "" if panel.problem else '<p class="none">no data in this time</p>'
    size = (panel.place.width * COLUMN - 42, panel.place.height * ROW - AROUND)
    drawn = charts.fitting(panel)
    legend = "".join(
        f'<li class="c{number % charts.COLOURS}"><span>{escape(line.label)}</span>'
        f" <b>{escape(figures.number(line.last))}</b></li>"
        for number, line in enumerate(panel.lines)
        if line.points
    )
    legend += "".join(
        f'<li class="limit"><span>{escape(limit.label)}</span> <b>{escape(figures.number(limit.value))}</b>'
        f"{'' if limit in drawn else ' <span>(not drawn)</span>'}</li>"
        for limit in panel.limits
    )
    return f'{charts.lines(panel, board, *size)}<ul class="legend">{legend}</ul>'


def _table(panel: Log) -> str:
    if not panel.rows:
        return "" if panel.problem else '<p class="none">nothing found in this time</p>'
    # A field that no row has, such as the message of an exception, would be an empty column.
    fields = list(dict.fromkeys(field for row in panel.rows for field, value in row.items() if value))
    head = "".join(f"<th>{escape(field)}</th>" for field in fields)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(row.get(field, ''))}</td>" for field in fields) + "</tr>"
        for row in panel.rows
    )
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
