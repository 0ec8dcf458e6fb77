"""fixes/dynamodb_time_to_live.py"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.local_aws.cloud import Cloud, item
from tests.local_aws.functions import deploy, eventually
from tests.local_aws.sources import map_source, stream_rights, streaming_table


def _table(cloud: Cloud) -> tuple[str, str]:
    name, stream = streaming_table(cloud)
    cloud.client("dynamodb").update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"}
    )
    return name, stream


def _put(cloud: Cloud, table: str, sort: str, expires: dict[str, str]) -> None:
    cloud.client("dynamodb").put_item(TableName=table, Item={**item(SK=sort), "expiresAt": expires})


def test_what_is_over_is_removed_by_the_service(fixed: Cloud) -> None:
    table, stream = _table(fixed)
    function = deploy(fixed, statements=stream_rights(stream))
    map_source(function, stream, StartingPosition="TRIM_HORIZON")
    _put(fixed, table, "over", {"N": str(int(time.time()) - 1)})
    _put(fixed, table, "deleted", {"N": str(int(time.time()) + 1000)})
    key = {"PK": item()["PK"], "SK": {"S": "deleted"}}
    fixed.client("dynamodb").delete_item(TableName=table, Key=key)

    def removals() -> dict[str, Any]:
        records = [record for event in function.seen() for record in event["Records"]]
        removed = [record for record in records if record["eventName"] == "REMOVE"]
        return {record["dynamodb"]["Keys"]["SK"]["S"]: record for record in removed}

    assert eventually(lambda: len(removals()) == 2, 5)
    removed = removals()
    assert removed["over"]["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert removed["over"]["dynamodb"]["OldImage"]["GSI1PK"] == item()["GSI1PK"]
    assert "userIdentity" not in removed["deleted"]
    assert fixed.client("dynamodb").scan(TableName=table)["Items"] == []


@pytest.mark.parametrize("kind", ["S", "N"])
def test_strings_and_the_future_stay(fixed: Cloud, kind: str) -> None:
    table, _ = _table(fixed)
    _put(fixed, table, "kept", {kind: "1" if kind == "S" else str(int(time.time()) + 1000)})
    _put(fixed, table, "over", {"N": "1"})
    client = fixed.client("dynamodb")
    assert eventually(lambda: len(client.scan(TableName=table)["Items"]) == 1, 5)
    assert client.scan(TableName=table)["Items"][0]["SK"] == {"S": "kept"}


def test_stock_keeps_it_for_a_minute(stock: Cloud) -> None:
    table, _ = _table(stock)
    _put(stock, table, "over", {"N": "1"})
    client = stock.client("dynamodb")
    # Its thread may just be at its turn, once a minute.
    assert not eventually(lambda: not client.scan(TableName=table)["Items"], 2.5)
