"""Asks AWS for a dashboard and for everything on it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ops.alarms.subscriptions import subscriptions
from ops.aws import aws_errors
from ops.dashboard import metric_queries
from ops.dashboard.model import (
    Alarms,
    AlarmState,
    Board,
    Graph,
    Limit,
    Line,
    Log,
    Number,
    Panel,
    Place,
    Words,
)
from ops.errors import OpsError

Clients = Callable[[str, str], Any]
"""Service and region -> boto3 client."""

NUMBER_DAYS = 8
"""A number of a day is shown with those of the week before."""
QUERY_SECONDS = 15
"""How long Logs Insights may take."""
PAUSE_SECONDS = 0.25


def read(
    environment: str,
    name: str,
    region: str,
    clients: Clients,
    *,
    end: datetime,
    hours: int | None = None,
    topics: Sequence[str] = (),
) -> Board:
    """The dashboard `name` as it is at `end` (with a time zone).

    hours: how far back, instead of what the dashboard says. topics: ARNs of those that alarms tell, besides
    the ones of the alarms that are shown, which are all of one region. What cannot be read is a panel's
    `problem`; OpsError is raised where there is no dashboard at all.
    """
    with aws_errors(f"reading the dashboard {name}"):
        answer = clients("cloudwatch", region).get_dashboard(DashboardName=name)
    body = json.loads(answer["DashboardBody"])
    back = timedelta(hours=hours) if hours else metric_queries.span(body.get("start", "-PT3H"))
    reader = _Reader(clients, region, end - back, end, topics)
    panels = tuple(reader.panel(widget) for widget in body["widgets"])
    return Board(environment, name, region, end - back, end, panels, tuple(reader.warnings()))


class _Reader:
    def __init__(
        self, clients: Clients, region: str, start: datetime, end: datetime, topics: Sequence[str]
    ) -> None:
        self._clients, self._region, self._start, self._end = clients, region, start, end
        self._topics: dict[str, None] = dict.fromkeys(topics)
        """ARNs of what alarms tell, each once."""

    def panel(self, widget: Mapping[str, Any]) -> Panel:
        """The widget with its content, or with why there is none."""
        empty = _empty(widget)
        try:
            with aws_errors(f"reading {empty.title or empty.kind}"):
                return self._filled(empty, widget["properties"])
        except OpsError as error:
            return replace(empty, problem=error.message)

    def warnings(self) -> Iterable[str]:
        """Ways of telling people that tell nobody (trap 50)."""
        for arn in self._topics:
            name = arn.rpartition(":")[2]
            try:
                with aws_errors(f"reading who is told by {name}"):
                    found = list(subscriptions(self._clients("sns", arn.split(":")[3]), arn))
            except OpsError as error:
                yield error.message
                continue
            pending = [one.endpoint for one in found if not one.confirmed]
            if pending:
                yield f"{name}: not confirmed by {', '.join(pending)}"
            if len(pending) == len(found):
                yield f"{name}: alarms are told to nobody"

    def _filled(self, panel: Panel, properties: Mapping[str, Any]) -> Panel:
        region = str(properties.get("region", self._region))
        if isinstance(panel, Words):
            return replace(panel, markdown=str(properties["markdown"]))
        if isinstance(panel, Alarms):
            return replace(panel, alarms=tuple(self._alarms(properties["alarms"])))
        if isinstance(panel, Log):
            return replace(panel, rows=tuple(self._rows(properties["query"], region)))
        if isinstance(panel, Number):
            lines, problem = self._lines(properties, region, self._end - timedelta(days=NUMBER_DAYS))
            return replace(panel, lines=lines, problem=problem)
        if not isinstance(panel, Graph):
            return replace(panel, problem=f"A widget of the type {panel.kind} is not shown here.")
        lines, problem = self._lines(properties, region, self._start)
        limits = tuple(
            Limit(str(one.get("label", "")), float(one["value"]))
            for one in properties.get("annotations", {}).get("horizontal", [])
        )
        unit = str(properties.get("yAxis", {}).get("left", {}).get("label", ""))
        return replace(panel, lines=lines, limits=limits, unit=unit, problem=problem)

    def _lines(
        self, properties: Mapping[str, Any], region: str, start: datetime
    ) -> tuple[tuple[Line, ...], str]:
        """Lines, and what AWS says of those that it could not calculate."""
        asked, shown = metric_queries.queries(properties)
        points: dict[str, list[tuple[float, float]]] = {}
        problems: dict[str, None] = {}
        pages = self._clients("cloudwatch", region).get_paginator("get_metric_data")
        for page in pages.paginate(
            MetricDataQueries=asked, StartTime=start, EndTime=self._end, ScanBy="TimestampAscending"
        ):
            for result in page["MetricDataResults"]:
                pairs = zip(result["Timestamps"], result["Values"], strict=True)
                points.setdefault(result["Id"], []).extend((at.timestamp(), value) for at, value in pairs)
                if result.get("StatusCode") not in ("Complete", "PartialData"):
                    messages = [str(one.get("Value", "")) for one in result.get("Messages", [])]
                    problems["; ".join(messages) or str(result.get("StatusCode"))] = None
        lines = tuple(Line(one.label, tuple(points.get(one.id, ())), one.period_s) for one in shown)
        return lines, "; ".join(problems)

    def _alarms(self, arns: list[str]) -> Iterable[AlarmState]:
        by_region: dict[str, list[str]] = {}
        for arn in arns:
            by_region.setdefault(arn.split(":")[3], []).append(arn.split(":", 6)[6])
        found: dict[str, AlarmState] = {}
        for region, names in by_region.items():
            pages = self._clients("cloudwatch", region).get_paginator("describe_alarms")
            for page in pages.paginate(AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]):
                for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]:
                    found[alarm["AlarmName"]] = _state(alarm)
                    self._topics |= dict.fromkeys(alarm.get("AlarmActions", []))
        for names in by_region.values():
            yield from (found.get(name, AlarmState(name, "MISSING")) for name in names)

    def _rows(self, query: str, region: str) -> Iterable[Mapping[str, str]]:
        source, _, rest = query.partition("|")
        logs = self._clients("logs", region)
        id_ = logs.start_query(
            logGroupName=source.strip().removeprefix("SOURCE").strip().strip("'\""),
            startTime=int(self._start.timestamp()),
            endTime=math.ceil(self._end.timestamp()),  # what was logged in this second, too
            queryString=rest.strip(),
        )["queryId"]
        give_up = time.monotonic() + QUERY_SECONDS
        answer = logs.get_query_results(queryId=id_)
        while answer["status"] in ("Scheduled", "Running"):
            if time.monotonic() > give_up:
                raise OpsError(f"The query did not end within {QUERY_SECONDS} seconds.")
            time.sleep(PAUSE_SECONDS)
            answer = logs.get_query_results(queryId=id_)
        if answer["status"] != "Complete":
            raise OpsError(f"The query ended as {answer['status']}.")
        for row in answer["results"]:
            yield {cell["field"]: cell.get("value", "") for cell in row if cell["field"] != "@ptr"}


def _empty(widget: Mapping[str, Any]) -> Panel:
    place = Place(*(int(widget[key]) for key in ("x", "y", "width", "height")))
    kind, properties = str(widget["type"]), widget["properties"]
    title = str(properties.get("title", ""))
    if kind == "metric":
        return (Number if properties.get("view") == "singleValue" else Graph)(kind, place, title)
    kinds: dict[str, type[Panel]] = {"text": Words, "alarm": Alarms, "log": Log}
    return kinds.get(kind, Panel)(kind, place, title)


def _state(alarm: Mapping[str, Any]) -> AlarmState:
    return AlarmState(
        alarm["AlarmName"],
        alarm["StateValue"],
        alarm.get("StateUpdatedTimestamp"),
        alarm.get("StateReason", ""),
        alarm.get("AlarmDescription", ""),
    )
