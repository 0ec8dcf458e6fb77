"""Only what carries this environment's tags is adopted. The answers are those of AWS, without AWS."""

from __future__ import annotations

import errno
import io
import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from ops import adoption, aws
from ops.adoption import foundation
from ops.commands import up
from ops.deployment import steps
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.terraform import Change, Plan

OURS = {"Project": "spec-wizard", "Environment": "dev", "ManagedBy": "terraform"}
ARN = "arn:aws:x:us-east-1:123456789012:y"
PLANNED = {
    "aws_iam_role": {"name": "app"},
    "aws_iam_policy": {"name": "boundary"},
    "aws_kms_key": {"description": "Table of dev"},
    "aws_kms_alias": {"name": "alias/table"},
    "aws_secretsmanager_secret": {"name": "openai"},
    "aws_dynamodb_table": {"name": "table"},
    "aws_s3_bucket": {"bucket": "exports"},
    "aws_cloudwatch_log_group": {"name": "/app"},
}
IDS = {
    "aws_iam_role": "app",
    "aws_iam_policy": ARN,
    "aws_kms_key": "key-2",
    "aws_kms_alias": "alias/table",
    "aws_secretsmanager_secret": ARN,
    "aws_dynamodb_table": "table",
    "aws_s3_bucket": "exports",
    "aws_cloudwatch_log_group": "/app",
}
OTHERS = {
    "another environment": OURS | {"Environment": "prod"},
    "another project": OURS | {"Project": "x"},
    "made by hand": {"Project": "spec-wizard", "Environment": "dev"},
    "no tags": {},
}


def tag_list(tags: dict[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in tags.items()]


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Operation")


class Account:
    """An AWS account in which each thing of the plan exists, with these tags."""

    def __init__(self, tags: dict[str, str]) -> None:
        self.clients = {name: Mock() for name in ("iam", "secretsmanager", "dynamodb", "s3", "logs")}
        self.iam, self.secrets, self.dynamodb, self.s3, self.logs = self.clients.values()
        self.kms = self.clients["kms"] = Mock()
        self.iam.get_role.return_value = {"Role": {"Tags": tag_list(tags)}}
        self.iam.get_paginator.return_value.paginate.return_value = [
            {"Policies": [{"PolicyName": "other", "Arn": "other"}]},
            {"Policies": [{"PolicyName": "boundary", "Arn": ARN}]},
        ]
        self.iam.list_policy_tags.return_value = {"Tags": tag_list(tags)}
        self.secrets.describe_secret.return_value = {"ARN": ARN, "Tags": tag_list(tags)}
        self.dynamodb.describe_table.return_value = {"Table": {"TableArn": ARN}}
        self.dynamodb.list_tags_of_resource.return_value = {"Tags": tag_list(tags)}
        self.s3.list_buckets.return_value = {"Buckets": [{"Name": "exports"}]}
        self.s3.get_bucket_tagging.return_value = {"TagSet": tag_list(tags)}
        self.logs.describe_log_groups.return_value = {
            "logGroups": [
                {"logGroupName": "/app-2", "arn": "other"},
                {"logGroupName": "/app", "arn": f"{ARN}:*"},
            ]
        }
        self.logs.list_tags_for_resource.return_value = {"tags": tags}
        self.keys = {"key-1": self.key("Objects of dev", tags), "key-2": self.key("Table of dev", tags)}
        self.kms.get_paginator.return_value.paginate.return_value = [
            {"Keys": [{"KeyId": "key-1"}]},
            {"Keys": [{"KeyId": "key-2"}]},
        ]
        self.kms.describe_key.side_effect = lambda KeyId: {
            "KeyMetadata": {"KeyId": KeyId} | self.keys.get(KeyId, self.keys["key-2"])["facts"]
        }
        self.kms.list_resource_tags.side_effect = lambda KeyId: {
            "Tags": tag_list(self.keys.get(KeyId, self.keys["key-2"])["tags"], "TagKey", "TagValue")
        }

    @staticmethod
    def key(description: str, tags: dict[str, str], **facts: str) -> dict[str, Any]:
        return {
            "facts": {"Description": description, "KeyManager": "CUSTOMER", "KeyState": "Enabled"} | facts,
            "tags": tags,
        }


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Any:
    """found(account, type, actions): the import id that a plan of one such change leads to."""

    def find(account: Account, type_: str, actions: tuple[str, ...] = ("create",)) -> str | None:
        monkeypatch.setattr(aws, "session", lambda region: None)
        monkeypatch.setattr(aws, "client", lambda service, region, **_: account.clients[service])
        changes = [Change(f"{type_}.x", type_, actions, PLANNED.get(type_, {}), False)]
        return adoption.find(changes, "dev", "us-east-1").get(f"{type_}.x")

    return find


def test_every_kind_that_is_looked_for_is_tested() -> None:
    assert PLANNED.keys() == IDS.keys() == foundation.FINDERS.keys()


@pytest.mark.parametrize("type_", PLANNED)
def test_ours_is_found(found: Any, type_: str) -> None:
    assert found(Account(OURS), type_) == IDS[type_]


@pytest.mark.parametrize("whose", OTHERS)
@pytest.mark.parametrize("type_", PLANNED)
def test_the_same_name_with_other_tags_is_left_alone(found: Any, type_: str, whose: str) -> None:
    assert found(Account(OTHERS[whose]), type_) is None


@pytest.mark.parametrize("actions", [("update",), ("delete",), ("delete", "create"), ("no-op",)])
@pytest.mark.parametrize("type_", PLANNED)
def test_only_what_would_be_created_is_looked_for(found: Any, type_: str, actions: tuple[str, ...]) -> None:
    account = Account(OURS)
    assert found(account, type_, actions) is None
    assert [client for client in account.clients.values() if client.mock_calls] == []


def test_settings_without_a_name_of_their_own_are_not_looked_for(found: Any) -> None:
    assert found(Account(OURS), "aws_s3_bucket_versioning") is None


def test_what_is_not_there_is_not_found(found: Any) -> None:
    account = Account(OURS)
    account.iam.get_role.side_effect = refusal("NoSuchEntity")
    account.secrets.describe_secret.side_effect = refusal("ResourceNotFoundException")
    account.dynamodb.describe_table.side_effect = refusal("ResourceNotFoundException")
    account.s3.list_buckets.return_value = {"Buckets": [{"Name": "other"}]}
    account.logs.describe_log_groups.return_value = {"logGroups": [{"logGroupName": "/app-2", "arn": "o"}]}
    account.kms.get_paginator.return_value.paginate.return_value = [{"Keys": []}]
    account.kms.describe_key.side_effect = refusal("NotFoundException")
    account.iam.get_paginator.return_value.paginate.return_value = [{"Policies": []}]
    assert [type_ for type_ in PLANNED if found(account, type_) is not None] == []


def test_a_bucket_of_ours_that_has_no_tags_yet_is_adopted(found: Any) -> None:
    """Terraform tags it in a second request, which a killed apply may not have sent."""
    account = Account(OURS)
    account.s3.get_bucket_tagging.side_effect = refusal("NoSuchTagSet")
    assert found(account, "aws_s3_bucket") == "exports"


@pytest.mark.parametrize(
    ("description", "facts"),
    [
        ("Table of dev", {"KeyState": "Disabled"}),
        ("Table of dev", {"KeyState": "PendingDeletion"}),
        ("Table of dev", {"KeyManager": "AWS"}),
        ("Something else", {}),
    ],
)
def test_a_key_counts_by_description_tags_and_state(
    found: Any, description: str, facts: dict[str, str]
) -> None:
    account = Account(OURS)
    account.keys["key-2"] = Account.key(description, OURS, **facts)
    assert found(account, "aws_kms_key") is None


def test_a_key_that_hides_from_us_does_not_end_the_search(found: Any) -> None:
    account = Account(OURS)
    seen = account.kms.describe_key.side_effect

    def describe(KeyId: str) -> Any:
        if KeyId == "key-1":
            raise refusal("AccessDeniedException")
        return seen(KeyId)

    account.kms.describe_key.side_effect = describe
    assert found(account, "aws_kms_key") == "key-2"


def test_a_log_group_whose_name_is_not_known_yet_is_not_looked_for(
    found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of an API has the API's id in its name."""
    monkeypatch.setitem(PLANNED, "aws_cloudwatch_log_group", {"retention_in_days": 30})
    account = Account(OURS)
    assert found(account, "aws_cloudwatch_log_group") is None
    assert account.logs.mock_calls == []


def test_a_refusal_is_told_and_not_taken_for_absence(found: Any) -> None:
    account = Account(OURS)
    account.iam.get_role.side_effect = refusal("AccessDenied")
    with pytest.raises(OpsError, match=r"aws_iam_role\.x") as caught:
        found(account, "aws_iam_role")
    assert caught.value.code is ExitCode.AUTHENTICATION


def test_what_lies_in_something_adopted_is_adopted_by_the_next_plan(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An API's id is known to the plan that imports the API; only then can its routes be looked for."""
    there: list[dict[str, str]] = [{"api.x": "a1"}, {"route.x": "a1/r1"}, {}]
    asked: list[tuple[Change, ...]] = []
    imported: list[list[str]] = []

    def find(changes: tuple[Change, ...], *_: str) -> dict[str, str]:
        asked.append(changes)
        return there[len(asked) - 1]

    def plan() -> Plan:
        file = tmp_path / adoption.FILE
        blocks = json.loads(file.read_text())["import"] if file.exists() else []
        imported.append([block["to"] for block in blocks])
        return Plan(tmp_path / "plan", (), ())

    monkeypatch.setattr(adoption, "find", find)
    terraform = Mock(directory=tmp_path, plan=plan)
    up._deploy(terraform, "dev", "us-east-1", Console(file=io.StringIO()))
    assert imported == [[], ["api.x"], ["api.x", "route.x"]]
    assert not (tmp_path / adoption.FILE).exists()


def test_what_the_state_has_under_another_id_is_told_instead_of_made_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Deleted by hand and made again by an apply that was killed: Terraform ignores the import block."""
    changes = (
        Change("aws_secretsmanager_secret.s", "aws_secretsmanager_secret", ("create",), {}, False),
        Change("aws_sns_topic.t", "aws_sns_topic", ("create",), {}, False),
        Change("aws_iam_role.r", "aws_iam_role", ("update",), {}, True),
    )
    there = {"aws_secretsmanager_secret.s": ARN, "aws_iam_role.r": "r"}
    monkeypatch.setattr(adoption, "find", lambda *_: there)
    terraform = Mock(directory=tmp_path, plan=lambda: Plan(tmp_path / "plan", changes, ()))
    with pytest.raises(OpsError, match=f"gone from AWS.*\n  - aws_secretsmanager_secret.s: {ARN}$") as caught:
        steps.plan(terraform, "dev", "us-east-1", Console(file=io.StringIO()))
    assert caught.value.code is ExitCode.STATE
    assert caught.value.hint.endswith(
        "terraform -chdir=cdktf.out/stacks/dev state rm 'aws_secretsmanager_secret.s'"
    )
    assert not (tmp_path / adoption.FILE).exists()


def test_import_blocks_come_and_go(tmp_path: Path) -> None:
    adoption.write(tmp_path, {"b.x": "2", "a.x": "1"})
    assert json.loads((tmp_path / "adopted.tf.json").read_text()) == {
        "import": [{"to": "a.x", "id": "1"}, {"to": "b.x", "id": "2"}]
    }
    adoption.remove(tmp_path)
    adoption.remove(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_half_an_import_file_is_never_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terraform and cdktf would fail over it until somebody finds and deletes it."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OpsError) as caught:
        adoption.write(tmp_path, {"a.x": "1"})
    assert caught.value.code is ExitCode.OUTPUT
    assert list(tmp_path.iterdir()) == []
