"""Log groups and what reads them, alarms, dashboards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from environments import naming
from ops.inventory.model import Lister, pages

API_LOGS = "/aws/apigateway/"
"""Followed by an API's id and a stage: the name alone does not say whose it is."""


def _log_groups(logs: Any) -> Iterator[str]:
    yield from (group["logGroupName"] for group in pages(logs, "describe_log_groups", "logGroups"))


def _filters(logs: Any) -> Iterator[str]:
    """What reads log groups along: metric filters and subscriptions."""
    for name in _log_groups(logs):
        if naming.PROJECT not in name and not name.startswith(API_LOGS):
            continue
        for operation, key in (
            ("describe_metric_filters", "metricFilters"),
            ("describe_subscription_filters", "subscriptionFilters"),
        ):
            yield from (
                f"{name} {found['filterName']}" for found in pages(logs, operation, key, logGroupName=name)
            )


def _queries(logs: Any) -> Iterator[tuple[str, str]]:
    for query in pages(logs, "describe_query_definitions", "queryDefinitions"):
        yield query["name"], query["queryDefinitionId"]


def _alarms(cloudwatch: Any) -> Iterator[str]:
    for kind in ("MetricAlarm", "CompositeAlarm"):
        found = pages(cloudwatch, "describe_alarms", f"{kind}s", AlarmTypes=[kind])
        yield from (alarm["AlarmName"] for alarm in found)


def _dashboards(cloudwatch: Any) -> Iterator[str]:
    found = pages(cloudwatch, "list_dashboards", "DashboardEntries")
    yield from (dashboard["DashboardName"] for dashboard in found)


LISTERS = (
    Lister("log group", "logs", _log_groups),
    Lister("filter", "logs", _filters),
    Lister("query", "logs", _queries),
    Lister("alarm", "cloudwatch", _alarms),
    Lister("dashboard", "cloudwatch", _dashboards, everywhere=True),
)
