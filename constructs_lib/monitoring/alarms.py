"""The alarms of an environment, as a pure function: what they watch, what they mean, what to do.

The thresholds of tables, bucket and API are the seed's ("Alarms Configured"): more than so many in five
minutes, which is Sum, 300 seconds, one period (trap 55). CloudWatch bills each metric of an alarm, so metric
math over two metrics costs as much as two alarms.
"""

from __future__ import annotations

from constructs_lib.monitoring import function_alarms
from constructs_lib.monitoring.alarm import HOUR, Alarm
from constructs_lib.monitoring.metrics import GLOBAL, Metric
from constructs_lib.monitoring.subjects import NAMESPACE, Subjects

UNHEALTHY = "unhealthy"
UNHEALTHY_MEANING = (
    "The environment is unhealthy: at least one alarm is on that means that people cannot work."
    " What to do: look at the dashboard which one it is, and follow what that alarm says."
)

WARN_DAYS = 10
"""So long before an API key is due its first alarm goes off."""


def alarms(subjects: Subjects, *, secret_max_age_days: int) -> list[Alarm]:
    """All but the composite; ids are unique and stay the same."""
    return [
        *_table(subjects),
        *_bucket(subjects),
        *_chat(subjects),
        *function_alarms.functions(subjects),
        *function_alarms.queues(subjects),
        *_mail(subjects),
        *_secrets(subjects, secret_max_age_days),
        _errors_logged(subjects),
        *_cloudfront(subjects),
    ]


def own(subjects: Subjects, name: str, stat: str = "Sum", **dimensions: str) -> Metric:
    """A metric of one of our functions."""
    return Metric(NAMESPACE, name, {"Environment": subjects.environment, **dimensions}, stat)


def _table(subjects: Subjects) -> list[Alarm]:
    table = {"TableName": subjects.table}

    def throttles(kind: str, meaning: str) -> Alarm:
        return Alarm(
            f"table-{kind.lower()}-throttles",
            meaning,
            "See in the dashboard which operation grew. With on-demand capacity a key is hot or the table's"
            " maximum throughput is reached; with provisioned capacity raise it.",
            # The table's own metric does not have those of its index (trap 11).
            tuple(
                Metric("AWS/DynamoDB", f"{kind}ThrottleEvents", dimensions)
                for dimensions in (table, table | {"GlobalSecondaryIndexName": subjects.index})
            ),
            threshold=10,
            affects_users=True,
        )

    return [
        throttles("Read", "DynamoDB refuses reads of the table or of its index: pages load slowly or fail."),
        throttles(
            "Write", "DynamoDB refuses writes to the table or to its index: what people type may get lost."
        ),
    ]


def _bucket(subjects: Subjects) -> list[Alarm]:
    dimensions = {"BucketName": subjects.bucket, "FilterId": subjects.bucket_metrics}
    return [
        Alarm(
            "s3-4xx",
            "Many requests for exports are refused or ask for what is not there: links are out of date, an"
            " upload does not send what the bucket asks for, or somebody is trying names.",
            "Look in the access logs which key and which error it is.",
            (Metric("AWS/S3", "4xxErrors", dimensions),),
            threshold=50,
        ),
        Alarm(
            "s3-5xx",
            "S3 fails to answer: exports cannot be written or read.",
            "See AWS's health dashboard; the SDKs try again by themselves. Lower the rate if it is SlowDown.",
            (Metric("AWS/S3", "5xxErrors", dimensions),),
            threshold=10,
            affects_users=True,
        ),
    ]


def _chat(subjects: Subjects) -> list[Alarm]:
    api = {"ApiId": subjects.api_id, "Stage": subjects.stage}
    return [
        Alarm(
            "api-errors",
            "The WebSocket API fails with errors of its own or of the functions behind it.",
            "Look for the alarm of a function; if none is on, read the API's execution log.",
            # A WebSocket API has no 5XXError; IntegrationError has the 4XX of the functions, too (trap 43).
            tuple(Metric("AWS/ApiGateway", name, api) for name in ("ExecutionError", "IntegrationError")),
            threshold=10,
            affects_users=True,
        ),
        Alarm(
            "chat-jobs-age",
            "A question has been waiting for an answer for more than five minutes.",
            "See whether the worker fails, is throttled, or has all its places taken; raise"
            " CHAT_WORKER_CONCURRENCY where it only has too much to do.",
            (
                Metric(
                    "AWS/SQS",
                    "ApproximateAgeOfOldestMessage",
                    {"QueueName": subjects.jobs_queue},
                    stat="Maximum",
                ),
            ),
            threshold=300,
            affects_users=True,
        ),
        Alarm(
            "chat-failures",
            "Several questions were given up: people saw an error instead of an answer.",
            "Run the saved query for errors by function: mostly the provider is down, refuses the API key or"
            " its quota is used up. CHAT_PROVIDER changes to the other one.",
            (own(subjects, "ChatFailures"),),
            threshold=3,
            affects_users=True,
        ),
    ]


def _mail(subjects: Subjects) -> list[Alarm]:
    def rate(kind: str, meaning: str, action: str, threshold: float) -> Alarm:
        return Alarm(
            f"mail-{kind.lower()}-rate",
            meaning,
            action,
            (
                Metric(
                    "AWS/SES",
                    f"Reputation.{kind}Rate",
                    {"ses:configuration-set": subjects.configuration_set},
                    stat="Maximum",
                ),
            ),
            threshold=threshold,
            comparison="GreaterThanOrEqualToThreshold",
            period_s=HOUR,
            missing="ignore",  # SES measures only while mail is sent
        )

    return [
        rate(
            "Bounce",
            "5 % of the mails bounce. From 5 % on AWS reviews an account, from 10 % on it may stop it.",
            "`ops email events` names the addresses: send them nothing more, find out where they come from.",
            0.05,
        ),
        rate(
            "Complaint",
            "One mail in a thousand is reported as spam. From 0.1 % on AWS puts an account under review.",
            "`ops email events` names the addresses: send them nothing more, find out who gets mail unasked.",
            0.001,
        ),
        Alarm(
            "mail-rendering-failures",
            "SES accepted a mail and could not fill in its template: somebody waits for it in vain.",
            "`ops email events` names the missing value; correct what sends the mail, then send it again.",
            (own(subjects, "MailRenderingFailures"),),
            threshold=0,
            affects_users=True,
        ),
    ]


def _secrets(subjects: Subjects, max_age_days: int) -> list[Alarm]:
    def older_than(days: int, kind: str, name: str, meaning: str) -> Alarm:
        return Alarm(
            f"secret-{kind}-{name}",
            meaning,
            f"`ops secrets rotate {subjects.environment} {name}` makes or takes a new key, tries it and puts"
            " it in use; then end the old key (docs/secrets.md).",
            (own(subjects, "SecretAgeDays", "Maximum", Secret=name),),
            threshold=days,
            period_s=HOUR,
            missing="ignore",  # measured once a day
        )

    found = []
    for name in subjects.secrets:
        if max_age_days > WARN_DAYS:
            days = max_age_days - WARN_DAYS
            found.append(
                older_than(
                    days, "soon", name, f"The {name} is older than {days} days and due in {WARN_DAYS}."
                )
            )
        found.append(
            older_than(
                max_age_days,
                "due",
                name,
                f"The {name} is older than {max_age_days} days (SECRET_MAX_AGE_DAYS) and due.",
            )
        )
    return found


def _errors_logged(subjects: Subjects) -> Alarm:
    return Alarm(
        "errors-logged",
        "A function or the application logged an error.",
        "Read it in the log group of errors, or run the saved query for errors by function.",
        (own(subjects, "ErrorsLogged"),),
        threshold=0,
    )


def _cloudfront(subjects: Subjects) -> list[Alarm]:
    if subjects.distribution_id is None:
        return []
    return [
        Alarm(
            "cloudfront-5xx",
            "More than 5 % of the requests for downloads fail in CloudFront or behind it.",
            "If s3-5xx is on as well, it is S3. Otherwise look whether the bucket's or the key's policy was"
            " changed, and at AWS's health dashboard.",
            (
                Metric(
                    "AWS/CloudFront",
                    "5xxErrorRate",
                    {"DistributionId": subjects.distribution_id, "Region": GLOBAL},
                    stat="Average",
                ),
            ),
            threshold=5,
            affects_users=True,
            in_us_east_1=True,
        )
    ]
