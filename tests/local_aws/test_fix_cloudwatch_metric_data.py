"""fixes/cloudwatch_metric_data.py"""

from __future__ import annotations

import datetime
from typing import Any

from tests.local_aws.alarming import PERIOD_S, Metric, expression, form
from tests.local_aws.cloud import Cloud, refused


def _times() -> dict[str, datetime.datetime]:
    now = datetime.datetime.now(datetime.UTC)
    return {"StartTime": now - datetime.timedelta(hours=1), "EndTime": now + datetime.timedelta(minutes=5)}


def _data(metric: Metric, *queries: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """The results."""
    answer = metric.client.get_metric_data(MetricDataQueries=list(queries), **_times(), **more)
    results: list[dict[str, Any]] = answer["MetricDataResults"]
    return results


def test_expressions_have_values(fixed: Cloud) -> None:
    one, other = Metric(fixed), Metric(fixed)
    one.put(1, 2)
    other.put(5)
    [result] = _data(one, expression("(a+b)/2"), one.query("a"), other.query("b"))
    assert (result["Id"], result["Values"], result["StatusCode"]) == ("e", [4.0], "Complete")


def test_percentiles_of_exactly_these_dimensions(fixed: Cloud) -> None:
    metric = Metric(fixed, Function="worker")
    metric.put(*range(1, 101))
    [result] = _data(metric, metric.query("p", "p99", returned=True))
    assert 99 <= result["Values"][0] <= 100
    metric.dimensions = []
    [result] = _data(metric, metric.query("p", "p99", returned=True))
    assert result["Values"] == []


def test_the_newest_comes_first(fixed: Cloud) -> None:
    metric = Metric(fixed)
    metric.put(1, age_s=2 * PERIOD_S)
    metric.put(2)
    query = metric.query("m", returned=True)
    assert _data(metric, query)[0]["Values"] == [2.0, 1.0]
    assert _data(metric, query, ScanBy="TimestampAscending")[0]["Values"] == [1.0, 2.0]
    [result] = _data(metric, expression("FILL(m,0)"), metric.query("m"))
    assert result["Values"] == [2.0, 1.0]
    assert result["Timestamps"][0] - result["Timestamps"][1] == datetime.timedelta(seconds=2 * PERIOD_S)


def test_a_wrong_expression_is_refused(fixed: Cloud) -> None:
    metric = Metric(fixed)
    queries = [expression("m+x"), metric.query("m")]
    assert refused(metric.client.get_metric_data, MetricDataQueries=queries, **_times()) == "ValidationError"


def test_statistics_are_of_exactly_these_dimensions(fixed: Cloud) -> None:
    metric = Metric(fixed, Function="worker")
    metric.put(1, 2, 6)
    asked = {**_times(), "Period": 3600, "Statistics": ["Sum", "Average", "SampleCount"]}
    client = metric.client
    [point] = client.get_metric_statistics(**metric.arguments, **asked)["Datapoints"]
    assert (point["Sum"], point["Average"], point["SampleCount"]) == (9.0, 3.0, 3.0)
    metric.dimensions = []
    assert client.get_metric_statistics(**metric.arguments, **asked)["Datapoints"] == []


def test_the_query_protocol_knows_expressions_and_percentiles(fixed: Cloud) -> None:
    metric = Metric(fixed)
    metric.put(1, 3)
    stat = "MetricDataQueries.member.1.MetricStat"
    answer = form(
        fixed,
        Action="GetMetricData",
        StartTime="2020-01-01T00:00:00Z",
        EndTime="2100-01-01T00:00:00Z",
        **{
            "MetricDataQueries.member.1.Id": "m",
            "MetricDataQueries.member.1.ReturnData": "false",
            f"{stat}.Stat": "p50",
            f"{stat}.Period": "300",
            f"{stat}.Metric.Namespace": metric.namespace,
            f"{stat}.Metric.MetricName": metric.name,
            "MetricDataQueries.member.2.Id": "e",
            "MetricDataQueries.member.2.Expression": "m*10",
        },
    )
    assert answer.count("<Id>") == 1
    assert "<Values><member>20.0</member></Values>" in answer


def test_stock_knows_no_expression_and_adds_up_all_dimensions(stock: Cloud) -> None:
    metric = Metric(stock, Function="worker")
    metric.put(1)
    results = _data(metric, expression("m+1"), metric.query("m"))
    assert results[0]["StatusCode"] == "InternalError"
    metric.dimensions = []
    asked = {**_times(), "Period": 3600, "Statistics": ["Sum"]}
    assert metric.client.get_metric_statistics(**metric.arguments, **asked)["Datapoints"]
