"""A deployed dashboard with a day of values, as AWS would tell them; no clock, no chance."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.monitoring.alarms import UNHEALTHY, UNHEALTHY_MEANING, alarms
from constructs_lib.monitoring.dashboard import dashboard
from ops.dashboard import reading
from ops.dashboard.model import Board
from tests.support.monitoring import MAX_AGE_DAYS, SUBJECTS

END = datetime(2026, 11, 24, 15, 10, tzinfo=UTC)
NAME = "spec-wizard-dev-overview"
TOPIC = "arn:aws:sns:us-east-1:123456789012:spec-wizard-dev-alarms"

ON = {
    "chat-jobs-age": "Threshold Crossed: 1 datapoint [412.0 (24/11/26 15:00:00)] was greater than the"
    " threshold (300.0).",
    UNHEALTHY: "spec-wizard-dev-chat-jobs-age transitioned to ALARM at Tuesday 24 November, 2026"
    " 15:05:12 UTC",
}
"""Alarms that are on -> the reason that CloudWatch gives."""

HOSTILE = "</td><script>alert('x')</script> & <b>bold</b>"
"""A log line may be anything."""

SIZES = {
    "SessionsCreated": 148,
    "SubmissionsCompleted": 61,
    "SessionDurationSeconds": 1480,
    "FirstDeltaMilliseconds": 620,
    "Invocations": 60,
    "Duration": 240,
    "ApproximateAgeOfOldestMessage": 180,
    "SuccessfulRequestLatency": 6,
    "IntegrationLatency": 38,
    "AllRequests": 44,
    "GetRequests": 31,
    "PutRequests": 12,
    "4xxErrors": 9,
    "MessageCount": 70,
    "ConnectCount": 14,
    "ClientError": 2,
    "ChatAnswers": 20,
    "ChatRetries": 1.2,
    "Send": 8,
    "Delivery": 8,
    "SecretAgeDays": 74,
    "Reputation.BounceRate": 0.012,
    "ApproximateNumberOfMessagesVisible": 5,
    "4xxErrorRate": 1.4,
}
"""Metric -> about how much; others are 0."""


class CloudWatch:
    """Answers as CloudWatch does; notes what it was asked in `asked`."""

    def __init__(self, body: dict[str, Any] | None = None) -> None:
        self._body = body or dashboard(SUBJECTS, secret_max_age_days=MAX_AGE_DAYS)
        self.asked: list[dict[str, Any]] = []

    def get_dashboard(self, DashboardName: str) -> dict[str, Any]:
        if DashboardName != NAME:
            error = {"Error": {"Code": "ResourceNotFound", "Message": f"{DashboardName} does not exist"}}
            raise ClientError(error, "GetDashboard")  # type: ignore[arg-type]
        return {"DashboardBody": json.dumps(self._body)}

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator({"get_metric_data": self._metric_data, "describe_alarms": self._alarms}[operation])

    def _metric_data(self, **request: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(request)
        values = {
            query["Id"]: _series(query, request["StartTime"], request["EndTime"])
            for query in request["MetricDataQueries"]
            if "MetricStat" in query
        }
        for query in request["MetricDataQueries"]:
            if not query["ReturnData"]:
                continue
            if "Expression" in query:
                assert query["Expression"] == "100*s/IF(c>0,c,1)"
                points = [
                    (at, 100 * s / (c if c > 0 else 1))
                    for (at, s), (_, c) in zip(values["s"], values["c"], strict=True)
                ]
            else:
                points = values[query["Id"]]
            # In two pages, as CloudWatch may give them.
            middle = len(points) // 2
            for part in (points[:middle], points[middle:]):
                yield {
                    "MetricDataResults": [
                        {
                            "Id": query["Id"],
                            "Label": query["Label"],
                            "Timestamps": [at for at, _ in part],
                            "Values": [value for _, value in part],
                            "StatusCode": "Complete",
                        }
                    ]
                }

    def _alarms(self, AlarmNames: list[str], AlarmTypes: list[str]) -> Iterator[dict[str, Any]]:
        assert set(AlarmTypes) == {"MetricAlarm", "CompositeAlarm"}
        known = {one.id: one.description for one in alarms(SUBJECTS, secret_max_age_days=MAX_AGE_DAYS)}
        known[UNHEALTHY] = UNHEALTHY_MEANING
        found: dict[str, list[dict[str, Any]]] = {"MetricAlarms": [], "CompositeAlarms": []}
        for id_, description in known.items():
            name = f"spec-wizard-dev-{id_}"
            if name in AlarmNames and id_ != "s3-4xx":  # somebody deleted it
                state = "ALARM" if id_ in ON else "INSUFFICIENT_DATA" if "secret-soon" in id_ else "OK"
                found["CompositeAlarms" if id_ == UNHEALTHY else "MetricAlarms"].append(
                    {
                        "AlarmName": name,
                        "AlarmDescription": description,
                        "AlarmActions": [TOPIC],
                        "StateValue": state,
                        "StateReason": ON.get(id_, ""),
                        "StateUpdatedTimestamp": END - timedelta(minutes=5),
                    }
                )
        yield found


class Logs:
    """Logs Insights that needs a moment."""

    def __init__(self, status: str = "Complete") -> None:
        self._status, self._asked = status, 0
        self.query: dict[str, Any] = {}

    def start_query(self, **query: Any) -> dict[str, str]:
        self.query = query
        return {"queryId": "q"}

    def get_query_results(self, queryId: str) -> dict[str, Any]:
        assert queryId == "q"
        self._asked += 1
        rows = [
            ("2026-11-24 15:04:41.512", "chat_worker", "The provider refused the request: 529 overloaded"),
            ("2026-11-24 14:58:02.107", "chat_worker", "The provider refused the request: 529 overloaded"),
            ("2026-11-24 11:21:30.940", "mail_events", HOSTILE),
        ]
        return {
            "status": "Running" if self._asked == 1 else self._status,
            "results": [
                [
                    {"field": "@timestamp", "value": at},
                    {"field": "function", "value": function},
                    {"field": "what", "value": what},
                    {"field": "@ptr", "value": "CmEKJgoi"},
                ]
                for at, function, what in rows
            ],
        }


class Sns:
    """One topic with these subscriptions: endpoint -> whether it is confirmed."""

    def __init__(self, **confirmed: bool) -> None:
        self._confirmed = confirmed or {"alerts@example.com": True}

    def get_paginator(self, operation: str) -> Paginator:
        assert operation == "list_subscriptions_by_topic"
        return Paginator(self._subscriptions)

    def _subscriptions(self, TopicArn: str) -> Iterator[dict[str, Any]]:
        yield {
            "Subscriptions": [
                {
                    "Protocol": "https" if endpoint.startswith("https:") else "email",
                    "Endpoint": endpoint,
                    "SubscriptionArn": f"{TopicArn}:1" if there else "PendingConfirmation",
                }
                for endpoint, there in self._confirmed.items()
            ]
        }


class Paginator:
    """Of boto3."""

    def __init__(self, pages: Any) -> None:
        self.paginate = pages


def board(
    cloudwatch: CloudWatch | None = None,
    logs: Logs | None = None,
    sns: Sns | None = None,
    hours: int | None = None,
) -> Board:
    """What `ops dashboard` reads from these."""
    clients = {"cloudwatch": cloudwatch or CloudWatch(), "logs": logs or Logs(), "sns": sns or Sns()}
    return reading.read("dev", NAME, "us-east-1", lambda service, _: clients[service], end=END, hours=hours)


def _series(query: dict[str, Any], start: datetime, end: datetime) -> list[tuple[datetime, float]]:
    """A working day: quiet at night, a hump in the afternoon, another wave for each dimension."""
    stat, period = query["MetricStat"], query["MetricStat"]["Period"]
    metric = stat["Metric"]
    size = SIZES.get(metric["MetricName"], 0)
    last = metric["Dimensions"][-1]["Value"]
    share = 0 if last.endswith("failures") or last.endswith("letters") else 1 / (1 + sum(map(ord, last)) % 5)
    whole = stat["Stat"] in ("Sum", "SampleCount") or metric["Namespace"] == "AWS/SQS"
    factor = {"p95": 2.1, "SampleCount": 14.0}.get(stat["Stat"], 1.0)
    first = math.ceil(start.timestamp() / period) * period
    points = []
    for at in range(first, int(end.timestamp()), period):
        hour = at / 3600 % 24
        if metric["MetricName"] == "SecretAgeDays":
            value = 74 * share + 10
        elif period == 86_400:
            value = size * (0.75 + 0.25 * math.sin(at / 86_400 * 2.1))
        else:
            hump = math.exp(-((hour - 14) ** 2) / 18)
            value = size * share * factor * max(hump + 0.16 * math.sin(at / 1500 + len(last)) * hump, 0.02)
        points.append((datetime.fromtimestamp(at, UTC), float(round(value)) if whole else round(value, 4)))
    return points
