"""Metrics embedded in log events (EMF).

Upstream, MiniStack 1.5.33: services/cloudwatch_logs.py, _put_log_events stores a log event with `_aws` as
any other, so that what functions print by that format never becomes a metric. The fix stores it in
CloudWatch as well, as the User Guide's "Embedded metric format specification" says: every dimension set
of every directive, single values and arrays of up to 100. StorageResolution is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

MARK = '"_aws"'

MOST_VALUES = 100

Document = Mapping[str, Any]


def install() -> None:
    """Wraps what stores log events."""
    from ministack.services import cloudwatch
    from ministack.services import cloudwatch_logs as logs

    inner = logs._put_log_events

    def put_log_events(request: Mapping[str, Any]) -> Any:
        answer = inner(request)
        if answer[0] == 200:
            texts = [event.get("message", "") for event in request.get("logEvents") or []]
            stored = [store(text) for text in texts if MARK in text]
            if any(stored):
                cloudwatch._evaluate_all_alarms()
        return answer

    logs._put_log_events = put_log_events


def store(text: str) -> bool:
    """Stores the metrics of a log event; False if it has none."""
    from ministack.services import cloudwatch

    try:
        document = json.loads(text)
        found = list(metrics(document))
    except (ValueError, TypeError, KeyError, AttributeError):
        # As CloudWatch: an event that is not well formed is a log event and no more.
        return False
    for namespace, name, unit, dimensions, values in found:
        time_s = document["_aws"]["Timestamp"] / 1000
        cloudwatch._store_datum(namespace, name, dimensions, time_s, unit, None, values, None, None)
    return bool(found)


def metrics(document: Document) -> Iterator[tuple[str, str, str, dict[str, str], list[float]]]:
    """Namespace, name, unit, dimensions and values of each metric that a document has."""
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: document[name] for name in names}
            if not all(isinstance(value, str) for value in dimensions.values()):
                raise TypeError("the value of a dimension is a string")
            for metric in directive["Metrics"]:
                value = document.get(metric["Name"])
                values = value if isinstance(value, list) else [] if value is None else [value]
                if not all(_is_number(one) for one in values) or len(values) > MOST_VALUES:
                    raise TypeError("a metric is a number or up to 100 of them")
                if values:
                    unit = metric.get("Unit", "None")
                    yield (
                        directive["Namespace"],
                        metric["Name"],
                        unit,
                        dimensions,
                        [float(one) for one in values],
                    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
