"""fixes/dynamodb_point_in_time.py"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.local_aws.cloud import Cloud, item, refused, unique
from tests.local_aws.functions import eventually


def _protected(cloud: Cloud, **more: Any) -> str:
    table = cloud.table(**more)
    cloud.client("dynamodb").update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    return table


def _moment() -> datetime:
    """A time with a whole second of its own: nothing else happens in it."""
    time.sleep(1.1)
    now = datetime.now(UTC)
    time.sleep(1.1)
    return now


def _restored(cloud: Cloud, source: str, **request: Any) -> str:
    dynamodb, target = cloud.client("dynamodb"), unique("restored")
    dynamodb.restore_table_to_point_in_time(SourceTableName=source, TargetTableName=target, **request)
    return target


def _state(cloud: Cloud, table: str) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("dynamodb").describe_table(TableName=table)["Table"]
    return found


def _items(cloud: Cloud, table: str) -> dict[str, str]:
    found = cloud.client("dynamodb").scan(TableName=table)["Items"]
    return {one["SK"]["S"]: one["text"]["S"] for one in found}


def test_what_was_there_then_comes_back_and_nothing_later(fixed: Cloud) -> None:
    dynamodb, table = fixed.client("dynamodb"), _protected(fixed)

    def put(sort: str, text: str) -> None:
        dynamodb.put_item(TableName=table, Item=item(SK=sort, text=text))

    put("kept", "first")
    put("changed", "first")
    put("deleted", "first")
    then = _moment()
    put("changed", "second")
    put("later", "second")
    dynamodb.delete_item(TableName=table, Key={key: item(SK="deleted")[key] for key in ("PK", "SK")})

    target = _restored(fixed, table, RestoreDateTime=then)
    assert eventually(lambda: _state(fixed, target)["TableStatus"] == "ACTIVE", 6)
    assert _items(fixed, target) == {"kept": "first", "changed": "first", "deleted": "first"}
    assert _items(fixed, table) == {"kept": "first", "changed": "second", "later": "second"}
    index = dynamodb.query(
        TableName=target,
        IndexName="GSI1",
        KeyConditionExpression="GSI1PK = :pk",
        ExpressionAttributeValues={":pk": item()["GSI1PK"]},
    )
    assert index["Count"] == 3


def test_a_restore_takes_a_while_and_says_of_what_it_is(fixed: Cloud) -> None:
    key = fixed.key()
    table = _protected(fixed, key=key)
    target = _restored(fixed, table, UseLatestRestorableTime=True)
    first = _state(fixed, target)
    assert (first["TableStatus"], first["RestoreSummary"]["RestoreInProgress"]) == ("CREATING", True)
    assert eventually(lambda: not _state(fixed, target)["RestoreSummary"]["RestoreInProgress"], 6)
    assert _state(fixed, target)["RestoreSummary"]["SourceTableArn"] == _state(fixed, table)["TableArn"]
    assert _state(fixed, target)["SSEDescription"]["KMSMasterKeyArn"] == key


def test_what_aws_does_not_restore(fixed: Cloud) -> None:
    dynamodb = fixed.client("dynamodb")
    table = _protected(
        fixed,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "Project", "Value": "x"}],
    )
    dynamodb.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"}
    )
    target = _restored(fixed, table, UseLatestRestorableTime=True)
    assert eventually(lambda: _state(fixed, target)["TableStatus"] == "ACTIVE", 6)
    made = _state(fixed, target)
    assert not made.get("StreamSpecification")
    assert not made["DeletionProtectionEnabled"]
    assert dynamodb.list_tags_of_resource(ResourceArn=made["TableArn"])["Tags"] == []
    ttl = dynamodb.describe_time_to_live(TableName=target)["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] == "DISABLED"
    backups = dynamodb.describe_continuous_backups(TableName=target)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"


def test_the_window_begins_when_recovery_is_switched_on(fixed: Cloud) -> None:
    dynamodb, before = fixed.client("dynamodb"), datetime.now(UTC).replace(microsecond=0)
    table = _protected(fixed)
    time.sleep(1.1)
    answer = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    window = answer["PointInTimeRecoveryDescription"]
    assert before <= window["EarliestRestorableDateTime"] < window["LatestRestorableDateTime"]
    code = refused(
        dynamodb.restore_table_to_point_in_time,
        SourceTableName=table,
        TargetTableName=unique("restored"),
        RestoreDateTime=before - timedelta(seconds=5),
    )
    assert code == "InvalidRestoreTimeException"


def test_without_recovery_there_is_none(fixed: Cloud) -> None:
    code = refused(
        fixed.client("dynamodb").restore_table_to_point_in_time,
        SourceTableName=fixed.table(),
        TargetTableName=unique("restored"),
        UseLatestRestorableTime=True,
    )
    assert code == "PointInTimeRecoveryUnavailableException"


def test_stock_restores_the_latest_items_whatever_time_is_asked_for(stock: Cloud) -> None:
    table = _protected(stock)
    then = _moment()
    stock.client("dynamodb").put_item(TableName=table, Item=item(SK="later", text="second"))
    assert _items(stock, _restored(stock, table, RestoreDateTime=then)) == {"later": "second"}
