"""fixes/cloudwatch_alarms.py"""

from __future__ import annotations

from typing import Any

import pytest

from ops.local_aws.example import ACCOUNT_ID
from tests.local_aws.alarming import Alarm, Metric, expression
from tests.local_aws.cloud import Cloud, refused, unique


def _math(cloud: Cloud, text: str = "FILL(a,0)+FILL(b,0)") -> dict[str, Any]:
    """Settings of an alarm on two metrics."""
    return {
        "Metrics": [expression(text), Metric(cloud).query("a"), Metric(cloud).query("b")],
        "Statistic": None,
    }


def test_metric_math_is_kept(fixed: Cloud) -> None:
    settings = _math(fixed)
    described = Alarm(fixed, **settings).described()
    assert described["Metrics"] == settings["Metrics"]
    assert not {"MetricName", "Namespace", "Statistic", "Period"} & set(described)


def test_a_percentile_is_the_only_statistic(fixed: Cloud) -> None:
    alarm = Alarm(
        fixed,
        Metric(fixed),
        Statistic=None,
        ExtendedStatistic="p99",
        EvaluateLowSampleCountPercentile="ignore",
    )
    described = alarm.described()
    assert described["ExtendedStatistic"] == "p99"
    assert described["EvaluateLowSampleCountPercentile"] == "ignore"
    assert "Statistic" not in described


def test_what_was_not_set_is_not_described(fixed: Cloud) -> None:
    assert not {"AlarmDescription", "Unit", "DatapointsToAlarm"} & set(
        Alarm(fixed, Metric(fixed)).described()
    )


@pytest.mark.parametrize("text", ["FILL(a,", "RATE(a)", "SUM(a)", "a+missing", "[a,b]"])
def test_an_expression_that_cannot_be_evaluated_is_refused(fixed: Cloud, text: str) -> None:
    with pytest.raises(Exception, match="ValidationError"):
        Alarm(fixed, **_math(fixed, text))


def test_one_query_returns_data(fixed: Cloud) -> None:
    settings = _math(fixed)
    settings["Metrics"][1]["ReturnData"] = True
    with pytest.raises(Exception, match="Exactly one"):
        Alarm(fixed, **settings)


def test_trap_29_a_topic_of_another_region_is_refused(fixed: Cloud) -> None:
    alarm, topic = Alarm(fixed, Metric(fixed)), f"arn:aws:sns:eu-west-1:{ACCOUNT_ID}:topic"
    put = alarm.client.put_metric_alarm
    assert refused(put, **alarm.settings, AlarmActions=[topic]) == "ValidationError"
    rule = f"ALARM({alarm.name})"
    composite = alarm.client.put_composite_alarm
    assert (
        refused(composite, AlarmName=unique("alarm"), AlarmRule=rule, OKActions=[topic]) == "ValidationError"
    )


def test_stock_forgets_metric_math(stock: Cloud) -> None:
    assert "Metrics" not in Alarm(stock, **_math(stock)).described()
    assert Alarm(stock, **_math(stock, "FILL(a,")).described()
