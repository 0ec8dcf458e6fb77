"""Widgets of a dashboard in CloudWatch's form, and how they are put into rows.

Source: CloudWatch API reference, "Dashboard body structure and syntax". No label here has `${`: cdktf would
hand it to Terraform as an expression.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from constructs_lib.monitoring.metrics import Metric

COLUMNS = 24

Widget = dict[str, Any]


def metric(of: Metric, label: str, **options: Any) -> list[Any]:
    """A line of a graph: namespace, name, pairs of dimensions, options."""
    pairs = [part for pair in of.dimensions.items() for part in pair]
    return [of.namespace, of.name, *pairs, {"stat": of.stat, "label": label, **options}]


def math(expression: str, label: str, id_: str = "e") -> list[Any]:
    """A line that is calculated from others of the same graph, by their ids."""
    return [{"expression": expression, "label": label, "id": id_}]


def graph(
    title: str,
    lines: Sequence[list[Any]],
    *,
    region: str,
    unit: str = "",
    threshold: tuple[str, float] | None = None,
    stacked: bool = False,
) -> Widget:
    """Lines over time. threshold: label and value of the alarm that watches it."""
    properties: dict[str, Any] = {
        "title": title,
        "view": "timeSeries",
        "stacked": stacked,
        "region": region,
        "period": 300,
        "metrics": list(lines),
        "yAxis": {"left": {"min": 0, "showUnits": False, "label": unit}},
    }
    if threshold:
        properties["annotations"] = {"horizontal": [{"label": threshold[0], "value": threshold[1]}]}
    return {"type": "metric", "properties": properties}


def number(title: str, lines: Sequence[list[Any]], *, region: str, period_s: int) -> Widget:
    """One number of the last period, with what it was before."""
    return {
        "type": "metric",
        "properties": {
            "title": title,
            "view": "singleValue",
            "sparkline": True,
            "region": region,
            "period": period_s,
            "metrics": list(lines),
        },
    }


def log_table(title: str, log_group: str, query: str, *, region: str) -> Widget:
    """What a query of Logs Insights finds."""
    return {
        "type": "log",
        "properties": {
            "title": title,
            "view": "table",
            "region": region,
            "query": f"SOURCE '{log_group}' | {query}",
        },
    }


def alarm_states(title: str, alarm_arns: Sequence[str]) -> Widget:
    """The state of each alarm; CloudWatch shows 100 at most."""
    return {
        "type": "alarm",
        "properties": {"title": title, "alarms": list(alarm_arns), "sortBy": "stateUpdatedTimestamp"},
    }


def text(markdown: str) -> Widget:
    """Words."""
    return {"type": "text", "properties": {"markdown": markdown}}


def rows(*given: tuple[int, list[Widget]]) -> list[Widget]:
    """Widgets with their places: each row is as high as told, its widgets share the width evenly."""
    placed, y = [], 0
    for height, widgets in given:
        width = COLUMNS // len(widgets)
        for number_, widget in enumerate(widgets):
            place = {"x": number_ * width, "y": y, "width": width, "height": height}
            placed.append({"type": widget["type"], **place, "properties": widget["properties"]})
        y += height
    return placed
