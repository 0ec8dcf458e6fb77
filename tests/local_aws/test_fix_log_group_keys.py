"""fixes/log_group_keys.py"""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, Statement, refused, unique
from tests.local_aws.mailing import permit_key

USES = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]


def _for_logs(group: str, service: str = f"logs.{REGION}.amazonaws.com") -> Statement:
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}"
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": USES,
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arn}},
    }


def _key(cloud: Cloud, *statements: Statement) -> str:
    key = cloud.key()
    permit_key(cloud, key, *statements)
    return key


def _key_of(cloud: Cloud, name: str) -> str | None:
    (group,) = cloud.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return group.get("kmsKeyId")


def test_the_key_is_changed_and_taken_away(fixed: Cloud) -> None:
    logs, name = fixed.client("logs"), unique("/group")
    first, second = _key(fixed, _for_logs(name)), _key(fixed, _for_logs(name))
    logs.create_log_group(logGroupName=name, kmsKeyId=first)
    logs.associate_kms_key(logGroupName=name, kmsKeyId=second)
    assert _key_of(fixed, name) == second
    logs.disassociate_kms_key(logGroupName=name)
    assert _key_of(fixed, name) is None


def test_a_missing_group_is_missing(fixed: Cloud) -> None:
    call = fixed.client("logs").associate_kms_key
    assert refused(call, logGroupName="/no-such", kmsKeyId=fixed.key()) == "ResourceNotFoundException"


@pytest.mark.parametrize("other", ["nothing", "group", "service"])
def test_trap_05_a_key_that_does_not_let_the_service_is_refused(fixed: Cloud, other: str) -> None:
    logs, name = fixed.client("logs"), unique("/group")
    statements = {
        "nothing": [],
        "group": [_for_logs(f"{name}-other")],
        "service": [_for_logs(name, "logs.amazonaws.com")],  # not the regional one
    }[other]
    key = _key(fixed, *statements)
    assert refused(logs.create_log_group, logGroupName=name, kmsKeyId=key) == "AccessDeniedException"
    logs.create_log_group(logGroupName=name)
    assert refused(logs.associate_kms_key, logGroupName=name, kmsKeyId=key) == "AccessDeniedException"


def test_without_the_key_no_event_is_taken(fixed: Cloud) -> None:
    logs, name = fixed.client("logs"), unique("/group")
    key = _key(fixed, _for_logs(name))
    logs.create_log_group(logGroupName=name, kmsKeyId=key)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "x"}
    written = {"logGroupName": name, "logStreamName": "s", "logEvents": [event]}
    logs.put_log_events(**written)
    permit_key(fixed, key)
    assert refused(logs.put_log_events, **written) == "AccessDeniedException"
    permit_key(fixed, key, _for_logs(name))
    assert len(logs.get_log_events(logGroupName=name, logStreamName="s")["events"]) == 1


def test_stock_does_not_know_the_action(stock: Cloud) -> None:
    logs, name = stock.client("logs"), unique("/group")
    logs.create_log_group(logGroupName=name)
    with pytest.raises(ClientError, match="Unknown action"):
        logs.associate_kms_key(logGroupName=name, kmsKeyId=stock.key())


def test_stock_takes_any_key(stock: Cloud) -> None:
    stock.client("logs").create_log_group(logGroupName=unique("/group"), kmsKeyId=stock.key())
