"""What a migration decides, without AWS and without Terraform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
import typer
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from rich.console import Console

from ops import account, aws, stacks
from ops.commands import migrate
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.migration import cdk, fitness, imports, kinds, retain, verdict
from ops.migration.cdk import Resource
from ops.migration.rows import Fate, rows
from ops.terraform import Change, Terraform

SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:spec-wizard/dev/openai-api-key-aB3dE9"
PLANNED: dict[str, Any] = {
    "name": "sessions",
    "hash_key": "PK",
    "range_key": "SK",
    "attribute": [{"name": name, "type": "S"} for name in ("PK", "SK", "GSI1PK", "GSI1SK")],
    "ttl": [{"attribute_name": "expiresAt", "enabled": True}],
    "global_secondary_index": [
        {"name": "GSI1", "hash_key": "GSI1PK", "range_key": "GSI1SK", "projection_type": "ALL"}
    ],
}
TABLE: dict[str, Any] = {
    "TableName": "sessions",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
    "KeySchema": [
        {"AttributeName": "PK", "KeyType": "HASH"},
        {"AttributeName": "SK", "KeyType": "RANGE"},
    ],
}
EXPIRES = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}


@pytest.mark.parametrize(
    ("stack", "environment", "belongs"),
    [
        ("SpecWizard-DatabaseStack-dev", "dev", True),
        ("spec-wizard-dev-api-gateway", "dev", True),
        ("dev_Monitoring", "dev", True),
        ("SpecWizard-DatabaseStack-dev", "prod", False),
        ("SpecWizard-DatabaseStack-development", "dev", False),
        ("CDKToolkit", "dev", False),
        ("dev-website", "dev", False),
    ],
)
def test_a_stack_belongs_by_environment_and_concern(stack: str, environment: str, belongs: bool) -> None:
    assert cdk.belongs(stack, environment) is belongs


def test_what_carries_the_tag_of_a_stack_is_known_by_its_arn() -> None:
    arns = [
        "arn:aws:dynamodb:eu-west-1:123456789012:table/sessions",
        "arn:aws:s3:::exports",
        "arn:aws:kms:eu-west-1:123456789012:key/1234-abcd",
        SECRET_ARN,
        "arn:aws:logs:eu-west-1:123456789012:log-group:/spec-wizard/dev/application:*",
        "arn:aws:sns:eu-west-1:123456789012:topic",
    ]
    tags = [{"Key": cdk.STACK_TAG, "Value": "old"}, {"Key": cdk.LOGICAL_ID_TAG, "Value": "It"}]
    tagging = Mock()
    tagging.get_paginator.return_value.paginate.return_value = [
        {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags} for arn in arns]}
    ]
    assert [(found.kind, found.name) for found in cdk.tagged(tagging)] == [
        (kinds.BUCKET, "exports"),
        (kinds.SECRET, "spec-wizard/dev/openai-api-key"),
        (kinds.LOG_GROUP, "/spec-wizard/dev/application"),
    ]


def test_the_stack_of_the_table_counts_whatever_it_is_called() -> None:
    """Beside the ones whose names tell, and those that the caller names."""
    cloudformation = Mock()
    there = ["wizard-data", "SpecWizard-EmailStack-dev", "SpecWizard-EmailStack-prod", "known", "other"]
    cloudformation.get_paginator.return_value.paginate.return_value = [
        {"Stacks": [{"StackName": name} for name in there]}
    ]
    refusal = ClientError({"Error": {"Code": "ValidationError"}}, "DescribeStackResources")
    owners = {"sessions": {"StackResources": [{"StackName": "wizard-data"}]}}

    def describe(PhysicalResourceId: str) -> dict[str, Any]:
        if PhysicalResourceId not in owners:
            raise refusal
        return owners[PhysicalResourceId]

    cloudformation.describe_stack_resources.side_effect = describe
    found = cdk.stacks(cloudformation, "dev", ["sessions", "exports"], ["known", "gone"])
    assert found == ["wizard-data", "SpecWizard-EmailStack-dev", "known"]


def test_a_table_of_the_same_key_fits() -> None:
    assert fitness.differences(TABLE, EXPIRES, PLANNED) == []
    assert fitness.differences(TABLE, {"TimeToLiveStatus": "DISABLED"}, PLANNED) == []


@pytest.mark.parametrize(
    ("table", "ttl", "told"),
    [
        (
            TABLE
            | {"AttributeDefinitions": [{"AttributeName": n, "AttributeType": "N"} for n in ("PK", "SK")]},
            EXPIRES,
            "PK (N) + SK (N); PK (S) + SK (S) is needed",
        ),
        (TABLE | {"KeySchema": TABLE["KeySchema"][:1]}, EXPIRES, "key PK (S); PK (S) + SK (S)"),
        (TABLE | {"LocalSecondaryIndexes": [{"IndexName": "byDate"}]}, EXPIRES, "local index byDate"),
        (TABLE, EXPIRES | {"AttributeName": "ttl"}, "Enabled=false,AttributeName=ttl"),
    ],
)
def test_what_a_table_cannot_become_is_told(table: dict[str, Any], ttl: dict[str, Any], told: str) -> None:
    (message,) = fitness.differences(table, ttl, PLANNED)
    assert told in message


def test_the_second_table_is_the_planned_one_under_another_name() -> None:
    """What CreateTable is asked for; botocore holds the request against the service's model."""
    (message,) = fitness.differences(TABLE | {"KeySchema": TABLE["KeySchema"][:1]}, EXPIRES, PLANNED)
    request = json.loads(message.partition("--cli-input-json '")[2].partition("'\n")[0])
    client = boto3.client("dynamodb", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    with Stubber(client) as stubbed:
        stubbed.add_response("create_table", {}, request)
        client.create_table(**request)
    assert request["TableName"] == "sessions-r2"
    assert fitness.differences(request, EXPIRES, PLANNED) == []
    (index,) = request["GlobalSecondaryIndexes"]
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["GSI1PK", "GSI1SK"]


def change(type_: str, *actions: str, **facts: Any) -> dict[str, Any]:
    before, after = facts.pop("before", {}), facts.pop("after", {})
    return {
        "address": f"{type_}.it",
        "type": type_,
        "mode": "managed",
        "change": {"actions": list(actions), "before": before, "after": after, **facts},
    }


@pytest.mark.parametrize("type_", sorted(kinds.HOLDERS))
@pytest.mark.parametrize("actions", [("delete",), ("delete", "create"), ("create", "delete")])
def test_each_holder_of_data_is_guarded(type_: str, actions: tuple[str, ...]) -> None:
    plan = {"resource_changes": [change(type_, *actions, replace_paths=[["name"], ["attribute", 0]])]}
    (found,) = verdict.endangered(plan)
    assert found.replaced is ("create" in actions)
    assert "because of name, attribute.0" in str(found)


def test_what_holds_nothing_may_go_and_what_is_updated_stays() -> None:
    changes = [change("aws_iam_role", "delete"), change("aws_dynamodb_table", "update")]
    assert verdict.endangered({"resource_changes": changes}) == []


def test_protection_that_ends_is_told() -> None:
    before = {
        "name": "sessions",
        "point_in_time_recovery": [{"enabled": True}],
        "deletion_protection_enabled": True,
        "stream_enabled": True,
        "stream_view_type": "KEYS_ONLY",
    }
    after = before | {
        "point_in_time_recovery": [{"enabled": False}],
        "deletion_protection_enabled": False,
        "stream_view_type": "NEW_AND_OLD_IMAGES",
    }
    changes = [change("aws_dynamodb_table", "update", before=before, after=after)]
    told = verdict.weakened({"resource_changes": changes})
    words = ("point-in-time recovery", "deletion protection", "stream would be another")
    assert [word in line for word, line in zip(words, told, strict=True)] == [True] * 3
    changes = [change("aws_dynamodb_table", "update", before=after, after=before)]
    assert len(verdict.weakened({"resource_changes": changes})) == 1  # of a stream, either way


def test_tags_of_old_stacks_are_any_but_those_of_another_terraform() -> None:
    ours = imports.OfTheOldStacks(Project="spec-wizard", Environment="dev", ManagedBy="terraform")
    old = {"aws:cloudformation:stack-name": "old"}
    for tags in ({}, old, {"ManagedBy": "CDK"}, dict(ours), dict(ours) | old):
        assert tags == ours
    for tags in ({"ManagedBy": "terraform"}, dict(ours) | {"Environment": "prod"}):
        assert tags != ours


DOCUMENT = {
    "resource": {
        "aws_dynamodb_table": {"t": {"name": "sessions"}},
        "aws_s3_bucket": {
            "l": {"bucket": "spec-wizard-logs-dev-1"},
            "e": {"bucket": "spec-wizard-exports-dev-1"},
        },
        "aws_kms_alias": {
            "a": {"name": "alias/spec-wizard-dev-table", "target_key_id": "${aws_kms_key.table-key.key_id}"},
            "b": {
                "name": "alias/spec-wizard-dev-objects",
                "target_key_id": "${aws_kms_key.objects-key.key_id}",
            },
        },
    }
}


@pytest.mark.parametrize(
    ("table", "bucket", "found"),
    [
        ("key-1", "key-2", {"aws_kms_key.table-key": "key-1", "aws_kms_key.objects-key": "key-2"}),
        ("key-1", "key-1", {"aws_kms_key.objects-key": "key-1"}),
        ("aws/dynamodb", "key-2", {"aws_kms_key.objects-key": "key-2"}),
        ("", "", {}),
    ],
)
def test_keys_are_found_by_what_they_encrypt(
    monkeypatch: pytest.MonkeyPatch, table: str, bucket: str, found: dict[str, str]
) -> None:
    """A key of both becomes the objects'; AWS's own is nobody's to import."""
    dynamodb, s3, kms = Mock(), Mock(), Mock()
    sse = {"SSEDescription": {"KMSMasterKeyArn": table}} if table else {}
    dynamodb.describe_table.return_value = {"Table": sse}
    s3.list_buckets.return_value = {"Buckets": [{"Name": "spec-wizard-exports-dev-1"}]}
    default = {"ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": bucket} if bucket else {}}
    s3.get_bucket_encryption.return_value = {"ServerSideEncryptionConfiguration": {"Rules": [default]}}
    kms.describe_key.side_effect = lambda KeyId: {
        "KeyMetadata": {"KeyId": KeyId, "KeyManager": "AWS" if KeyId.startswith("aws/") else "CUSTOMER"}
    }
    clients = {"dynamodb": dynamodb, "s3": s3, "kms": kms}
    monkeypatch.setattr(aws, "session", lambda region: None)
    monkeypatch.setattr(aws, "client", lambda service, region, **_: clients[service])
    assert imports.keys_in_use(DOCUMENT, "dev", "eu-west-1") == found


def test_every_old_resource_has_one_row_and_its_fate() -> None:
    old = [
        Resource(kinds.TABLE, "sessions", "db", "Table"),
        Resource(kinds.SECRET, "spec-wizard/dev/openai-api-key", "sec", "Secret"),
        Resource(kinds.KEY, "key-9", "sec", "Other"),
        Resource(kinds.LOG_GROUP, "/done", "mon", "Logs"),
        Resource("AWS::CloudWatch::Dashboard", "spec-wizard-dev", "mon", "Board"),
        Resource("AWS::CloudWatch::Alarm", "old-alarm", "mon", "Alarm"),
        Resource("Custom::S3AutoDeleteObjects", "x", "sto", "Empties"),
    ]
    found = {
        "aws_dynamodb_table.t": "sessions",
        "aws_secretsmanager_secret.s": SECRET_ARN,
        "aws_s3_bucket.b": "exports",
    }
    changes = [
        Change(
            "aws_cloudwatch_dashboard.d",
            "aws_cloudwatch_dashboard",
            ("create",),
            {"dashboard_name": "spec-wizard-dev"},
            False,
        )
    ]
    table = rows([*old, old[0]], found, changes, {("aws_cloudwatch_log_group", "/done")})
    fates = {row.name: row.fate for row in table}
    assert fates == {
        "sessions": Fate.IMPORT,
        "exports": Fate.IMPORT,
        "spec-wizard/dev/openai-api-key": Fate.IMPORT,
        "key-9": Fate.LEAVE,
        "/done": Fate.IMPORTED,
        "spec-wizard-dev": Fate.TAKE_OVER,
        "old-alarm": Fate.ANEW,
        "x": Fate.LEAVE,
    }
    assert len(table) == len(fates)
    assert retain.staying(table) == {
        "db": ["Table"],
        "mon": ["Board", "Logs"],
        "sec": ["Other", "Secret"],
        "sto": ["Empties"],
    }


TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Table": {"Type": kinds.TABLE, "DeletionPolicy": "Delete", "Metadata": {"aws:cdk:path": "it"}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm"},
    }
}


def test_retaining_changes_what_stays_and_nothing_else() -> None:
    assert retain.missing(TEMPLATE, ["Table", "Elsewhere"]) == ["Table"]
    changed = retain.retaining(TEMPLATE, ["Table"])
    table = changed["Resources"]["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Metadata"] == {"aws:cdk:path": "it", "spec-wizard:retained": True}
    assert changed["Resources"]["Alarm"] == TEMPLATE["Resources"]["Alarm"]
    assert TEMPLATE["Resources"]["Table"]["DeletionPolicy"] == "Delete"
    assert retain.missing(changed, ["Table"]) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [("Resources:\n  It: {}\n", "is not JSON"), ({"Resources": {"It": {"x": "y" * 60_000}}}, "51,200 bytes")],
)
def test_a_template_that_cannot_be_updated_is_told(body: Any, told: str) -> None:
    cloudformation = Mock()
    cloudformation.get_template.return_value = {"TemplateBody": body}
    with pytest.raises(OpsError, match=told) as refused:
        retain.retain(cloudformation, "old", ["It"])
    assert "RemovalPolicy.RETAIN" in refused.value.hint
    cloudformation.update_stack.assert_not_called()


def test_where_from_must_be_said() -> None:
    with pytest.raises(typer.BadParameter, match="--from-cdk"):
        migrate.migrate("dev")
    with pytest.raises(typer.BadParameter, match="--json only looks"):
        migrate.migrate("dev", from_cdk=True, json_=True, apply=True)


@pytest.mark.parametrize("wish", [{"retain": True}, {"apply": True}], ids=["retain", "apply"])
@pytest.mark.parametrize("name", ["prod", "account"])
def test_a_yes_is_not_enough_for_prod_and_the_account(
    name: str, wish: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.aws.verify_caller", lambda *_: pytest.fail("it began"))
    with pytest.raises(OpsError, match="its name has to be given") as refused:
        migrate.migrate(name, from_cdk=True, yes=True, **wish)  # type: ignore[arg-type]
    assert refused.value.code is ExitCode.PROTECTED
    (option,) = wish
    assert f"ops migrate {name} --from-cdk --{option} --confirm {name}" in refused.value.hint
    with pytest.raises(OpsError, match="--confirm dev is not the name") as refused:
        migrate.migrate(name, from_cdk=True, confirm="dev", **wish)  # type: ignore[arg-type]
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("name", "answers", "done"),
    [
        ("prod", {"confirm": "prod"}, True),
        ("prod", {"typed": "prod"}, True),
        ("prod", {"typed": "y"}, False),
        ("account", {"typed": "yes"}, False),
        ("account", {"confirm": "account"}, True),
        ("dev", {"yes": True}, True),
        ("dev", {"typed": "y"}, True),
        ("dev", {"typed": "n"}, False),
    ],
)
@pytest.mark.parametrize("step", ["retain", "apply"])
def test_what_is_changed_is_asked_for_first(
    name: str, answers: dict[str, Any], done: bool, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the name where it is wanted, given or typed."""
    changed: list[str] = []
    typed = answers.get("typed")
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: typed)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: typed == "y")
    monkeypatch.setattr(aws, "client", lambda *_, **__: Mock())
    monkeypatch.setattr(account, "require", lambda *_: None)
    monkeypatch.setattr(stacks, "account_of", lambda _: None)
    monkeypatch.setattr(retain, "retain", lambda *_: changed.append("retain"))
    monkeypatch.setattr(Terraform, "apply", lambda *_: changed.append("apply"))
    monkeypatch.setattr(Terraform, "__init__", lambda *_: None)
    target: Any = Mock(aws_region="eu-west-1")
    target.name = name
    found: Any = Mock(outstanding={"old": ["It"]}, plan=Mock(empty=False, operations=1))
    answered = {"yes": answers.get("yes", False), "confirm": answers.get("confirm", "")}
    console = Console(quiet=True)

    def run() -> None:
        if step == "retain":
            migrate._retain(found, target, console, **answered)
        else:
            migrate._apply(found, target, Path(), console, **answered)

    if done:
        run()
    else:
        with pytest.raises(OpsError) as refused:
            run()
        assert refused.value.code is ExitCode.USAGE
    assert changed == ([step] if done else [])


def test_what_an_apply_of_ours_made_before_it_was_cut_off_is_imported_without_a_row() -> None:
    assert rows([], {"aws_cloudfront_distribution.d": "E1"}, [], set()) == []


def test_a_topic_of_the_same_name_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    arn, sns = "arn:aws:sns:eu-west-1:1:spec-wizard-dev-alarms", Mock()
    sns.get_paginator.return_value.paginate.return_value = [
        {"Topics": [{"TopicArn": "x:y"}, {"TopicArn": arn}]}
    ]
    monkeypatch.setattr(aws, "client", lambda service, region, **_: sns)
    changes = [
        Change("aws_sns_topic.a", "aws_sns_topic", ("create",), {"name": "spec-wizard-dev-alarms"}, False),
        Change("aws_sns_topic.b", "aws_sns_topic", ("create",), {"name": "spec-wizard-dev-bounces"}, False),
        Change("aws_sns_topic.c", "aws_sns_topic", ("update",), {"name": "y"}, False),
    ]
    assert imports._topics(changes, "eu-west-1") == {"aws_sns_topic.a": arn}
