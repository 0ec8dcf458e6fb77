"""What keeps a table from being taken over as it is. Asked before the plan, whose words for it are fewer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ops.adoption.answers import missing
from ops.terraform import Change


def of_table(changes: Iterable[Change], region: str) -> list[str]:
    """Why the table of a plan cannot be the one of that name that is there; empty where it can."""
    from ops import aws

    for change in changes:
        if change.type == "aws_dynamodb_table" and change.actions == ("create",):
            name: str = change.after["name"]
            with aws.aws_errors(f"looking at the table {name}"):
                dynamodb = aws.client("dynamodb", region)
                answer = missing(
                    lambda: dynamodb.describe_table(TableName=name),  # noqa: B023
                    "ResourceNotFoundException",
                )
                if not answer:
                    return []
                ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
            return differences(answer["Table"], ttl, change.after)
    return []


def differences(table: dict[str, Any], ttl: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Each with its remedy. table, ttl: as DynamoDB describes them; after: as planned."""
    name, found = table["TableName"], []
    there, planned = schema(table), _planned(after)
    if there != planned:
        found.append(
            f"{name} has the key {_text(there)}; {_text(planned)} is needed, and that is for ever. "
            f"{_beside(after)}"
        )
    if indexes := [index["IndexName"] for index in table.get("LocalSecondaryIndexes", [])]:
        found.append(
            f"{name} has the local index {', '.join(indexes)}, which goes only with its table. "
            f"{_beside(after)}"
        )
    (wanted,) = [block["attribute_name"] for block in after["ttl"]]
    if ttl.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") and ttl["AttributeName"] != wanted:
        old = ttl["AttributeName"]
        found.append(
            f"{name} expires items by {old}, not by {wanted}, and DynamoDB does not change one for the other "
            f"at once. Have the application write {wanted}, switch {old} off and try again an hour later:"
            f"  aws dynamodb update-time-to-live --table-name {name} "
            f"--time-to-live-specification Enabled=false,AttributeName={old}"
        )
    return found


def _beside(after: dict[str, Any]) -> str:
    """How to go on with a second table. Terraform imports a generation and never makes it (ADR 15)."""
    return (
        "Make a new table beside it, which stays as it is:\n"
        f"  aws dynamodb create-table --cli-input-json '{json.dumps(_empty(after))}'\n"
        "Then set DYNAMODB_TABLE_GENERATION=2, which takes the new one over with all that belongs to it, and "
        "copy the items with the keys that the application uses (docs/data-model.md)."
    )


def _empty(after: dict[str, Any]) -> dict[str, Any]:
    """What CreateTable has to be told of the planned table's second generation; an import adds the rest."""
    indexes = after.get("global_secondary_index") or []
    return {
        "TableName": f"{after['name']}-r2",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": one["name"], "AttributeType": one["type"]} for one in after["attribute"]
        ],
        "KeySchema": _key_schema(after),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index["name"],
                "KeySchema": _key_schema(index),
                "Projection": {"ProjectionType": index["projection_type"]},
            }
            for index in indexes
        ],
    }


def _key_schema(keys: dict[str, Any]) -> list[dict[str, str]]:
    parts = {"HASH": keys["hash_key"], "RANGE": keys.get("range_key")}
    return [{"AttributeName": name, "KeyType": part} for part, name in parts.items() if name]


def schema(table: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """HASH and RANGE -> name and type of the attribute."""
    types = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
    return {key["KeyType"]: (key["AttributeName"], types[key["AttributeName"]]) for key in table["KeySchema"]}


def _planned(after: dict[str, Any]) -> dict[str, tuple[str, str]]:
    types = {attribute["name"]: attribute["type"] for attribute in after["attribute"]}
    keys = {"HASH": after["hash_key"], "RANGE": after.get("range_key")}
    return {part: (name, types[name]) for part, name in keys.items() if name}


def _text(keys: dict[str, tuple[str, str]]) -> str:
    return " + ".join(f"{name} ({type_})" for name, type_ in keys.values())
