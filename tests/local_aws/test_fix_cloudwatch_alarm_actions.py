"""fixes/cloudwatch_alarm_actions.py"""

from __future__ import annotations

from typing import Any

import pytest

from ops.local_aws.example import ACCOUNT_ID
from tests.local_aws.alarming import Alarm, Metric, Topic, expression, until
from tests.local_aws.cloud import Cloud, unique
from tests.local_aws.mailing import KEY_USES, deny_plain_http, permit_key, service


def _alarm(cloud: Cloud, topic: Topic, **changes: Any) -> tuple[Alarm, Metric]:
    """An alarm in OK that tells the topic of every change, and what it watches."""
    metric = Metric(cloud, Function="worker")
    actions = {"AlarmActions": [topic.arn], "OKActions": [topic.arn]}
    alarm = Alarm(cloud, metric, TreatMissingData="notBreaching", **{**actions, **changes})
    assert until(alarm.state, "OK") == "OK"
    topic.heard()
    return alarm, metric


def test_an_alarm_and_its_end_are_told(fixed: Cloud) -> None:
    topic = Topic(fixed)
    alarm, metric = _alarm(fixed, topic, AlarmDescription="Too many")
    metric.put(11, age_s=298)
    assert until(alarm.state, "ALARM") == "ALARM"
    [message] = topic.heard()
    assert (message["AlarmName"], message["AlarmArn"]) == (alarm.name, alarm.arn)
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert (message["AWSAccountId"], message["Region"]) == (ACCOUNT_ID, "US East (N. Virginia)")
    assert message["AlarmActions"] == [topic.arn]
    trigger = message["Trigger"]
    assert (trigger["Statistic"], trigger["StatisticType"]) == ("SUM", "Statistic")
    assert (trigger["Threshold"], trigger["TreatMissingData"]) == (10.0, "notBreaching")
    assert trigger["Dimensions"] == [{"name": "Function", "value": "worker"}]
    assert until(alarm.state, "OK") == "OK"
    assert [message["NewStateValue"] for message in topic.heard()] == ["OK"]
    assert alarm.history("Action")[-1] == f"Successfully executed action {topic.arn}"


def test_metric_math_is_told(fixed: Cloud) -> None:
    topic, metric = Topic(fixed), Metric(fixed, A="b")
    queries = [expression("FILL(m,0)"), metric.query("m")]
    alarm = Alarm(fixed, Metrics=queries, AlarmActions=[topic.arn])
    metric.put(11)
    assert until(alarm.state, "ALARM") == "ALARM"
    [message] = topic.heard()
    said, of_metric = message["Trigger"]["Metrics"]
    assert said["Expression"] == "FILL(m,0)"
    assert of_metric["MetricStat"]["Metric"]["Dimensions"] == [{"name": "A", "value": "b"}]


def test_a_composite_alarm_tells_once_and_names_the_child(fixed: Cloud) -> None:
    topic, metric = Topic(fixed), Metric(fixed)
    child = Alarm(fixed, metric, TreatMissingData="notBreaching")
    assert until(child.state, "OK") == "OK"
    name = unique("alarm")
    child.client.put_composite_alarm(
        AlarmName=name, AlarmRule=f'ALARM("{child.name}")', AlarmActions=[topic.arn], ActionsEnabled=True
    )
    metric.put(11)
    assert until(child.state, "ALARM") == "ALARM"
    [message] = topic.heard()
    assert (message["AlarmName"], message["NewStateValue"]) == (name, "ALARM")
    assert message["AlarmRule"] == f'ALARM("{child.name}")'
    assert [one["Arn"] for one in message["TriggeringChildren"]] == [child.arn]


def test_disabled_actions_tell_nobody(fixed: Cloud) -> None:
    topic = Topic(fixed)
    alarm, metric = _alarm(fixed, topic, ActionsEnabled=False)
    metric.put(11)
    assert until(alarm.state, "ALARM") == "ALARM"
    assert topic.heard() == []


def test_the_topics_policy_must_let_cloudwatch_publish(fixed: Cloud) -> None:
    topic = Topic(fixed)
    topic.permit(service("ses", "sns:Publish", topic.arn))
    alarm, metric = _alarm(fixed, topic)
    metric.put(11)
    assert until(alarm.state, "ALARM") == "ALARM"
    assert topic.heard() == []
    said = alarm.history("Action")[-1]
    assert said.startswith(f"Failed to execute action {topic.arn}.")
    assert "is not authorized to perform: SNS:Publish" in said


def test_the_policy_can_be_narrowed_to_the_account_and_to_tls(fixed: Cloud) -> None:
    topic = Topic(fixed)
    deny = deny_plain_http("sns:Publish", topic.arn)
    topic.permit(topic.statement(StringEquals={"aws:SourceAccount": ACCOUNT_ID}), deny)
    alarm, metric = _alarm(fixed, topic)
    metric.put(11)
    assert until(alarm.state, "ALARM") == "ALARM"
    assert len(topic.heard()) == 1
    topic.permit(topic.statement(StringEquals={"aws:SourceAccount": "999999999999"}), deny)
    alarm, metric = _alarm(fixed, topic)
    metric.put(11)
    assert until(alarm.state, "ALARM") == "ALARM"
    assert topic.heard() == []


@pytest.mark.parametrize("uses", [["kms:Decrypt"], ["kms:GenerateDataKey*"]])
def test_trap_06_the_topics_key_must_let_cloudwatch_use_it(fixed: Cloud, uses: list[str]) -> None:
    topic = Topic(fixed, encrypted=True)
    assert topic.key
    permit_key(fixed, topic.key, service("cloudwatch", uses, "*"))
    alarm, metric = _alarm(fixed, topic)
    metric.put(11)
    assert until(alarm.state, "ALARM") == "ALARM"
    assert topic.heard() == []
    assert "does not have authorization to access the SNS topic encryption key" in alarm.history("Action")[-1]


def test_the_key_can_be_narrowed_to_the_account_and_the_alarms(fixed: Cloud) -> None:
    topic = Topic(fixed, encrypted=True)
    assert topic.key
    only = {
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:*:{ACCOUNT_ID}:alarm:*"},
    }
    permit_key(fixed, topic.key, service("cloudwatch", KEY_USES, "*", **only))
    alarm, metric = _alarm(fixed, topic)
    metric.put(11)
    assert until(alarm.state, "ALARM") == "ALARM"
    assert len(topic.heard()) == 1


def test_stock_publishes_whatever_the_policy_says(stock: Cloud) -> None:
    topic, metric = Topic(stock), Metric(stock)
    topic.permit(service("ses", "sns:Publish", topic.arn))
    alarm = Alarm(stock, metric, AlarmActions=[topic.arn])
    metric.put(11)
    assert alarm.state() == "ALARM"
    [message] = topic.heard()
    assert "AlarmArn" not in message
    assert alarm.history("Action") == []
