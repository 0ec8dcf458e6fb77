"""Alarms and the dashboard: that they can go off, that somebody hears, and that they end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.policy.rule import rule
from ops.policy.stack import Resource, Stack

ALARMS = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
ONLY_WHEN_IT_HAPPENS = {"AWS/DynamoDB"}
"""Namespaces whose alarms keep their state while no data comes, whatever treat_missing_data says."""


def metrics(alarm: Resource) -> list[Mapping[str, Any]]:
    """The metrics of an alarm, its own or those of its queries."""
    queried = [one["metric"] for one in alarm.blocks("metric_query") if "metric" in one]
    queried = [one[0] if isinstance(one, list) else one for one in queried]
    return queried or [alarm.body]


@rule(
    "SW_ALARM_HEARD",
    *ALARMS,
    guards="seed, monitoring",
    what="An alarm tells that it began and that it ended, and says what to do",
    mend="Set alarm_actions, ok_actions and alarm_description",
)
def heard(stack: Stack, alarm: Resource) -> str:
    for name in ("alarm_actions", "ok_actions", "alarm_description"):
        if not alarm.get(name):
            return f"it has no {name}"
    return (
        ""
        if "What to do" in str(alarm.get("alarm_description"))
        else "its description does not say what to do"
    )


@rule(
    "SW_ALARM_MISSING_DATA",
    "aws_cloudwatch_metric_alarm",
    guards="trap 55",
    what="An alarm says what it makes of missing data",
    mend="Set treat_missing_data: the default leaves an alarm at INSUFFICIENT_DATA",
)
def missing_data(stack: Stack, alarm: Resource) -> str:
    return "" if alarm.get("treat_missing_data") not in (None, "missing") else "treat_missing_data is not set"


@rule(
    "SW_ALARM_ENDS",
    "aws_cloudwatch_metric_alarm",
    guards="trap 11",
    what="An alarm on throttled requests ends with them, and counts those of the index",
    mend="Use an expression with FILL(…, 0), and a second metric with GlobalSecondaryIndexName",
)
def ends(stack: Stack, alarm: Resource) -> str:
    looked_at = [one for one in metrics(alarm) if one.get("namespace") in ONLY_WHEN_IT_HAPPENS]
    if not any("Throttle" in str(one.get("metric_name")) for one in looked_at):
        return ""
    filled = [str(one.get("expression", "")) for one in alarm.blocks("metric_query")]
    if not any("FILL(" in expression for expression in filled):
        return "it stays on when throttling ends: no FILL in an expression"
    indexes = [one for one in looked_at if "GlobalSecondaryIndexName" in (one.get("dimensions") or {})]
    return "" if indexes else "it does not count the index"


@rule(
    "SW_ALARM_HAS_DATA",
    "aws_cloudwatch_metric_alarm",
    guards="traps 18, 29 and 43",
    what="An alarm looks at a metric that AWS publishes",
    mend="S3: FilterId of an aws_s3_bucket_metric; CloudFront: Region=Global; WebSocket: ApiId, and"
    " ExecutionError or IntegrationError",
)
def has_data(stack: Stack, alarm: Resource) -> str:
    for metric in metrics(alarm):
        dimensions, name = metric.get("dimensions") or {}, metric.get("metric_name")
        match metric.get("namespace"):
            case "AWS/S3":
                filters = {one.get("name") for one in stack.of_type("aws_s3_bucket_metric")}
                if dimensions.get("FilterId") not in filters:
                    return f"no aws_s3_bucket_metric is called {dimensions.get('FilterId')}"
            case "AWS/CloudFront" if dimensions.get("Region") != "Global":
                return f"Region is {dimensions.get('Region')}, not Global"
            case "AWS/ApiGateway" if "ApiId" not in dimensions or name in ("5XXError", "4XXError"):
                return f"{name} by {', '.join(dimensions)} is not of a WebSocket API"
    return ""


@rule(
    "SW_DASHBOARD_REGION",
    "aws_cloudwatch_dashboard",
    guards="trap 51",
    what="Every widget with metrics or queries names its region",
    mend="Set `region` in the widget's properties",
)
def dashboard_region(stack: Stack, dashboard: Resource) -> str:
    body = json.loads(str(dashboard.get("dashboard_body")))
    for widget in body["widgets"]:
        properties = widget["properties"]
        if widget["type"] in ("metric", "log") and not properties.get("region"):
            return f"{properties.get('title')} has no region"
    return ""
