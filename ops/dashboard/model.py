"""What a dashboard shows at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Place:
    """In a grid of 24 columns; rows as high as in CloudWatch, about 50 pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Line:
    """One metric over time. points: (seconds since 1970, value), oldest first; period_s: between two."""

    label: str
    points: tuple[tuple[float, float], ...]
    period_s: int

    @property
    def last(self) -> float | None:
        """The newest value."""
        return self.points[-1][1] if self.points else None


@dataclass(frozen=True)
class Limit:
    """A horizontal line, mostly an alarm's threshold."""

    label: str
    value: float


@dataclass(frozen=True)
class AlarmState:
    """state: OK, ALARM, INSUFFICIENT_DATA, or MISSING where there is no such alarm."""

    name: str
    state: str
    since: datetime | None = None
    reason: str = ""
    description: str = ""


@dataclass(frozen=True)
class Panel:
    """A widget. problem: why its content could not be read."""

    kind: str
    place: Place
    title: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Words(Panel):
    """Markdown."""

    markdown: str = ""


@dataclass(frozen=True)
class Graph(Panel):
    """Lines over time."""

    lines: tuple[Line, ...] = ()
    limits: tuple[Limit, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Number(Panel):
    """The newest value of a line, and what came before."""

    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Alarms(Panel):
    """States of alarms, in the dashboard's order."""

    alarms: tuple[AlarmState, ...] = ()


@dataclass(frozen=True)
class Log(Panel):
    """Rows that a query of Logs Insights found, field -> value."""

    rows: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Board:
    """warnings: what makes alarms unheard."""

    environment: str
    name: str
    region: str
    start: datetime
    end: datetime
    panels: tuple[Panel, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    @property
    def alarms(self) -> tuple[AlarmState, ...]:
        """Of all panels."""
        return tuple(alarm for panel in self.panels if isinstance(panel, Alarms) for alarm in panel.alarms)

    def as_json(self) -> dict[str, Any]:
        """For programs; times in ISO 8601."""
        found: dict[str, Any] = _plain(asdict(self))
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
