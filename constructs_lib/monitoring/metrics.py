"""The metrics that there are: namespace, names, dimensions. CloudWatch takes any name and shows nothing.

An alarm on a metric that nobody emits never goes off, and a graph of it stays empty, without any message
(trap 51); so tests hold every metric that is named here and there to this catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from constructs_lib.monitoring.subjects import NAMESPACE

GLOBAL = "Global"
"""Value of the dimension `Region` of all that CloudFront emits, which it does in us-east-1 (trap 29)."""


@dataclass(frozen=True)
class Metric:
    """One metric with its dimensions, name -> value, and the statistic that is asked of it."""

    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    stat: str = "Sum"


@dataclass(frozen=True)
class Family:
    """Metrics of a namespace that come with the same sets of dimensions.

    dimensions: each a set of names, all of which must be given: CloudWatch does not add up over dimensions.
    """

    namespace: str
    names: tuple[str, ...]
    dimensions: tuple[tuple[str, ...], ...]
    source: str


CATALOGUE = (
    Family(
        "AWS/DynamoDB",
        (
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ReadThrottleEvents",
            "WriteThrottleEvents",
        ),
        # TableName alone is the table without its indexes (trap 11).
        (("TableName",), ("TableName", "GlobalSecondaryIndexName")),
        "DynamoDB developer guide, Metrics and dimensions",
    ),
    Family(
        "AWS/DynamoDB",
        ("SuccessfulRequestLatency", "SystemErrors", "ThrottledRequests"),
        (("TableName", "Operation"),),
        "DynamoDB developer guide, Metrics and dimensions",
    ),
    Family(
        "AWS/S3",
        ("AllRequests", "GetRequests", "PutRequests", "4xxErrors", "5xxErrors", "FirstByteLatency"),
        # Request metrics are there for a filter only, `aws_s3_bucket_metric` (trap 18).
        (("BucketName", "FilterId"),),
        "S3 user guide, Metrics and dimensions",
    ),
    Family(
        "AWS/ApiGateway",
        (
            *("ConnectCount", "MessageCount", "IntegrationError", "ClientError", "ExecutionError"),
            "IntegrationLatency",
        ),
        (("ApiId",), ("ApiId", "Stage"), ("ApiId", "Stage", "Route")),
        "API Gateway developer guide, Monitor WebSocket API execution with CloudWatch metrics",
    ),
    Family(
        "AWS/SQS",
        (
            *("ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"),
            *("ApproximateAgeOfOldestMessage", "NumberOfMessagesSent", "NumberOfMessagesDeleted"),
        ),
        (("QueueName",),),
        "SQS developer guide, Available CloudWatch metrics",
    ),
    Family(
        "AWS/Lambda",
        ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions", "IteratorAge"),
        (("FunctionName",),),
        "Lambda developer guide, Types of metrics",
    ),
    Family(
        "AWS/SES",
        ("Send", "Reject", "Bounce", "Complaint", "Delivery"),
        (("ses:configuration-set",),),
        "SES developer guide, Monitor sending activity; the dimension is that of `email_events.py`",
    ),
    Family(
        "AWS/SES",
        ("Reputation.BounceRate", "Reputation.ComplaintRate"),
        (("ses:configuration-set",),),
        "SES developer guide, Export reputation metrics for a configuration set",
    ),
    Family(
        "AWS/CloudFront",
        ("Requests", "BytesDownloaded", "4xxErrorRate", "5xxErrorRate", "TotalErrorRate"),
        (("DistributionId", "Region"),),
        "CloudFront developer guide, Types of metrics",
    ),
    Family(
        NAMESPACE,
        ("SessionsCreated", "SubmissionsCompleted", "SessionDurationSeconds"),
        (("Environment",),),
        "functions/stream_consumer",
    ),
    Family(
        NAMESPACE,
        ("ChatAnswers", "ChatFailures", "ChatRetries", "FirstDeltaMilliseconds"),
        (("Environment",),),
        "functions/chat_worker",
    ),
    Family(
        NAMESPACE,
        ("MailBounces", "MailComplaints", "MailRejects", "MailRenderingFailures"),
        (("Environment",),),
        "functions/mail_events",
    ),
    Family(NAMESPACE, ("SecretAgeDays",), (("Environment", "Secret"),), "functions/secret_age"),
    Family(NAMESPACE, ("ErrorsLogged",), (("Environment",),), "functions/error_log"),
)


def exists(namespace: str, name: str, dimensions: Iterable[str]) -> bool:
    """Whether there is such a metric with exactly these dimensions."""
    given = set(dimensions)
    return any(
        family.namespace == namespace and name in family.names and given in map(set, family.dimensions)
        for family in CATALOGUE
    )
