"""The functions that react to events, as synthesized: what starts them, and what they may."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from constructs_lib.database import READ_STREAM
from constructs_lib.email_events import TOPICS
from functions.shared import keys
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import Synthesized, stack

every_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)

REFERENCE = re.compile(r"\$\{(\w+)\.([\w-]+)\.(\w+)\}")

CONSUMERS = {
    "stream-consumer": "consumers/stream",
    "mail-events": "consumers/mail",
    "secret-age": "consumers/secret-age",
    "error-log": "consumers/error-log",
}
"""Function -> the construct that it is in."""

QUEUES = {
    "stream-failures": "consumers/stream",
    "mail-event-failures": "consumers/mail",
}

Granted = tuple[str, list[str], list[str], str | None]


def named(synthesized: Synthesized, value: str) -> str:
    """The value with each reference as `<construct path>.<attribute>`."""

    def path(found: re.Match[str]) -> str:
        type_, id_, attribute = found.groups()
        where = synthesized.json["resource"][type_][id_]["//"]["metadata"]["path"]
        return f"{where.split('/', 1)[1]}.{attribute}"

    return REFERENCE.sub(path, value)


def grants(synthesized: Synthesized, function: str) -> dict[str, list[Granted]]:
    """Inline policy of the function's role -> its statements: Sid, actions, resources, service of the key."""
    role = f"{CONSUMERS[function]}/{function}/role/"
    found: dict[str, list[Granted]] = {}
    for path, policy in synthesized.all("aws_iam_role_policy").items():
        if path.startswith(role):
            statements = json.loads(policy["policy"])["Statement"]
            assert {statement["Effect"] for statement in statements} == {"Allow"}
            found[path.removeprefix(role)] = [
                (
                    statement["Sid"],
                    statement["Action"],
                    [named(synthesized, resource) for resource in statement["Resource"]],
                    statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService"),
                )
                for statement in statements
            ]
    return found


def own_log(group: str) -> list[Granted]:
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    return [("WriteLog", actions, [f"log-groups/{group}.arn", f"log-groups/{group}.arn:log-stream:*"], None)]


def failures_to(queue: str) -> list[Granted]:
    key = ["kms:GenerateDataKey", "kms:Decrypt"]
    return [
        ("SendFailures", ["sqs:SendMessage"], [f"{QUEUES[queue]}/{queue}/queue.arn"], None),
        ("UseQueueKey", key, ["security/messages-key/key.arn"], "sqs.us-east-1.amazonaws.com"),
    ]


def versions_of(secret: str) -> list[Granted]:
    return [
        ("ListVersions", ["secretsmanager:ListSecretVersionIds"], [f"security/{secret}/secret.arn"], None)
    ]


GRANTS: dict[str, dict[str, list[Granted]]] = {
    "stream-consumer": {
        "write-log": own_log("application"),
        "table-stream-read": [
            (
                "ReadStream",
                [f"dynamodb:{name}" for name in READ_STREAM],
                ["database/table.stream_arn"],
                None,
            ),
            ("ListStreams", ["dynamodb:ListStreams"], ["database/table.arn/stream/*"], None),
            (
                "UseTableKey",
                ["kms:Decrypt", "kms:DescribeKey"],
                ["security/table-key/key.arn"],
                "dynamodb.us-east-1.amazonaws.com",
            ),
        ],
        "stream-failures-send": failures_to("stream-failures"),
    },
    "mail-events": {
        "write-log": own_log("application"),
        "mail-event-failures-send": failures_to("mail-event-failures"),
    },
    "secret-age": {
        "write-log": own_log("application"),
        "list-versions-openai-api-key": versions_of("openai-api-key"),
        "list-versions-anthropic-api-key": versions_of("anthropic-api-key"),
    },
    "error-log": {
        "write-log": own_log("error-log"),
        "error-log-write": [
            (
                "WriteLog",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                ["log-groups/errors.arn", "log-groups/errors.arn:log-stream:*"],
                None,
            )
        ],
    },
}


@every_environment
@pytest.mark.parametrize("function", CONSUMERS)
def test_trap_46_each_role_may_do_exactly_this(environment: str, function: str) -> None:
    assert grants(stack(environment), function) == GRANTS[function]


@every_environment
def test_trap_46_each_invocation_is_for_one_resource(environment: str) -> None:
    synthesized = stack(environment)
    allowed = {
        (
            permission["function_name"].split(".")[1].split("_")[1],
            permission["principal"],
            named(synthesized, permission["source_arn"]),
        )
        for path, permission in synthesized.all("aws_lambda_permission").items()
        if path.startswith("consumers/")
    }
    assert allowed == {
        ("mail", "sns.amazonaws.com", "email/events/bounces.arn"),
        ("mail", "sns.amazonaws.com", "email/events/complaints.arn"),
        ("secret-age", "events.amazonaws.com", "consumers/secret-age/rule.arn"),
        ("error-log", "logs.amazonaws.com", "log-groups/application.arn:*"),
    }


@every_environment
def test_trap_44_failures_go_where_each_kind_of_invocation_takes_them(environment: str) -> None:
    """dead_letter_config would serve neither: a stream's batch is not an asynchronous event."""
    synthesized = stack(environment)
    functions = synthesized.all("aws_lambda_function")
    assert [path for path, function in functions.items() if "dead_letter_config" in function] == []
    mapping = synthesized.all("aws_lambda_event_source_mapping")["consumers/stream/mapping"]
    assert named(synthesized, mapping["destination_config"]["on_failure"]["destination_arn"]) == (
        "consumers/stream/stream-failures/queue.arn"
    )
    config = synthesized.all("aws_lambda_function_event_invoke_config")["consumers/mail/invocations"]
    assert named(synthesized, config["destination_config"]["on_failure"]["destination"]) == (
        "consumers/mail/mail-event-failures/queue.arn"
    )
    assert named(synthesized, config["function_name"]) == "consumers/mail/mail-events/function.function_name"
    assert config["maximum_retry_attempts"] == 2


@every_environment
def test_trap_09_the_stream_is_read_and_a_poison_record_cannot_block_it(environment: str) -> None:
    synthesized = stack(environment)
    mapping = synthesized.all("aws_lambda_event_source_mapping")["consumers/stream/mapping"]
    assert named(synthesized, mapping["event_source_arn"]) == "database/table.stream_arn"
    assert named(synthesized, mapping["function_name"]) == "consumers/stream/stream-consumer/function.arn"
    wanted = {
        "starting_position": "TRIM_HORIZON",
        "batch_size": 100,
        "bisect_batch_on_function_error": True,
        "maximum_retry_attempts": 3,
        "maximum_record_age_in_seconds": 21_600,
        "parallelization_factor": 1,
        "function_response_types": ["ReportBatchItemFailures"],
    }
    assert {name: mapping[name] for name in wanted} == wanted
    (pattern,) = mapping["filter_criteria"]["filter"]
    assert json.loads(pattern["pattern"])["dynamodb"]["Keys"] == {
        "PK": {"S": [{"prefix": keys.SESSION}]},
        "SK": {"S": [keys.META, keys.SUBMISSION]},
    }


def _dependencies(synthesized: Synthesized, resource: dict[str, Any]) -> set[str]:
    return {
        named(synthesized, f"${{{dependency}.id}}").removesuffix(".id")
        for dependency in resource.get("depends_on", [])
    }


@every_environment
def test_what_invokes_waits_for_the_permissions_that_it_is_tried_with(environment: str) -> None:
    synthesized = stack(environment)
    resources = synthesized.resources()

    def waits_for(path: str) -> set[str]:
        return _dependencies(synthesized, resources[path])

    for path, function in (
        ("consumers/stream/mapping", "stream-consumer"),
        ("consumers/mail/invocations", "mail-events"),
    ):
        role = f"{CONSUMERS[function]}/{function}/role"
        assert waits_for(path) == {f"{role}/{policy}" for policy in GRANTS[function]}
    mail = "consumers/mail/mail-events"
    assert waits_for("consumers/mail/bounces-subscription") == {f"{mail}/bounces"}
    assert waits_for("consumers/mail/complaints-subscription") == {f"{mail}/complaints"}
    assert waits_for("consumers/secret-age/target") == {"consumers/secret-age/secret-age/schedule"}
    assert waits_for("consumers/error-log/subscription") == {"consumers/error-log/error-log/application-log"}


@every_environment
def test_trap_33_the_function_hears_of_everything_that_went_wrong(environment: str) -> None:
    synthesized = stack(environment)
    subscribed = {
        named(synthesized, subscription["topic_arn"]): (
            subscription["protocol"],
            named(synthesized, subscription["endpoint"]),
        )
        for path, subscription in synthesized.all("aws_sns_topic_subscription").items()
        if path.startswith("consumers/")
    }
    function = ("lambda", "consumers/mail/mail-events/function.arn")
    assert subscribed == {
        "email/events/bounces.arn": function,
        "email/events/complaints.arn": function,
    }
    heard = {*TOPICS["bounces"], *TOPICS["complaints"]}
    assert heard >= {"BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"}


@every_environment
def test_trap_45_each_log_group_exists_before_the_function_that_writes_to_it(environment: str) -> None:
    synthesized = stack(environment)
    functions = synthesized.all("aws_lambda_function")
    for function, where in CONSUMERS.items():
        group = "error-log" if function == "error-log" else "application"
        made = functions[f"{where}/{function}/function"]
        assert named(synthesized, made["logging_config"]["log_group"]) == f"log-groups/{group}.name"
        assert made["logging_config"]["log_format"] == "JSON"
        assert _dependencies(synthesized, made) == {f"log-groups/{group}"}


@every_environment
def test_trap_54_errors_are_subscribed_to_and_the_subscribers_own_log_is_not(environment: str) -> None:
    synthesized = stack(environment)
    subscription = synthesized.only("aws_cloudwatch_log_subscription_filter")
    assert named(synthesized, subscription["log_group_name"]) == "log-groups/application.name"
    assert named(synthesized, subscription["destination_arn"]) == "consumers/error-log/error-log/function.arn"
    groups = synthesized.all("aws_cloudwatch_log_group")
    days = {
        path: group["retention_in_days"] for path, group in groups.items() if path.startswith("log-groups/")
    }
    assert days == {"log-groups/application": 30, "log-groups/errors": 90, "log-groups/error-log": 30}
    assert groups["log-groups/error-log"]["name"] == f"/spec-wizard/{environment}/error-log"
    assert "messages-key" in groups["log-groups/error-log"]["kms_key_id"]


@every_environment
@pytest.mark.parametrize("queue", QUEUES)
def test_failures_are_kept_encrypted_for_two_weeks_and_only_over_tls(environment: str, queue: str) -> None:
    synthesized = stack(environment)
    made = synthesized.all("aws_sqs_queue")[f"{QUEUES[queue]}/{queue}/queue"]
    name = f"spec-wizard-{environment}-{queue}"
    assert made["name"] == name
    assert made["message_retention_seconds"] == 14 * 86_400
    assert named(synthesized, made["kms_master_key_id"]) == "security/messages-key/key.arn"
    (deny,) = json.loads(made["policy"])["Statement"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "sqs:*")
    assert deny["Resource"] == f"arn:aws:sqs:us-east-1:123456789012:{name}"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@every_environment
def test_secrets_are_measured_once_a_day(environment: str) -> None:
    synthesized = stack(environment)
    rule = synthesized.all("aws_cloudwatch_event_rule")["consumers/secret-age/rule"]
    assert (rule["name"], rule["schedule_expression"]) == (
        f"spec-wizard-{environment}-secret-age",
        "rate(1 day)",
    )
    target = synthesized.all("aws_cloudwatch_event_target")["consumers/secret-age/target"]
    assert named(synthesized, target["arn"]) == "consumers/secret-age/secret-age/function.arn"
    assert named(synthesized, target["rule"]) == "consumers/secret-age/rule.name"


@every_environment
def test_each_function_is_told_what_it_needs_and_no_more(environment: str) -> None:
    synthesized = stack(environment)
    functions = synthesized.all("aws_lambda_function")
    told = {
        function: {
            name: named(synthesized, value)
            for name, value in functions[f"{where}/{function}/function"]["environment"]["variables"].items()
        }
        for function, where in CONSUMERS.items()
    }
    assert told == {
        "stream-consumer": {"ENVIRONMENT": environment},
        "mail-events": {"ENVIRONMENT": environment},
        "secret-age": {
            "ENVIRONMENT": environment,
            "SECRET_ARNS": "openai-api-key=security/openai-api-key/secret.arn,"
            "anthropic-api-key=security/anthropic-api-key/secret.arn",
        },
        "error-log": {"ENVIRONMENT": environment, "ERROR_LOG_GROUP": "log-groups/errors.name"},
    }
