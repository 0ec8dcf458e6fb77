"""fixes/log_group_keys.py"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloud import Cloud, refused, unique


def _key_of(cloud: Cloud, name: str) -> str | None:
    (group,) = cloud.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return group.get("kmsKeyId")


def test_the_key_is_changed_and_taken_away(fixed: Cloud) -> None:
    logs, name = fixed.client("logs"), unique("/group")
    first, second = fixed.key(), fixed.key()
    logs.create_log_group(logGroupName=name, kmsKeyId=first)
    logs.associate_kms_key(logGroupName=name, kmsKeyId=second)
    assert _key_of(fixed, name) == second
    logs.disassociate_kms_key(logGroupName=name)
    assert _key_of(fixed, name) is None


def test_a_missing_group_is_missing(fixed: Cloud) -> None:
    call = fixed.client("logs").associate_kms_key
    assert refused(call, logGroupName="/no-such", kmsKeyId=fixed.key()) == "ResourceNotFoundException"


def test_stock_does_not_know_the_action(stock: Cloud) -> None:
    logs, name = stock.client("logs"), unique("/group")
    logs.create_log_group(logGroupName=name)
    with pytest.raises(ClientError, match="Unknown action"):
        logs.associate_kms_key(logGroupName=name, kmsKeyId=stock.key())
