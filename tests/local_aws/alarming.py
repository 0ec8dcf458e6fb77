"""Metrics, alarms on them, and what their topics are told."""

from __future__ import annotations

import datetime
import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import botocore.auth
import botocore.awsrequest
from botocore.credentials import Credentials

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, Statement, document, unique
from tests.local_aws.mailing import KEY_USES, Queue, permit_key, service

NAMESPACE = "Test"
PERIOD_S = 300


def until(seen: Callable[[], Any], expected: Any, patience_s: float = 8.0) -> Any:
    """What is seen at last: as soon as it is what was expected, or when patience ends."""
    deadline = time.monotonic() + patience_s
    while (found := seen()) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


class Metric:
    """A metric that nobody else puts data to."""

    def __init__(self, cloud: Cloud, namespace: str = NAMESPACE, **dimensions: str) -> None:
        self.client, self.namespace, self.name = cloud.client("cloudwatch"), namespace, unique("metric")
        self.dimensions = [{"Name": name, "Value": value} for name, value in dimensions.items()]

    @property
    def arguments(self) -> dict[str, Any]:
        """How requests name it."""
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": self.dimensions}

    def put(self, *values: float, age_s: float = 0) -> None:
        """Adds values that are this old."""
        when = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=age_s)
        datum = {"MetricName": self.name, "Dimensions": self.dimensions, "Timestamp": when}
        data = [{**datum, "Value": value} for value in values]
        self.client.put_metric_data(Namespace=self.namespace, MetricData=data)

    def query(self, identifier: str, statistic: str = "Sum", *, returned: bool = False) -> dict[str, Any]:
        """A member of `Metrics`."""
        stat = {"Metric": self.arguments, "Period": PERIOD_S, "Stat": statistic}
        return {"Id": identifier, "MetricStat": stat, "ReturnData": returned}


def expression(text: str) -> dict[str, Any]:
    """The member of `Metrics` that an alarm watches."""
    return {"Id": "e", "Expression": text, "Label": "e", "ReturnData": True}


def value_of(cloud: Cloud, namespace: str, name: str, statistic: str, **dimensions: str) -> float | None:
    """A metric of a service, over the day."""
    metric = Metric(cloud, namespace, **dimensions)
    metric.name = name
    query = metric.query("m", statistic, returned=True)
    query["MetricStat"]["Period"] = 86400
    answer = metric.client.get_metric_data(MetricDataQueries=[query], StartTime=0, EndTime=time.time() + 60)
    values: list[float] = answer["MetricDataResults"][0]["Values"]
    return values[0] if values else None


class Alarm:
    """An alarm on a metric, `> 10` in five minutes unless something else is said."""

    def __init__(self, cloud: Cloud, metric: Metric | None = None, **changes: Any) -> None:
        self.client, self.name = cloud.client("cloudwatch"), unique("alarm")
        self.arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:{self.name}"
        watched = {**metric.arguments, "Period": PERIOD_S, "Statistic": "Sum"} if metric else {}
        self.settings = {
            "AlarmName": self.name,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 10.0,
            "EvaluationPeriods": 1,
            **watched,
            **changes,
        }
        self.settings = {name: value for name, value in self.settings.items() if value is not None}
        self.client.put_metric_alarm(**self.settings)

    def described(self) -> dict[str, Any]:
        """What DescribeAlarms says."""
        found: dict[str, Any] = self.client.describe_alarms(AlarmNames=[self.name])["MetricAlarms"][0]
        return found

    def state(self) -> str:
        """OK, ALARM or INSUFFICIENT_DATA."""
        return str(self.described()["StateValue"])

    def history(self, kind: str, alarm_type: str = "MetricAlarm") -> list[str]:
        """Summaries of its history, oldest first."""
        found = self.client.describe_alarm_history(
            AlarmName=self.name,
            AlarmTypes=[alarm_type],
            HistoryItemType=kind,
            ScanBy="TimestampAscending",
        )
        return [one["HistorySummary"] for one in found["AlarmHistoryItems"]]


class Topic:
    """A topic that CloudWatch may publish to, and where that is heard."""

    def __init__(self, cloud: Cloud, *, encrypted: bool = False) -> None:
        self._cloud, self._sns, self.key = cloud, cloud.client("sns"), cloud.key() if encrypted else None
        encryption = {"KmsMasterKeyId": self.key} if self.key else {}
        self.arn = self._sns.create_topic(Name=unique("topic"), Attributes=encryption)["TopicArn"]
        self.queue = Queue(cloud)
        self._sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=self.queue.arn)
        self.permit(self.statement())
        if self.key:
            permit_key(cloud, self.key, service("cloudwatch", KEY_USES, "*"))

    def statement(self, **condition: Any) -> Statement:
        """The one that CloudWatch needs."""
        return service("cloudwatch", "sns:Publish", self.arn, **condition)

    def permit(self, *statements: Statement) -> None:
        """Replaces the policy."""
        self._sns.set_topic_attributes(
            TopicArn=self.arn, AttributeName="Policy", AttributeValue=document(*statements)
        )

    def heard(self) -> list[dict[str, Any]]:
        """Messages of alarms that have arrived since the last time."""
        return [json.loads(json.loads(body)["Message"]) for body in self.queue.drain()]


def form(cloud: Cloud, **fields: str) -> str:
    """The XML answer of CloudWatch to a request of the query protocol, which boto3 no longer speaks."""
    key = cloud.deployer.key
    body = urllib.parse.urlencode({"Version": "2010-08-01", **fields}).encode()
    request = botocore.awsrequest.AWSRequest(
        "POST",
        cloud.endpoint + "/",
        data=body,
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
    )
    credentials = Credentials(key.access_key_id, key.secret_access_key)
    botocore.auth.SigV4Auth(credentials, "monitoring", REGION).add_auth(request)
    sent = urllib.request.Request(cloud.endpoint + "/", body, dict(request.headers), method="POST")
    context = ssl.create_default_context(cafile=str(cloud.authority))
    try:
        with urllib.request.urlopen(sent, context=context) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.read().decode()
