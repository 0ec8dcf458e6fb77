"""fixes/embedded_metrics.py"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.local_aws.alarming import Alarm, Metric, until
from tests.local_aws.cloud import Cloud
from tests.local_aws.log_groups import LogGroup


def _document(
    metric: Metric, value: Any, dimensions: list[list[str]] | None = None, **more: Any
) -> dict[str, Any]:
    """What a function prints."""
    directive = {
        "Namespace": metric.namespace,
        "Dimensions": [["Environment"]] if dimensions is None else dimensions,
        "Metrics": [{"Name": metric.name, "Unit": "Count", "StorageResolution": 1}],
    }
    described = {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return {"_aws": described, "Environment": "dev", metric.name: value, **more}


def _sum(metric: Metric, **dimensions: str) -> float | None:
    metric.dimensions = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    [found] = metric.client.get_metric_data(
        MetricDataQueries=[metric.query("m", returned=True)], StartTime=0, EndTime=time.time() + 60
    )["MetricDataResults"]
    return sum(found["Values"]) if found["Values"] else None


def test_an_embedded_metric_is_stored(fixed: Cloud) -> None:
    metric, group = Metric(fixed), LogGroup(fixed)
    group.write("plain text", _document(metric, 3), _document(metric, [1, 2.5]))
    assert _sum(metric, Environment="dev") == 6.5
    assert _sum(metric) is None


def test_every_set_of_dimensions_is_a_metric(fixed: Cloud) -> None:
    metric, group = Metric(fixed), LogGroup(fixed)
    group.write(_document(metric, 3, [["Environment"], ["Environment", "Secret"], []], Secret="key"))
    assert _sum(metric, Environment="dev") == 3
    assert _sum(metric, Environment="dev", Secret="key") == 3
    assert _sum(metric) == 3


def test_it_sets_an_alarm_off(fixed: Cloud) -> None:
    metric, group = Metric(fixed, Environment="dev"), LogGroup(fixed)
    alarm = Alarm(fixed, metric, TreatMissingData="notBreaching")
    group.write(_document(metric, 11))
    assert until(alarm.state, "ALARM") == "ALARM"


@pytest.mark.parametrize("value", ["3", True, [1, "2"], list(range(101)), None])
def test_what_is_no_number_is_only_a_log_event(fixed: Cloud, value: Any) -> None:
    metric, group = Metric(fixed), LogGroup(fixed)
    group.write(_document(metric, value))
    assert _sum(metric, Environment="dev") is None


def test_a_document_without_its_dimension_is_only_a_log_event(fixed: Cloud) -> None:
    metric, group = Metric(fixed), LogGroup(fixed)
    group.write(_document(metric, 3, [["Missing"]]), '{"_aws": 1}', '{"_aws"')
    assert _sum(metric) is None
    assert len(group.client.filter_log_events(logGroupName=group.name)["events"]) == 3


def test_stock_stores_the_log_event_only(stock: Cloud) -> None:
    metric, group = Metric(stock), LogGroup(stock)
    group.write(_document(metric, 3))
    assert _sum(metric, Environment="dev") is None
