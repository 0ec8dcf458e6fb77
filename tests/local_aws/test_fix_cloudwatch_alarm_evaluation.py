"""fixes/cloudwatch_alarm_evaluation.py"""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from ops.local_aws.fixes.cloudwatch_alarm_evaluation import state
from ops.local_aws.instance import LocalAws
from ops.local_aws.layout import Layout
from tests.local_aws.alarming import Alarm, Metric, expression, until
from tests.local_aws.cloud import Cloud, unique

ALMOST_OVER_S = 298
"""Age of a point that counts for two more seconds of a period of five minutes."""


def test_trap_55_more_than_ten_in_five_minutes(fixed: Cloud) -> None:
    metric = Metric(fixed, Function="worker")
    alarm = Alarm(fixed, metric, TreatMissingData="notBreaching")
    assert until(alarm.state, "OK") == "OK"
    metric.put(4, 6)
    assert alarm.state() == "OK"
    metric.put(1)
    assert until(alarm.state, "ALARM") == "ALARM"
    assert "[11.0 (" in alarm.described()["StateReason"]


def test_it_returns_to_ok_when_the_period_is_over(fixed: Cloud) -> None:
    metric = Metric(fixed)
    alarm = Alarm(fixed, metric, TreatMissingData="notBreaching")
    metric.put(11, age_s=ALMOST_OVER_S)
    assert until(alarm.state, "ALARM") == "ALARM"
    assert until(alarm.state, "OK") == "OK"


def test_other_dimensions_are_another_metric(fixed: Cloud) -> None:
    metric = Metric(fixed, Function="worker")
    alarm = Alarm(fixed, metric, Dimensions=[], TreatMissingData="notBreaching")
    other = Alarm(fixed, metric)
    metric.put(100)
    assert until(other.state, "ALARM") == "ALARM"
    assert until(alarm.state, "OK") == "OK"


def test_percentiles(fixed: Cloud) -> None:
    metric = Metric(fixed)
    p50, p99 = (
        Alarm(fixed, metric, Statistic=None, ExtendedStatistic=name, Threshold=90.0)
        for name in ("p50", "p99")
    )
    metric.put(*range(1, 101))
    assert until(p99.state, "ALARM") == "ALARM"
    assert until(p50.state, "OK") == "OK"


def test_metric_math_over_several_metrics(fixed: Cloud) -> None:
    failed, every = Metric(fixed), Metric(fixed)
    rate = "100*FILL(f,0)/IF(FILL(a,0)>0,FILL(a,0),1)"
    queries = [expression(rate), failed.query("f"), every.query("a")]
    alarm = Alarm(fixed, Metrics=queries, Threshold=5.0)
    assert until(alarm.state, "OK") == "OK"
    every.put(100)
    failed.put(5)
    assert alarm.state() == "OK"
    failed.put(1)
    assert until(alarm.state, "ALARM") == "ALARM"


def test_trap_11_an_alarm_on_dynamodb_stays_in_alarm_without_fill(fixed: Cloud) -> None:
    metric = Metric(fixed, "AWS/DynamoDB", TableName="t")
    plain = Alarm(fixed, metric, TreatMissingData="notBreaching")
    filled = Alarm(fixed, Metrics=[expression("FILL(m,0)"), metric.query("m")])
    metric.put(11, age_s=ALMOST_OVER_S)
    assert until(plain.state, "ALARM") == "ALARM"
    assert until(filled.state, "ALARM") == "ALARM"
    assert until(filled.state, "OK") == "OK"
    assert plain.state() == "ALARM"


def test_a_composite_alarm_follows_its_children(fixed: Cloud) -> None:
    metric, other = Metric(fixed), Metric(fixed)
    child = Alarm(fixed, metric, TreatMissingData="notBreaching")
    second = Alarm(fixed, other, TreatMissingData="notBreaching")
    name, client = unique("alarm"), child.client
    client.put_composite_alarm(
        AlarmName=name, AlarmRule=f'ALARM("{child.name}") AND NOT ALARM("{second.name}")'
    )

    def composite() -> str:
        found = client.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
        return str(found["CompositeAlarms"][0]["StateValue"])

    metric.put(11)
    assert until(composite, "ALARM") == "ALARM"
    other.put(11)
    assert until(composite, "OK") == "OK"


X, O, MISSING = 11.0, 0.0, None  # noqa: E741 - as the table writes them


def _alarm(**changes: Any) -> dict[str, Any]:
    return {
        "MetricName": "M",
        "Namespace": "N",
        "Statistic": "Sum",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 10.0,
        "EvaluationPeriods": 3,
        **changes,
    }


@pytest.mark.parametrize(
    ("values", "treatment", "expected"),
    [
        ([X, X, X], "missing", "ALARM"),
        ([X, O, X], "missing", "OK"),
        ([X, MISSING, O], "missing", "OK"),
        ([X, MISSING, MISSING], "missing", "ALARM"),
        ([X, MISSING, MISSING], "ignore", None),
        ([X, MISSING, MISSING], "breaching", "ALARM"),
        ([X, MISSING, MISSING], "notBreaching", "OK"),
        ([MISSING, MISSING, O], "missing", "OK"),
        ([MISSING, MISSING, O], "ignore", "OK"),
        ([MISSING, MISSING, O], "breaching", "OK"),
        ([MISSING, MISSING, MISSING], "missing", "INSUFFICIENT_DATA"),
        ([MISSING, MISSING, MISSING], "ignore", None),
        ([MISSING, MISSING, MISSING], "breaching", "ALARM"),
        ([MISSING, MISSING, MISSING], "notBreaching", "OK"),
    ],
)
def test_missing_data_is_treated_as_the_guide_says(
    values: list[float | None], treatment: str, expected: str | None
) -> None:
    assert state(_alarm(TreatMissingData=treatment), values) == expected


@pytest.mark.parametrize(
    ("values", "treatment", "expected"),
    [
        ([X, O, X], "missing", "ALARM"),
        ([X, O, O], "missing", "OK"),
        ([O, MISSING, X], "missing", "OK"),
        ([O, MISSING, X], "breaching", "ALARM"),
        ([X, MISSING, MISSING], "missing", "ALARM"),
        ([X, MISSING, MISSING], "notBreaching", "OK"),
    ],
)
def test_m_of_n(values: list[float | None], treatment: str, expected: str) -> None:
    assert state(_alarm(TreatMissingData=treatment, DatapointsToAlarm=2), values) == expected


def test_a_state_that_only_time_changed_survives_kill(instance: LocalAws) -> None:
    instance.start()
    cloud = Cloud(instance)
    metric = Metric(cloud)
    alarm = Alarm(cloud, metric, TreatMissingData="notBreaching")
    metric.put(11, age_s=ALMOST_OVER_S)
    assert until(alarm.state, "ALARM") == "ALARM"
    saved = Layout(instance.directory).state
    history = "Alarm updated from ALARM to OK"
    # Nobody asks meanwhile: a request would have it saved, too.
    assert until(lambda: any(history in file.read_text() for file in saved.glob("*.json")), True)
    pid = instance.status().pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    instance.start()
    assert history in _history(instance, alarm.name)


def _history(instance: LocalAws, name: str) -> list[str]:
    """Summaries of what became of an alarm."""
    found = Cloud(instance).client("cloudwatch").describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    return [str(one["HistorySummary"]) for one in found]


def test_stock_mixes_dimensions_up_and_never_returns(stock: Cloud) -> None:
    metric = Metric(stock, Function="worker")
    alarm = Alarm(stock, metric, Dimensions=[], TreatMissingData="notBreaching")
    assert alarm.state() == "INSUFFICIENT_DATA"
    metric.put(11, age_s=ALMOST_OVER_S)
    assert alarm.state() == "ALARM"
    assert until(alarm.state, "OK", patience_s=3) == "ALARM"
