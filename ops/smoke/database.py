"""Promises of the database."""

from __future__ import annotations

import time
import uuid

from ops.smoke import Broken, Promise
from ops.smoke.deployment import Deployment
from ops.smoke.refusals import refused

DAY_S = 86_400


def found_again_through_the_index(deployment: Deployment) -> str:
    """Writes a session that expires in 30 days and finds it by its magic link, as the application does."""
    table = deployment.outputs["dynamodb_table_name"]
    client = deployment.application("dynamodb")
    session = f"SESSION#smoke-{uuid.uuid4()}"
    link = f"MAGIC#smoke-{uuid.uuid4()}"
    key = {"PK": {"S": session}, "SK": {"S": "META"}}
    expires = str(int(time.time()) + 30 * DAY_S)
    client.put_item(
        TableName=table,
        Item={**key, "GSI1PK": {"S": link}, "GSI1SK": {"S": session}, "expiresAt": {"N": expires}},
    )
    try:
        deadline = time.monotonic() + 10  # a global secondary index follows its table after a moment
        while True:
            items = client.query(
                TableName=table,
                IndexName="GSI1",
                KeyConditionExpression="GSI1PK = :link",
                FilterExpression="expiresAt > :now",
                ExpressionAttributeValues={":link": {"S": link}, ":now": {"N": str(int(time.time()))}},
            )["Items"]
            if [item["PK"]["S"] for item in items] == [session]:
                return "one session written, found by its magic link"
            if time.monotonic() > deadline:
                raise Broken(f"the query by magic link found {len(items)} items, expected 1")
            time.sleep(0.2)
    finally:
        client.delete_item(TableName=table, Key=key)


def scan_is_refused(deployment: Deployment) -> str:
    """The application's role has no permission that its access patterns do not need."""
    table = deployment.outputs["dynamodb_table_name"]
    client = deployment.application("dynamodb")
    return refused("Scan of the whole table", lambda: client.scan(TableName=table, Limit=1))


PROMISES = (
    Promise("database", "An item written is found again through GSI1", found_again_through_the_index),
    Promise("security", "A call without permission is refused", scan_is_refused),
)
