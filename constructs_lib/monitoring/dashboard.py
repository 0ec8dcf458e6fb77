"""The dashboard of an environment, as a pure function (seed, "Dashboard Metrics", and what came since)."""

from __future__ import annotations

from typing import Any

from constructs_lib.monitoring.alarms import UNHEALTHY, alarms, own
from constructs_lib.monitoring.metrics import GLOBAL, Metric
from constructs_lib.monitoring.queries import RECENT_ERRORS
from constructs_lib.monitoring.subjects import Subjects
from constructs_lib.monitoring.widgets import (
    Widget,
    alarm_states,
    graph,
    log_table,
    math,
    metric,
    number,
    rows,
    text,
)
from constructs_lib.stack_settings import US_EAST_1
from environments import naming

DAY = 86_400

OPERATIONS = ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
"""What the functions and the application ask of the table."""


def dashboard(subjects: Subjects, *, secret_max_age_days: int) -> dict[str, Any]:
    """The body, to be written as JSON."""
    region = subjects.region
    watched = {one.id: one for one in alarms(subjects, secret_max_age_days=secret_max_age_days)}
    limits = {id_: (f"alarm: {id_}", one.threshold) for id_, one in watched.items()}
    here = [UNHEALTHY, *(id_ for id_, one in watched.items() if region == US_EAST_1 or not one.in_us_east_1)]
    states = alarm_states("Alarms", [alarm_arn(subjects, id_) for id_ in here])
    return {
        "start": "-PT24H",
        "periodOverride": "inherit",
        "widgets": rows(
            (2, [text(_heading(subjects))]),
            (4, [states]),
            (4, _kpis(subjects)),
            (6, _chat(subjects, limits)),
            (6, _api(subjects, limits)),
            (6, _functions(subjects)),
            (6, _table(subjects, limits)),
            (6, _exports(subjects, limits)),
            (6, _mail_and_keys(subjects, limits, secret_max_age_days)),
            (6, [log_table("Last errors", subjects.error_log_group, RECENT_ERRORS, region=region)]),
        ),
    }


def alarm_arn(subjects: Subjects, id_: str) -> str:
    """Of an alarm in the environment's region, by its name."""
    name = naming.resource(subjects.environment, id_)
    return f"arn:aws:cloudwatch:{subjects.region}:{subjects.account_id}:alarm:{name}"


def _heading(subjects: Subjects) -> str:
    return (
        f"# Specification Wizard: {subjects.environment}\n"
        "Each alarm says in its description what it means and what to do. Days are counted in UTC."
    )


def _kpis(subjects: Subjects) -> list[Widget]:
    created = own(subjects, "SessionsCreated")
    completed = own(subjects, "SubmissionsCompleted")
    duration = own(subjects, "SessionDurationSeconds", "Average")

    def kpi(title: str, *lines: list[Any]) -> Widget:
        return number(title, lines, region=subjects.region, period_s=DAY)

    return [
        kpi("Sessions created (24 h)", metric(created, "sessions")),
        kpi("Submissions completed (24 h)", metric(completed, "submissions")),
        kpi("Average session duration", metric(duration, "seconds")),
        kpi(
            "Completion rate",
            # Without a session it is 0 %, not an error.
            math("100*s/IF(c>0,c,1)", "% of sessions created", "rate"),
            metric(completed, "submissions", id="s", visible=False),
            metric(created, "sessions", id="c", visible=False),
        ),
    ]


def _chat(subjects: Subjects, limits: dict[str, tuple[str, float]]) -> list[Widget]:
    region = subjects.region

    def queue(name: str, what: str) -> Metric:
        return Metric("AWS/SQS", what, {"QueueName": name}, "Maximum")

    visible = "ApproximateNumberOfMessagesVisible"
    return [
        graph(
            "Chat: until the first words",
            [metric(own(subjects, "FirstDeltaMilliseconds", stat), stat) for stat in ("p50", "p95")],
            region=region,
            unit="ms",
        ),
        graph(
            "Chat: answers",
            [
                metric(own(subjects, "ChatAnswers"), "answered"),
                metric(own(subjects, "ChatRetries"), "tried again"),
                metric(own(subjects, "ChatFailures"), "failed"),
            ],
            region=region,
            threshold=limits["chat-failures"],
        ),
        graph(
            "Queues: waiting",
            [
                metric(queue(subjects.jobs_queue, visible), "chat-jobs"),
                *(metric(queue(name, visible), purpose) for purpose, name in subjects.failure_queues.items()),
            ],
            region=region,
        ),
        graph(
            "Queues: oldest job",
            [metric(queue(subjects.jobs_queue, "ApproximateAgeOfOldestMessage"), "chat-jobs")],
            region=region,
            unit="s",
            threshold=limits["chat-jobs-age"],
        ),
    ]


def _api(subjects: Subjects, limits: dict[str, tuple[str, float]]) -> list[Widget]:
    def line(name: str, label: str, stat: str = "Sum") -> list[Any]:
        stage = {"ApiId": subjects.api_id, "Stage": subjects.stage}
        return metric(Metric("AWS/ApiGateway", name, stage, stat), label)

    return [
        graph(
            "API Gateway: requests",
            [line("ConnectCount", "connections"), line("MessageCount", "messages")],
            region=subjects.region,
        ),
        graph(
            "API Gateway: errors",
            [
                line("ExecutionError", "of the API"),
                line("IntegrationError", "of functions"),
                line("ClientError", "of clients"),
            ],
            region=subjects.region,
            threshold=limits["api-errors"],
        ),
        graph(
            "API Gateway: latency",
            [line("IntegrationLatency", stat, stat) for stat in ("p50", "p95")],
            region=subjects.region,
            unit="ms",
        ),
    ]


def _functions(subjects: Subjects) -> list[Widget]:
    def each(title: str, name: str, stat: str, unit: str = "") -> Widget:
        return graph(
            title,
            [
                metric(Metric("AWS/Lambda", name, {"FunctionName": function}, stat), folder)
                for folder, function in subjects.functions.items()
            ],
            region=subjects.region,
            unit=unit,
        )

    return [
        each("Functions: invocations", "Invocations", "Sum"),
        each("Functions: errors", "Errors", "Sum"),
        each("Functions: duration (p95)", "Duration", "p95", "ms"),
    ]


def _table(subjects: Subjects, limits: dict[str, tuple[str, float]]) -> list[Widget]:
    table = {"TableName": subjects.table}
    index = table | {"GlobalSecondaryIndexName": subjects.index}

    def operations(title: str, stat: str, unit: str = "") -> Widget:
        lines = [
            metric(
                Metric("AWS/DynamoDB", "SuccessfulRequestLatency", table | {"Operation": operation}, stat),
                operation,
            )
            for operation in OPERATIONS
        ]
        return graph(title, lines, region=subjects.region, unit=unit)

    return [
        # Each request is one sample of the latency; there is no metric that counts them.
        operations("DynamoDB: operations", "SampleCount"),
        operations("DynamoDB: latency", "Average", "ms"),
        graph(
            "DynamoDB: throttled",
            [
                metric(Metric("AWS/DynamoDB", f"{kind}ThrottleEvents", dimensions), f"{kind.lower()}s, {of}")
                for kind in ("Read", "Write")
                for of, dimensions in (("table", table), ("index", index))
            ],
            region=subjects.region,
            threshold=limits["table-write-throttles"],
        ),
    ]


def _exports(subjects: Subjects, limits: dict[str, tuple[str, float]]) -> list[Widget]:
    def line(name: str, label: str) -> list[Any]:
        bucket = {"BucketName": subjects.bucket, "FilterId": subjects.bucket_metrics}
        return metric(Metric("AWS/S3", name, bucket), label)

    widgets = [
        graph(
            "S3: requests",
            [line("AllRequests", "all"), line("GetRequests", "GET"), line("PutRequests", "PUT")],
            region=subjects.region,
        ),
        graph(
            "S3: errors",
            [line("4xxErrors", "4xx"), line("5xxErrors", "5xx")],
            region=subjects.region,
            threshold=limits["s3-4xx"],
        ),
    ]
    if subjects.distribution_id is not None:
        place = {"DistributionId": subjects.distribution_id, "Region": GLOBAL}
        widgets.append(
            graph(
                "CloudFront: failed requests",
                [
                    metric(Metric("AWS/CloudFront", f"{kind}ErrorRate", place, "Average"), kind)
                    for kind in ("4xx", "5xx")
                ],
                region=US_EAST_1,
                unit="%",
                threshold=limits["cloudfront-5xx"],
            )
        )
    return widgets


def _mail_and_keys(
    subjects: Subjects, limits: dict[str, tuple[str, float]], secret_max_age_days: int
) -> list[Widget]:
    dimensions = {"ses:configuration-set": subjects.configuration_set}
    return [
        graph(
            "Mail",
            [
                *(
                    metric(Metric("AWS/SES", name, dimensions), name.lower())
                    for name in ("Send", "Delivery", "Bounce", "Complaint")
                ),
                metric(own(subjects, "MailRenderingFailures"), "template not filled in"),
            ],
            region=subjects.region,
        ),
        graph(
            "Mail: bounce rate",
            [metric(Metric("AWS/SES", "Reputation.BounceRate", dimensions, "Maximum"), "bounces")],
            region=subjects.region,
            threshold=limits["mail-bounce-rate"],
        ),
        graph(
            "API keys: age",
            [
                metric(own(subjects, "SecretAgeDays", "Maximum", Secret=name), name, period=DAY)
                for name in subjects.secrets
            ],
            region=subjects.region,
            unit="days",
            threshold=("due", secret_max_age_days),
        ),
    ]
