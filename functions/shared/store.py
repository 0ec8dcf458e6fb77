"""How the single table is read and written: live items only, and a condition that is not met is a result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase
from botocore.exceptions import ClientError

from functions.shared import clients
from functions.shared.items import Item

Key = dict[str, str]
Write = Callable[..., dict[str, Any]]


class Store:
    """resource: boto3's DynamoDB resource; without it that of the execution environment.

    clock: seconds since 1970. An item is live while its `expiresAt` is in the future: DynamoDB deletes what
    has expired with a delay of days (trap 8). What fails in AWS itself (throttling, a missing permission) is
    botocore's ClientError as it came.
    """

    def __init__(self, name: str, resource: Any = None, clock: Callable[[], float] = time.time) -> None:
        self._table = (resource or clients.dynamodb()).Table(name)
        self._clock = clock

    def _now(self) -> int:
        return int(self._clock())

    def _live(self) -> ConditionBase:
        return Attr("expiresAt").gt(self._now())

    def _get(self, key: Key) -> Item | None:
        """The live item; sees every write that came before."""
        item: Item | None = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return item if item and item["expiresAt"] > self._now() else None

    def _query(self, **arguments: Any) -> Iterator[Item]:
        """The live items of all pages; a page is fetched when its first item is asked for."""
        return self._all(**arguments, FilterExpression=self._live())

    def _all(self, **arguments: Any) -> Iterator[Item]:
        """The same, with those that have expired and are not deleted yet."""
        while True:
            page = self._table.query(**arguments)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _add(self, item: Item) -> bool:
        """False: there is one of this key, perhaps an expired one that is not deleted yet."""
        return met(self._table.put_item, Item=item, ConditionExpression=Attr("PK").not_exists()) is not None

    def _set(self, key: Key, **attributes: str | bool) -> bool:
        """Change attributes of a live item. False: there is none."""
        updated = met(
            self._table.update_item,
            Key=key,
            UpdateExpression="SET " + ", ".join(f"#set_{name} = :set_{name}" for name in attributes),
            ConditionExpression=self._live(),
            ExpressionAttributeNames={f"#set_{name}": name for name in attributes},
            ExpressionAttributeValues={f":set_{name}": value for name, value in attributes.items()},
        )
        return updated is not None

    def _count(self, key: Key, attribute: str) -> int:
        """Add one to a live item's number and return it; 0: there is no such item."""
        updated = met(
            self._table.update_item,
            Key=key,
            UpdateExpression="ADD #number :one",
            ConditionExpression=self._live(),
            ExpressionAttributeNames={"#number": attribute},
            ExpressionAttributeValues={":one": 1},
            ReturnValues="UPDATED_NEW",
        )
        return int(updated["Attributes"][attribute]) if updated else 0


def met(write: Write, **arguments: Any) -> dict[str, Any] | None:
    """What DynamoDB answers to the write; None: its condition was not met."""
    try:
        return write(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return None
        raise
