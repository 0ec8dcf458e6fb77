"""fixes/log_metric_filters.py"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.local_aws.alarming import Alarm, Metric, until
from tests.local_aws.cloud import Cloud, refused, unique
from tests.local_aws.log_groups import LogGroup

ROOT = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS }'


def _filter(group: LogGroup, metric: Metric, pattern: str, **transformation: Any) -> dict[str, Any]:
    """Arguments of PutMetricFilter."""
    made = {
        "metricName": metric.name,
        "metricNamespace": metric.namespace,
        "metricValue": "1",
        **transformation,
    }
    names = {"logGroupName": group.name, "filterName": unique("filter")}
    return {**names, "filterPattern": pattern, "metricTransformations": [made]}


def _values(metric: Metric, statistic: str = "Sum", **dimensions: str) -> list[float]:
    metric.dimensions = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    query = metric.query("m", statistic, returned=True)
    answer = metric.client.get_metric_data(MetricDataQueries=[query], StartTime=0, EndTime=time.time() + 60)
    values: list[float] = answer["MetricDataResults"][0]["Values"]
    return values


def test_matching_events_are_counted(fixed: Cloud) -> None:
    group, metric = LogGroup(fixed), Metric(fixed)
    group.client.put_metric_filter(**_filter(group, metric, ROOT))
    root, user = {"userIdentity": {"type": "Root"}}, {"userIdentity": {"type": "IAMUser"}}
    group.write(root, user, "text", {"userIdentity": {"type": "Root", "invokedBy": "a service"}}, root)
    assert _values(metric) == [2.0]


def test_a_field_is_the_value_and_others_are_dimensions(fixed: Cloud) -> None:
    group, metric = LogGroup(fixed), Metric(fixed)
    made = _filter(group, metric, "{ $.ms > 0 }", metricValue="$.ms", dimensions={"Service": "$.service"})
    group.client.put_metric_filter(**made)
    group.write(
        {"ms": 5, "service": "a"}, {"ms": 7.5, "service": "a"}, {"ms": 9, "service": "b"}, {"ms": 100}
    )
    assert _values(metric, Service="a") == [12.5]
    assert _values(metric, Service="b") == [9.0]
    assert _values(metric) == []


def test_the_default_value_stands_for_a_minute_without_a_match(fixed: Cloud) -> None:
    group, metric = LogGroup(fixed), Metric(fixed)
    group.client.put_metric_filter(**_filter(group, metric, "ERROR", defaultValue=0.0))
    group.write("fine", age_s=400)
    group.write("fine", age_s=400)
    assert _values(metric, "SampleCount") == [1.0]
    assert _values(metric) == [0.0]


def test_it_sets_an_alarm_off(fixed: Cloud) -> None:
    group, metric = LogGroup(fixed), Metric(fixed)
    group.client.put_metric_filter(**_filter(group, metric, ROOT))
    alarm = Alarm(fixed, metric, Threshold=0.0, TreatMissingData="notBreaching")
    assert until(alarm.state, "OK") == "OK"
    group.write({"userIdentity": {"type": "Root"}})
    assert until(alarm.state, "ALARM") == "ALARM"


def test_other_groups_are_not_counted(fixed: Cloud) -> None:
    group, metric = LogGroup(fixed), Metric(fixed)
    group.client.put_metric_filter(**_filter(group, metric, "ERROR"))
    LogGroup(fixed).write("ERROR")
    assert _values(metric) == []


@pytest.mark.parametrize(
    ("pattern", "transformation"),
    [
        ("{ $.a = }", {}),
        ("{ $.a = 1 }", {"metricValue": "a"}),
        ("{ $.a = 1 }", {"dimensions": {"A": "a"}}),
        ("{ $.a = 1 }", {"dimensions": {"A": "$.a"}, "defaultValue": 0.0}),
    ],
)
def test_what_is_wrong_is_refused(fixed: Cloud, pattern: str, transformation: dict[str, Any]) -> None:
    group = LogGroup(fixed)
    made = _filter(group, Metric(fixed), pattern, **transformation)
    assert refused(group.client.put_metric_filter, **made) == "InvalidParameterException"


def test_stock_counts_nothing_and_takes_any_pattern(stock: Cloud) -> None:
    group, metric = LogGroup(stock), Metric(stock)
    group.client.put_metric_filter(**_filter(group, metric, "ERROR"))
    group.client.put_metric_filter(**_filter(group, metric, "{ $.a = }"))
    group.write("ERROR")
    assert _values(metric) == []
