"""The walk: retries, other runs at the same time, refusals of tables and keys."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import boto3
import pytest
from botocore.exceptions import ClientError

from environments import naming
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state import reconcile
from ops.remote_state.key import StateKey
from ops.remote_state.lock_table import LockTable
from ops.remote_state.model import Setting

ARN = "arn:aws:kms:eu-west-1:123456789012:key/1"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def failure(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Operation")


class Switch:
    """A setting that fails a few times before it holds."""

    def __init__(self, *failures: str, by_another: bool = False) -> None:
        self.value = False
        self.failures = list(failures)
        self.by_another = by_another
        self.setting = Setting("switch", lambda: self.value, lambda current: True, self.apply)

    def apply(self, wanted: bool) -> None:
        if self.failures:
            self.value = self.by_another
            raise failure(self.failures.pop(0))
        self.value = wanted


@pytest.mark.parametrize("code", sorted(reconcile.SETTLING))
def test_not_yet_is_tried_again(code: str) -> None:
    switch = Switch(code, code)
    reconcile._settle(switch.setting)
    assert switch.value


def test_done_by_another_run_is_done() -> None:
    switch = Switch("ValidationException", by_another=True)
    reconcile._settle(switch.setting)
    assert switch.value


def test_a_refusal_is_a_refusal() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        reconcile._settle(Switch("AccessDenied").setting)


def test_not_yet_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "SETTLE_SECONDS", -1)
    with pytest.raises(ClientError, match="OperationAborted"):
        reconcile._settle(Switch("OperationAborted").setting)


def table(**described: Any) -> LockTable:
    dynamodb = MagicMock()
    dynamodb.describe_table.return_value = {"Table": {"TableStatus": "ACTIVE", **described}}
    return LockTable(dynamodb, key_arn=lambda: ARN)


RIGHT_KEY: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "LockID", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "LockID", "AttributeType": "S"}],
}
WRONG_KEYS: dict[str, dict[str, Any]] = {
    "name": {
        "KeySchema": [{"AttributeName": "lockid", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "lockid", "AttributeType": "S"}],
    },
    "type": {**RIGHT_KEY, "AttributeDefinitions": [{"AttributeName": "LockID", "AttributeType": "B"}]},
    "range key": {
        "KeySchema": [*RIGHT_KEY["KeySchema"], {"AttributeName": "At", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            *RIGHT_KEY["AttributeDefinitions"],
            {"AttributeName": "At", "AttributeType": "N"},
        ],
    },
}


def test_a_table_with_the_right_key_serves() -> None:
    assert table(**RIGHT_KEY).exists()


@pytest.mark.parametrize("wrong", WRONG_KEYS.values(), ids=WRONG_KEYS)
def test_a_table_with_another_key_is_refused_with_both(wrong: dict[str, Any]) -> None:
    with pytest.raises(OpsError, match=r"Terraform needs LockID \(S, HASH\) alone") as refused:
        table(**wrong).exists()
    assert refused.value.code is ExitCode.STATE
    assert "delete-table" in refused.value.hint


def test_a_table_that_is_being_deleted_is_refused() -> None:
    with pytest.raises(OpsError, match="being deleted") as refused:
        table(**{**RIGHT_KEY, "TableStatus": "DELETING"}).exists()
    assert refused.value.code is ExitCode.STATE


def test_a_table_created_by_another_run_is_waited_for() -> None:
    lock_table = table(**RIGHT_KEY)
    dynamodb: Any = lock_table.dynamodb
    dynamodb.create_table.side_effect = failure("ResourceInUseException")
    creating = {"Table": {"TableStatus": "CREATING", **RIGHT_KEY}}
    active = {"Table": {"TableStatus": "ACTIVE", **RIGHT_KEY}}
    dynamodb.describe_table.side_effect = [creating, creating, active]
    assert lock_table.create() is False


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"KeyState": "PendingDeletion"}, "cancel-key-deletion"),
        ({"KeyState": "Disabled"}, "enable-key"),
        ({"KeyState": "Enabled", "KeySpec": "RSA_2048"}, "delete-alias"),
    ],
    ids=["pending deletion", "disabled", "asymmetric"],
)
def test_a_key_that_cannot_encrypt_is_refused_with_the_way_out(metadata: dict[str, str], words: str) -> None:
    kms = MagicMock()
    kms.describe_key.return_value = {"KeyMetadata": {"Arn": ARN, **metadata}}
    with pytest.raises(OpsError) as refused:
        StateKey(kms, "123456789012", "eu-west-1").exists()
    assert refused.value.code is ExitCode.STATE
    assert words in refused.value.hint


def test_the_slower_of_two_runs_gives_its_own_key_back() -> None:
    kms = MagicMock()
    kms.get_paginator.return_value.paginate.return_value = []
    kms.create_key.return_value = {"KeyMetadata": {"Arn": f"{ARN}-slower"}}
    kms.create_alias.side_effect = failure("AlreadyExistsException")
    kms.describe_key.return_value = {"KeyMetadata": {"Arn": ARN, "KeyState": "Enabled"}}
    key = StateKey(kms, "123456789012", "eu-west-1")
    assert key.create() is False
    assert key.arn() == ARN
    kms.schedule_key_deletion.assert_called_once_with(KeyId=f"{ARN}-slower", PendingWindowInDays=7)


def test_every_call_on_a_bucket_names_its_owner() -> None:
    """A bucket of ours that is deleted and squatted while we work must not get anything either."""
    s3 = boto3.client("s3", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="y")
    seen: list[tuple[str, str | None]] = []

    def record(params: dict[str, Any], model: Any, **rest: Any) -> None:
        seen.append((model.name, params.get("headers", {}).get("x-amz-expected-bucket-owner")))
        raise failure("NoSuchTagSet")  # "absent": every setting then wants to be written

    s3.meta.events.register("before-call.s3", record)
    key = MagicMock(spec=StateKey, arn=lambda: ARN)
    for bucket in reconcile.resources("123456789012", "eu-west-1", MagicMock(s3=s3, kms=key))[1:3]:
        for setting in bucket.settings():
            wanted = setting.desired(setting.inspect())
            with pytest.raises(ClientError):
                setting.apply(wanted)
    operations = {name for name, _ in seen}
    assert len(operations) == 16
    assert {owner for _, owner in seen} == {"123456789012"}


def test_names_are_within_the_limits_of_s3() -> None:
    assert len(naming.state_log_bucket("1" * 12, "ap-southeast-1")) <= 63
