"""Alarms of a deployed stack, driven to ALARM and back to OK by their own metrics."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from ops.local_aws.example import ACCOUNT_ID
from ops.local_aws.instance import LocalAws

LEFT_S = 12
"""How long a breaching value stays within the time that its alarm looks at."""
PATIENCE_S = 45
QUIET_S = 320

Alarm = dict[str, Any]
Heard = set[tuple[str, str]]
"""Alarm name, new state."""


class Listener:
    """A queue that is subscribed to a topic, as whoever is on call would be."""

    def __init__(self, aws: LocalAws, topic_arn: str, region: str, name: str) -> None:
        self._sqs = aws.client("sqs", region)
        self._sns = aws.client("sns", region)
        self._url = str(self._sqs.create_queue(QueueName=name)["QueueUrl"])
        arn = f"arn:aws:sqs:{region}:{ACCOUNT_ID}:{name}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        self._subscription = self._sns.subscribe(
            TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        self.heard: Heard = set()

    def listen(self) -> Heard:
        """Everything that was heard until now."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                told = json.loads(json.loads(message["Body"])["Message"])
                self.heard.add((told["AlarmName"], told["NewStateValue"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return self.heard

    def end(self) -> None:
        """Remove queue and subscription."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._sqs.delete_queue(QueueUrl=self._url)


def alarms(cloudwatch: Any, prefix: str, kind: str = "MetricAlarm") -> list[Alarm]:
    """All alarms of a kind whose names begin so."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix, AlarmTypes=[kind])
    return [alarm for page in pages for alarm in page[f"{kind}s"]]


def breach(cloudwatch: Any, alarm: Alarm) -> None:
    """Put a value that is beyond the threshold, so old that it counts for a few seconds only.

    Of an expression it is one of its first metric, which alone carries it over.
    """
    assert alarm["ComparisonOperator"].startswith("Greater")
    assert alarm["EvaluationPeriods"] == 1
    _put(cloudwatch, _metrics(alarm)[0], _too_much(alarm), _breaching_moment(alarm))


def _metrics(alarm: Alarm) -> list[dict[str, Any]]:
    """Namespace, name and dimensions of what it watches."""
    if "MetricName" in alarm:
        return [alarm]
    return [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query]


def _too_much(alarm: Alarm) -> float:
    return float(alarm["Threshold"] * 2 + 1)


def _breaching_moment(alarm: Alarm) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=_period(alarm) - LEFT_S)


def _put(cloudwatch: Any, metric: dict[str, Any], value: float, at: datetime) -> None:
    cloudwatch.put_metric_data(
        Namespace=metric["Namespace"],
        MetricData=[
            {
                "MetricName": metric["MetricName"],
                "Dimensions": metric.get("Dimensions", []),
                "Timestamp": at,
                "Value": value,
            }
        ],
    )


def _period(alarm: Alarm) -> int:
    if "Period" in alarm:
        return int(alarm["Period"])
    return max(int(query["MetricStat"]["Period"]) for query in alarm["Metrics"] if "MetricStat" in query)


def drive(
    cloudwatch: Any, listener: Listener, prefix: str, *, also: Collection[str] = ()
) -> dict[str, set[str]]:
    """Drive every metric alarm with that prefix there and back. Returns name -> states that were heard.

    also: composite alarms that change with them.
    """
    # What set an alarm off before this test counts for as long as its period.
    _until(lambda: not [a for a in alarms(cloudwatch, prefix) if a["StateValue"] == "ALARM"], QUIET_S)
    driven = alarms(cloudwatch, prefix)
    names = {alarm["AlarmName"] for alarm in driven} | set(also)
    for alarm in driven:
        breach(cloudwatch, alarm)
    _until(lambda: {name for name, state in listener.listen() if state == "ALARM"} >= names)
    # Most come back by themselves, when the value is too old. Those that keep their state while there are no
    # values want a good one, once the bad one is too old.
    time.sleep(LEFT_S)
    for alarm in driven:
        if alarm.get("TreatMissingData") == "ignore":
            _put(cloudwatch, _metrics(alarm)[0], 0, datetime.now(UTC))
    _until(lambda: {name for name, state in listener.listen() if state == "OK"} >= names)
    return {name: {state for heard, state in listener.heard if heard == name} for name in sorted(names)}


def drive_parts(cloudwatch: Any, prefix: str) -> None:
    """Drive each expression there and back by each of its metrics but the first, whose turn is in `drive`.

    Back by the opposite value, with which their sum is 0: a dozen, each too old only after the one before,
    would take minutes.
    """
    for alarm in alarms(cloudwatch, prefix):
        for metric in _metrics(alarm)[1:]:
            assert {query["MetricStat"]["Stat"] for query in alarm["Metrics"] if "MetricStat" in query} == {
                "Sum"
            }
            at = _breaching_moment(alarm)
            for value, state in ((_too_much(alarm), "ALARM"), (-_too_much(alarm), "OK")):
                _put(cloudwatch, metric, value, at)
                assert _reaches(cloudwatch, alarm["AlarmName"], state), (state, metric)


def _reaches(cloudwatch: Any, name: str, state: str) -> bool:
    def reached() -> bool:
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return bool(alarm["StateValue"] == state)

    _until(reached)
    return reached()


def _until(reached: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.5)


def drive_all(aws: LocalAws, stack: str, topic: str, composites: list[str]) -> None:
    """Each alarm of a stack by each of its metrics; who listens to the topic hears of trouble and its end."""
    cloudwatch, prefix = aws.client("cloudwatch"), f"spec-wizard-{stack}-"
    arn = f"arn:aws:sns:us-east-1:123456789012:{prefix}{topic}"
    listener = Listener(aws, arn, "us-east-1", f"listener-{stack}")
    heard = drive(cloudwatch, listener, prefix, also=composites)
    listener.end()
    assert {name: states for name, states in heard.items() if states < {"ALARM", "OK"}} == {}
    assert len(heard) == len(alarms(cloudwatch, prefix)) + len(composites)
    assert heard
    drive_parts(cloudwatch, prefix)
