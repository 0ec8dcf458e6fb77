"""Alarms, dashboards, metrics, and logs. Log groups of everything are here, the trail's included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

from environments.ranges import NONE, Range, exactly
from ops.cost.metering import Metered, Month, NoAssumptionError
from ops.cost.quantities import DAYS, KB_PER_GB
from ops.cost.resources import Resource, blocks
from ops.cost.services.delivery import acl_log_gb
from ops.cost.services.storage import audited_gb, data_events

WITHOUT_RETENTION_DAYS = 365
"""Where a group keeps everything: what has come together after a year."""

WAF_PREFIX = "aws-waf-logs-"
"""With which the name of a web ACL's log group must begin."""

ERROR_KB = 4
"""One error with its traceback."""

FREE_DASHBOARD_METRICS = 50
"""One of more is never free (awslabs/aws-well-architected-labs, "Monitoring with CloudWatch Dashboards")."""

BAND_METRICS = 2
"""An anomaly detection alarm is charged for its metric, and for the upper and lower end of the band."""


def metric_alarm(resource: Resource, month: Month) -> Iterator[Metered]:
    """By the metrics that it looks at: metric math has several. An expression itself is none."""
    queries = resource.blocks("metric_query")
    metrics = [metric for query in queries for metric in blocks(query, "metric")]
    count = len(metrics) if queries else 1
    count += BAND_METRICS * sum(
        "ANOMALY_DETECTION_BAND" in str(query.get("expression") or "") for query in queries
    )
    periods = [one.get("period") for one in (*metrics, resource.values)]
    often = any(isinstance(period, int | Decimal) and 0 < period < 60 for period in periods)
    key = "cloudwatch.alarm-metric-high-resolution" if often else "cloudwatch.alarm-metric"
    yield Metered(key, exactly(count), "metrics in alarms")


def composite_alarm(resource: Resource, month: Month) -> Iterator[Metered]:
    """One price, whatever it is made of."""
    yield Metered("cloudwatch.composite-alarm", exactly(1), "composite alarm")


def dashboard(resource: Resource, month: Month) -> Iterator[Metered]:
    """One price, but only one of few metrics can be free. Where they are not known yet, there are many."""
    metrics = metrics_of(str(resource.values.get("dashboard_body") or ""))
    if metrics is not None and len(metrics) <= FREE_DASHBOARD_METRICS:
        yield Metered("cloudwatch.dashboard", exactly(1), "dashboard")
    else:
        what = f"dashboard of more than {FREE_DASHBOARD_METRICS} metrics"
        yield Metered("cloudwatch.dashboard-large", exactly(1), what)


def metrics_of(body: str) -> set[tuple[str, ...]] | None:
    """The metrics that a dashboard shows, each once: namespace, name, dimensions. None: not known yet."""
    try:
        widgets = json.loads(body)["widgets"]
    except (ValueError, KeyError, TypeError):
        return None
    found: set[tuple[str, ...]] = set()
    for widget in widgets:
        above: tuple[str, ...] = ()
        for row in widget.get("properties", {}).get("metrics") or ():
            words = tuple(word for word in row if isinstance(word, str))
            if words:  # a row without words is an expression
                above = _in_full(words, above)
                found.add(above)
    return found


def _in_full(words: tuple[str, ...], above: tuple[str, ...]) -> tuple[str, ...]:
    """Without the signs for what is as in the row above: `.` for one word, `...` for all left out."""
    if "..." in words:
        place = words.index("...")
        left_out = max(0, len(above) - len(words) + 1)
        words = (*words[:place], *above[place : place + left_out], *words[place + 1 :])
    return tuple(
        above[place] if word == "." and place < len(above) else word for place, word in enumerate(words)
    )


def metric_filter(resource: Resource, month: Month) -> Iterator[Metered]:
    """Its metric is charged for the hours in which something matched."""
    share = month.account.security_metric_share if month.own is None else month.own.usage.metric_share
    yield Metered("cloudwatch.metric", share, "metric of a log filter")


def log_group(resource: Resource, month: Month) -> Iterator[Metered]:
    """What is taken in, and what lies there after its retention. The functions' group carries our metrics."""
    taken = _taken(resource, month)
    days = int(resource.values.get("retention_in_days") or 0) or WITHOUT_RETENTION_DAYS
    yield Metered("logs.ingested", taken, "GB of logs taken in")
    compression = month.own.usage.log_compression if month.own else month.account.trail_compression
    yield Metered("logs.stored", taken * compression * days / DAYS, f"GB of logs, kept for {days} days")
    if resource.label.startswith("log-groups_application"):
        used = month.used().usage
        yield Metered("cloudwatch.metric", used.own_metrics * used.metric_share, "the functions' own metrics")


def trail(resource: Resource, month: Month) -> Iterator[Metered]:
    """The first copy of management events is free, data events are not."""
    yield Metered("cloudtrail.data-events", data_events(month), "events of objects and items")


def parameter(resource: Resource, month: Month) -> Iterator[Metered]:
    """Standard ones cost nothing."""
    if resource.values.get("tier") == "Advanced":
        yield Metered("ssm.advanced-parameter", exactly(1), "advanced parameter")


def _taken(resource: Resource, month: Month) -> Range:
    label = resource.label
    if label.startswith("audit-trail"):
        return audited_gb(month)
    used = month.used()
    if label.startswith("log-groups_application"):
        return used.logs_gb
    if label.startswith(("log-groups_errors", "chat_stage_execution-log", "log-groups_error-log")):
        return used.usage.errors * ERROR_KB / KB_PER_GB
    if label.startswith("chat_stage_access-log"):
        return NONE  # with the functions' in log_kb_per_message and log_kb_per_connection
    if str(resource.values.get("name", "")).startswith(WAF_PREFIX):
        return acl_log_gb(month)
    raise NoAssumptionError("how much this log group takes in is not assumed")
