"""Metrics that filters make of log events.

Upstream, MiniStack 1.5.33: services/cloudwatch_logs.py, _put_metric_filter keeps metric filters, takes a
pattern that is none, and nothing is ever counted. The fix refuses such a pattern and stores a value for
every event that matches: a number, or a field of the event, with the dimensions of the transformation. The
default value, where there is one, is stored once in a minute with events of which none matches.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ops.local_aws import log_patterns

Transformation = Mapping[str, Any]
Event = Mapping[str, Any]


def install() -> None:
    """Wraps what puts filters and what stores log events."""
    from ministack.core.responses import error_response_json
    from ministack.services import cloudwatch
    from ministack.services import cloudwatch_logs as logs

    put_filter, put_events = logs._put_metric_filter, logs._put_log_events

    def put_metric_filter(request: Mapping[str, Any]) -> Any:
        try:
            log_patterns.compile_pattern(request.get("filterPattern", ""))
            for transformation in request.get("metricTransformations") or []:
                _check(transformation)
        except ValueError as error:
            return error_response_json("InvalidParameterException", str(error), 400)
        return put_filter(request)

    def put_log_events(request: Mapping[str, Any]) -> Any:
        answer = put_events(request)
        if answer[0] == 200:
            group, events = request["logGroupName"], request.get("logEvents") or []
            filters = [one for one in logs._metric_filters.values() if one["logGroupName"] == group]
            for metric_filter in filters:
                _count(metric_filter, events)
            if filters:
                cloudwatch._evaluate_all_alarms()
        return answer

    logs._put_metric_filter, logs._put_log_events = put_metric_filter, put_log_events


def _check(transformation: Transformation) -> None:
    value, dimensions = transformation["metricValue"], transformation.get("dimensions") or {}
    if value.startswith("$"):
        log_patterns.select(value, {})
    elif not value.replace(".", "", 1).isdigit():
        raise ValueError(f"Invalid metric value: {value}")
    if dimensions and transformation.get("defaultValue") is not None:
        raise ValueError(
            "Invalid metric transformation: dimensions and default value are mutually exclusive."
        )
    for selector in dimensions.values():
        log_patterns.select(selector, {})


def _count(metric_filter: Mapping[str, Any], events: Sequence[Event]) -> None:
    matches = log_patterns.compile_pattern(metric_filter["filterPattern"])
    matching = [event for event in events if matches(event["message"])]
    for transformation in metric_filter["metricTransformations"]:
        for event in matching:
            _store_value(transformation, event)
        if events and not matching:
            _store_default(transformation, events[-1]["timestamp"] / 1000)


def _store_value(transformation: Transformation, event: Event) -> None:
    try:
        document = json.loads(event["message"])
    except ValueError:
        document = {}
    value: Any = transformation["metricValue"]
    if value.startswith("$"):
        value = next(iter(log_patterns.select(value, document)), None)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return
    found = {
        name: log_patterns.select(selector, document)
        for name, selector in (transformation.get("dimensions") or {}).items()
    }
    # An event without the field of a dimension is not counted at all.
    if all(found.values()):
        dimensions = {name: str(values[0]) for name, values in found.items()}
        _store(transformation, float(value), event["timestamp"] / 1000, dimensions)


def _store_default(transformation: Transformation, time_s: float) -> None:
    from ops.local_aws.fixes.metric_values import points

    default = transformation.get("defaultValue")
    if default is None:
        return
    known = points(transformation["metricNamespace"], transformation["metricName"], [])
    if not any(point["Timestamp"] // 60 == time_s // 60 for point in known):
        _store(transformation, float(default), time_s, {})


def _store(transformation: Transformation, value: float, time_s: float, dimensions: dict[str, str]) -> None:
    from ministack.services import cloudwatch

    namespace, name = transformation["metricNamespace"], transformation["metricName"]
    unit = transformation.get("unit") or "None"
    # What came late counts where it belongs, as far as CloudWatch takes it.
    time_s = min(time_s, time.time())
    cloudwatch._store_datum(namespace, name, dimensions, time_s, unit, value, None, None, None)
