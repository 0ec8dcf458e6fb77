"""Alarms on the audit trail: which records of CloudTrail set them off."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.local_aws.log_patterns import matches
from tests.support.synthesized import account_stack

ACCOUNT = "123456789012"
USER = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/eve", "userName": "eve"}
ROOT = {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root"}


def _role(name: str) -> dict[str, Any]:
    return {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/session"}


def _record(source: str, name: str, identity: dict[str, Any] = USER, **more: Any) -> dict[str, Any]:
    """A record of CloudTrail with the fields that every one has."""
    return {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": "2026-11-24T12:36:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.7",
        "eventType": "AwsApiCall",
        "requestParameters": None,
        **more,
    }


def _secret(id_: str, identity: dict[str, Any]) -> dict[str, Any]:
    return _record("secretsmanager", "GetSecretValue", identity, requestParameters={"secretId": id_})


SECRET_ARN = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:spec-wizard/prod/openai-api-key-AbCdEf"
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/spec-wizard-account-boundary-prod"

MATCH = [
    ("root-use", _record("ec2", "DescribeInstances", ROOT)),
    ("root-use", _record("signin", "ConsoleLogin", ROOT, eventType="AwsConsoleSignIn")),
    ("access-denied", _record("dynamodb", "GetItem", errorCode="AccessDenied")),
    ("access-denied", _record("kms", "Decrypt", errorCode="AccessDeniedException")),
    ("access-denied", _record("ec2", "RunInstances", errorCode="Client.UnauthorizedOperation")),
    ("key-endangered", _record("kms", "DisableKey")),
    ("key-endangered", _record("kms", "ScheduleKeyDeletion")),
    ("bucket-opened", _record("s3", "PutBucketPolicy")),
    ("bucket-opened", _record("s3", "DeleteBucketPolicy")),
    ("bucket-opened", _record("s3", "DeleteBucketPublicAccessBlock")),
    ("bucket-opened", _record("s3", "PutAccountPublicAccessBlock")),
    ("trail-changed", _record("cloudtrail", "StopLogging")),
    ("trail-changed", _record("cloudtrail", "DeleteTrail")),
    ("trail-changed", _record("cloudtrail", "UpdateTrail")),
    ("secret-read", _secret("spec-wizard/dev/openai-api-key", USER)),
    ("secret-read", _secret(SECRET_ARN, USER)),
    ("secret-read", _secret(SECRET_ARN, _role("Administrator"))),
    ("secret-read", _secret(SECRET_ARN, _role("spec-wizard-account-deploy-prod"))),
    (
        "pipeline-changed",
        _record("iam", "PutRolePolicy", requestParameters={"roleName": "spec-wizard-account-deploy-prod"}),
    ),
    ("pipeline-changed", _record("iam", "CreatePolicyVersion", requestParameters={"policyArn": POLICY_ARN})),
]

NO_MATCH = [
    ("root-use", _record("ec2", "DescribeInstances")),
    ("root-use", _record("kms", "RotateKey", ROOT, eventType="AwsServiceEvent")),
    ("root-use", _record("s3", "GetObject", ROOT | {"invokedBy": "backup.amazonaws.com"})),
    ("access-denied", _record("dynamodb", "GetItem")),
    ("access-denied", _record("dynamodb", "GetItem", errorCode="ResourceNotFoundException")),
    ("key-endangered", _record("kms", "CancelKeyDeletion")),
    ("key-endangered", _record("other", "DisableKey")),
    ("bucket-opened", _record("s3", "GetBucketPolicy")),
    ("bucket-opened", _record("s3", "PutObject")),
    ("trail-changed", _record("cloudtrail", "GetTrailStatus")),
    ("secret-read", _secret(SECRET_ARN, _role("spec-wizard-prod-function-chat-worker"))),
    ("secret-read", _secret(SECRET_ARN, _role("spec-wizard-dev-application"))),
    ("secret-read", _secret("another/secret", USER)),
    ("secret-read", _record("secretsmanager", "DescribeSecret", requestParameters={"secretId": SECRET_ARN})),
    (
        "pipeline-changed",
        _record("iam", "PutRolePolicy", requestParameters={"roleName": "spec-wizard-prod-application"}),
    ),
]


def _filters() -> dict[str, dict[str, Any]]:
    """Event -> filter."""
    return {
        path.removeprefix("security-alarms/").removesuffix("-filter"): one
        for path, one in account_stack().all("aws_cloudwatch_log_metric_filter").items()
    }


def _hit(record: dict[str, Any]) -> set[str]:
    return {id_ for id_, one in _filters().items() if matches(one["pattern"], json.dumps(record))}


@pytest.mark.parametrize(("event", "record"), MATCH)
def test_trap_53_a_record_that_somebody_must_look_at_is_counted(event: str, record: dict[str, Any]) -> None:
    assert _hit(record) == {event}


@pytest.mark.parametrize(("event", "record"), NO_MATCH)
def test_trap_53_a_record_of_every_day_is_not(event: str, record: dict[str, Any]) -> None:
    assert event in _filters()
    assert _hit(record) == set()


def test_every_event_is_shown_to_match_and_not_to() -> None:
    assert {event for event, _ in MATCH} == {event for event, _ in NO_MATCH} == _filters().keys()


def test_trap_53_each_filter_of_the_trails_log_group_has_its_alarm() -> None:
    alarms = account_stack().all("aws_cloudwatch_metric_alarm")
    for event, one in _filters().items():
        assert one["log_group_name"].startswith("${aws_cloudwatch_log_group.audit-trail_")
        assert len(one["pattern"]) <= 1024
        alarm = alarms[f"security-alarms/{event}"]
        counted = one["metric_transformation"]
        assert (alarm["namespace"], alarm["metric_name"]) == (counted["namespace"], counted["name"])
        assert "dimensions" not in counted
        assert not alarm.get("dimensions")
        assert alarm["threshold"] == (10 if event == "access-denied" else 0)
        assert (alarm["statistic"], alarm["period"], alarm["treat_missing_data"]) == (
            "Sum",
            300,
            "notBreaching",
        )
    assert len(alarms) == len(_filters())


def test_trap_53_every_alert_address_is_told_both_ways() -> None:
    synthesized = account_stack()
    topic = "${aws_sns_topic.security-alarms_topic"
    for alarm in synthesized.all("aws_cloudwatch_metric_alarm").values():
        assert alarm["alarm_actions"] == alarm["ok_actions"]
        assert alarm["alarm_actions"][0].startswith(topic)
        assert alarm["alarm_name"].startswith("spec-wizard-account-")
    subscribed = synthesized.all("aws_sns_topic_subscription").values()
    assert [(one["protocol"], one["endpoint"]) for one in subscribed] == [("email", "alerts@example.com")]


def test_trap_06_the_security_topics_key_lets_alarms_publish() -> None:
    synthesized = account_stack()
    assert "security-alarms_key" in synthesized.only("aws_sns_topic")["kms_master_key_id"]
    statements = {s["Sid"]: s for s in synthesized.policies()["security-alarms/key/policy policy"]}
    assert statements["CloudWatchAlarms"]["Condition"]["ArnEquals"] == {
        "kms:EncryptionContext:aws:sns:topicArn": (
            f"arn:aws:sns:us-east-1:{ACCOUNT}:spec-wizard-account-security-alarms"
        )
    }
    assert {s["Sid"] for s in synthesized.policies()["security-alarms/topic/policy policy"]} == {
        "CloudWatchAlarms",
        "DenyPlainHttp",
    }
