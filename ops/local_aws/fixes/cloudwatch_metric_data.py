"""GetMetricData and GetMetricStatistics: metric math, exact dimensions, newest first.

Upstream, MiniStack 1.5.33: services/cloudwatch.py, _get_metric_data answers an expression with an error;
both functions add up all metrics of a name where a request names no dimensions, which on AWS is the metric
without dimensions; GetMetricData gives the oldest value first, on AWS the newest unless ScanBy says
otherwise. The fix replaces both for the JSON and CBOR protocols; cloudwatch_query_protocol brings the third.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes import metric_values


def install() -> None:
    """Replaces both actions."""
    from ministack.services import cloudwatch

    def get_metric_data(
        _params: Any, request: Mapping[str, Any], is_cbor: bool, is_json: bool = False
    ) -> Any:
        try:
            results = _results(request)
        except ValueError as error:
            return cloudwatch._error("ValidationError", str(error), 400, is_json, is_cbor)
        if is_cbor:
            results = [cloudwatch._cbor_metric_data_result(result) for result in results]
        answer = cloudwatch._cbor_ok if is_cbor else cloudwatch._json_ok
        return answer({"MetricDataResults": results, "Messages": []})

    def get_metric_statistics(
        _params: Any, request: Mapping[str, Any], is_cbor: bool, is_json: bool = False
    ) -> Any:
        found = _datapoints(request)
        if is_cbor:
            found = [cloudwatch._cbor_datapoint(point) for point in found]
        answer = cloudwatch._cbor_ok if is_cbor else cloudwatch._json_ok
        return answer({"Datapoints": found, "Label": request["MetricName"]})

    cloudwatch._get_metric_data = get_metric_data
    cloudwatch._get_metric_statistics = get_metric_statistics


def _results(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    from ministack.services import cloudwatch

    queries = request["MetricDataQueries"]
    values = metric_values.Values(queries)
    values.check()
    first, end = cloudwatch._parse_ts(request["StartTime"]), cloudwatch._parse_ts(request["EndTime"])
    results = []
    for query in queries:
        if not query.get("ReturnData", True):
            continue
        period = metric_values.period_s([query] if query.get("MetricStat") else queries)
        starts = [start for start in values.starts(period) if first // period * period <= start < end]
        if request.get("ScanBy") != "TimestampAscending":
            starts.reverse()
        pairs = [(start, values.between(query["Id"], start, start + period)) for start in starts]
        there = [(start, value) for start, value in pairs if value is not None]
        results.append(
            {
                "Id": query["Id"],
                "Label": query.get("Label") or _label(query),
                "Timestamps": [cloudwatch._ts_iso(start) for start, _ in there],
                "Values": [value for _, value in there],
                "StatusCode": "Complete",
            }
        )
    return results


def _label(query: Mapping[str, Any]) -> str:
    stat = query.get("MetricStat")
    return str(stat["Metric"]["MetricName"] if stat else query["Id"])


def _datapoints(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    from ministack.services import cloudwatch

    period = int(request["Period"])
    start, end = cloudwatch._parse_ts(request["StartTime"]), cloudwatch._parse_ts(request["EndTime"])
    every = metric_values.points(request["Namespace"], request["MetricName"], request.get("Dimensions") or [])
    periods: dict[float, list[dict[str, Any]]] = {}
    for point in every:
        if start <= point["Timestamp"] < end:
            periods.setdefault(point["Timestamp"] // period * period, []).append(point)
    found = []
    for begin, points in sorted(periods.items()):
        said: dict[str, Any] = {"Timestamp": cloudwatch._ts_iso(begin), "Unit": points[0]["Unit"]}
        for name in request.get("Statistics") or []:
            said[name] = metric_values.statistic(points, name)
        extended = {
            name: value
            for name in request.get("ExtendedStatistics") or []
            if (value := metric_values.statistic(points, name)) is not None
        }
        found.append({**said, "ExtendedStatistics": extended} if extended else said)
    return found
