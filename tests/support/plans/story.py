"""A pull request over three environments: everything that a review can show, once."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from ops.cost.estimate import Amount, CostChange, Estimate
from ops.gates.finding import Acknowledgement, Finding, Gate
from ops.parity import compare
from ops.plans.synthesized import Synthesized
from ops.review.model import Review
from tests.support.plans.builders import Json, change, code, failure, output, plan, review

TABLE = "aws_dynamodb_table.database_table_89143D61"
ROLE = "aws_iam_role_policy.security_app-table_5D11A0C2"
FUNCTION = "aws_lambda_function.chat_worker_function_77A0D1F4"


def _policy(*actions: str) -> str:
    statement = {"Sid": "Table", "Effect": "Allow", "Action": list(actions), "Resource": f"${{{TABLE}.arn}}"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def dev_plan() -> Json:
    table = {
        "id": "spec-wizard-dev",
        "name": "spec-wizard-dev",
        "hash_key": "PK",
        "billing_mode": "PAY_PER_REQUEST",
    }
    function = {
        "id": "w",
        "memory_size": 256,
        "timeout": 60,
        "environment": [{"variables": {"LOG_LEVEL": "INFO"}}],
    }
    return plan(
        change(
            TABLE,
            "delete,create",
            table | {"arn": "arn:aws:dynamodb:us-east-1:111122223333:table/spec-wizard-dev"},
            {key: value for key, value in table.items() if key != "id"} | {"hash_key": "pk"},
            after_unknown={"id": True, "arn": True},
            replace_paths=[["hash_key"]],
            action_reason="replace_because_cannot_update",
        ),
        change(
            "aws_cloudfront_key_group.cdn_keys_0B1C2D3E",
            "create,delete",
            {"id": "k", "name": "keys", "items": ["K1"]},
            {"name": "keys-2", "items": ["K1", "K2"]},
            after_unknown={"id": True},
            replace_paths=[["name"]],
            action_reason="replace_because_cannot_update",
        ),
        change(
            ROLE,
            "update",
            {"id": "r:t", "policy": _policy("dynamodb:GetItem")},
            {"id": "r:t", "policy": _policy("dynamodb:GetItem", "dynamodb:*")},
        ),
        change(
            FUNCTION,
            "update",
            function | {"last_modified": "2026-11-01"},
            function | {"memory_size": 512, "environment": [{"variables": {"LOG_LEVEL": "DEBUG"}}]},
            after_unknown={"last_modified": True},
        ),
        change(
            "aws_sqs_queue.chat_jobs_3F00A9B1",
            "create",
            None,
            {
                "name": "spec-wizard-dev-jobs",
                "visibility_timeout_seconds": 360,
                "tags": {"Project": "spec-wizard"},
            },
            after_unknown={"id": True, "arn": True, "url": True},
        ),
        change(
            "aws_cloudwatch_metric_alarm.old_age_11AA22BB",
            "delete",
            {"id": "a", "alarm_name": "old-age"},
            action_reason="delete_because_no_resource_config",
        ),
        change(
            "aws_s3_bucket.exports_5C5C5C5C",
            "forget",
            {"id": "exports", "bucket": "exports"},
            action_reason="delete_because_no_resource_config",
        ),
        change(
            "aws_cloudwatch_log_group.logs_app_9A9A9A9A",
            "no-op",
            {"id": "l", "name": "l"},
            {"id": "l", "name": "l"},
            previous_address="aws_cloudwatch_log_group.application",
        ),
        change(
            "aws_ssm_parameter.outputs_url_1D2D3D4D",
            "no-op",
            {"id": "p", "name": "p"},
            {"id": "p", "name": "p"},
            importing={"id": "/spec-wizard/dev/url"},
        ),
        change("aws_kms_key.security_key_00FF00FF", "no-op", {"id": "k"}, {"id": "k"}),
        drift=[
            change(FUNCTION, "update", function | {"timeout": 90}, function),
            change(
                "aws_sns_topic.monitoring_alarms_42424242", "delete", {"id": "alarms", "name": "alarms"}, None
            ),
        ],
        outputs={
            "table_arn": output(
                "update", "arn:aws:dynamodb:…:table/spec-wizard-dev", None, after_unknown=True
            ),
            "signing_key": output("update", "one", "other", before_sensitive=True, after_sensitive=True),
            "jobs_queue": output("create", None, "spec-wizard-dev-jobs"),
        },
    )


def code_of(environment: str) -> Synthesized:
    bodies: dict[str, Any] = {
        TABLE.replace(".", "__", 1): {"path": "database/table", "hash_key": "pk"},
        ROLE.replace(".", "__", 1): {
            "path": "security/app/table",
            "policy": _policy("dynamodb:*"),
            "role": "r",
        },
        FUNCTION.replace(".", "__", 1): {
            "path": "chat/worker/function",
            "timeout": 60,
            "environment": {
                "variables": {
                    "TABLE": f"${{{TABLE}.name}}",
                    "JOBS": "${aws_sqs_queue.chat_jobs_3F00A9B1.url}",
                }
            },
            "role": "${aws_iam_role.chat_worker_role_AAAA0000.arn}",
        },
        "aws_iam_role__chat_worker_role_AAAA0000": {"path": "chat/worker/role"},
        "aws_sqs_queue__chat_jobs_3F00A9B1": {
            "path": "chat/jobs",
            "kms_master_key_id": "${aws_kms_key.security_key_00FF00FF.arn}",
        },
        "aws_kms_key__security_key_00FF00FF": {"path": "security/key"},
        "aws_cloudfront_key_group__cdn_keys_0B1C2D3E": {"path": "cdn/keys"},
        "aws_cloudfront_distribution__cdn_distribution_ABABABAB": {
            "path": "cdn/distribution",
            "key": "${aws_cloudfront_key_group.cdn_keys_0B1C2D3E.id}",
        },
        "aws_cloudwatch_log_group__logs_app_9A9A9A9A": {"path": "logs/app"},
        "aws_ssm_parameter__outputs_url_1D2D3D4D": {"path": "outputs/url"},
        "aws_sns_topic__monitoring_alarms_42424242": {"path": "monitoring/alarms"},
    }
    return code(environment, **bodies)


FINDINGS = (
    Finding(
        Gate.DATA_LOSS,
        TABLE,
        "dev/database/table",
        "The table would be replaced: everything in it is lost.",
        ("hash_key forces it.",),
    ),
    Finding(
        Gate.BROADENING,
        ROLE,
        "dev/security/app/table",
        "The policy would allow every action on the table.",
        ('Statement "Table": Action gains dynamodb:*',),
        Acknowledgement("needed until the migration is over, see #42", "@maintainer", date(2026, 12, 31)),
    ),
)
COST = CostChange(
    Estimate({"DynamoDB": Amount(1.0, 4.0), "Lambda": Amount(0.2, 0.8)}),
    Estimate(
        {"DynamoDB": Amount(1.0, 4.0), "Lambda": Amount(0.4, 1.6), "SQS": Amount(0.0, 0.1)}, ("aws_x.y",)
    ),
)


def _stack(environment: str, memory_size: int, **more: Json) -> Json:
    """Of one function in this environment, and what it has besides."""
    function = {"//": {"metadata": {"path": f"{environment}/chat/worker"}}, "memory_size": memory_size}
    return {"resource": {"aws_lambda_function": {"chat_worker": function}, **more}}


QUEUE = {"chat_jobs": {"//": {"metadata": {"path": "dev/chat/jobs"}}}}
PARITY = compare.differences(
    {
        "dev": _stack("dev", 512, aws_sqs_queue=QUEUE),
        "staging": _stack("staging", 256),
        "prod": _stack("prod", 256),
    },
    {"dev": {}, "staging": {}, "prod": {}},
)


def reviews() -> list[Review]:
    """dev with everything, staging with one tag, prod failed."""
    tagged = {"id": "t", "tags": {"Owner": "a"}, "tags_all": {"Owner": "a"}}
    staging = plan(
        change(TABLE, "update", tagged, {"id": "t", "tags": {"Owner": "b"}, "tags_all": {"Owner": "b"}})
    )
    return [
        review(dev_plan(), "dev", code_of("dev"), findings=FINDINGS, cost=COST, parity=PARITY),
        review(staging, "staging", code_of("staging")),
        review(None, "prod", failure=failure()),
    ]
