"""Not a fix: what CloudWatch's metrics were in a period, for alarms and for those who ask.

A metric is its namespace, its name and all of its dimensions: one with other dimensions is another metric,
which MiniStack's own alarms mix up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops.local_aws.fixes import metric_math

Query = Mapping[str, Any]
"""A member of `Metrics` of PutMetricAlarm or of `MetricDataQueries` of GetMetricData."""


def points(namespace: str, name: str, dimensions: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """What is kept of a metric; dimensions: as requests list them."""
    from ministack.services import cloudwatch

    key = cloudwatch._dims_key({one["Name"]: one["Value"] for one in dimensions})
    return list(cloudwatch._metrics.get((namespace, name, key)) or [])


def statistic(found: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """`Sum`, `p99` and the like of these points, None where there are none."""
    from ministack.services import cloudwatch

    statistics = cloudwatch._calc_stats(found)
    if not statistics:
        return None
    value = cloudwatch._stat_value(statistics, name, found)
    return None if value is None else float(value)


class Values:
    """Values of queries that refer to each other, in any period."""

    def __init__(self, queries: Sequence[Query]) -> None:
        self._queries = {str(query["Id"]): query for query in queries}
        self._metrics = [name for name, query in self._queries.items() if query.get("MetricStat")]
        self._points = {
            name: points(stat["Metric"].get("Namespace", ""), stat["Metric"]["MetricName"], dimensions(stat))
            for name in self._metrics
            for stat in [self._queries[name]["MetricStat"]]
        }

    def check(self) -> None:
        """ValueError where an expression is wrong, or names what there is not."""
        for query in self._queries.values():
            expression = query.get("Expression") or "0"
            if unknown := metric_math.names(expression) - set(self._queries):
                raise ValueError(f"Unknown metric ids in expression: {', '.join(sorted(unknown))}")
            metric_math.evaluate(expression, lambda _: 1.0, self._metrics)

    def between(self, name: str, start: float, end: float) -> float | None:
        """The value of a query for start <= time < end, None where it is missing."""
        query = self._queries[name]
        if query.get("MetricStat"):
            found = [point for point in self._points[name] if start <= point["Timestamp"] < end]
            return statistic(found, query["MetricStat"]["Stat"])
        return metric_math.evaluate(
            query["Expression"], lambda other: self.between(other, start, end), self._metrics
        )

    def starts(self, period_s: int) -> list[float]:
        """Beginnings of the periods, aligned as CloudWatch aligns them, in which there is any point."""
        every = (point["Timestamp"] for found in self._points.values() for point in found)
        return sorted({time // period_s * period_s for time in every})


def dimensions(stat: Query) -> list[Mapping[str, str]]:
    """The dimensions of a `MetricStat`."""
    return list(stat["Metric"].get("Dimensions") or [])


def period_s(queries: Sequence[Query], default: int = 60) -> int:
    """The longest period of the queries: that of their expressions."""
    own = (query.get("Period") or (query.get("MetricStat") or {}).get("Period") for query in queries)
    return max((int(one) for one in own if one), default=default)
