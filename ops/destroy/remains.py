"""What is left of an environment when Terraform is done: removed where that is certain, told where not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from environments import naming
from ops import inventory
from ops.destroy.holdings import Client
from ops.inventory import Item, NotAsked, data
from ops.inventory.monitoring import API_LOGS

REMOVABLE = ("log group", "parameter", "alarm")
"""What a service makes again by itself, or what is about nothing any more.

A log group comes back when a function or an API writes its last line after the group was deleted. Anything
else was left by an apply that was cut off, and may hold data: it is not for a program to judge.
"""


@dataclass(frozen=True)
class Remains:
    """removable: what can go without a question. left: what somebody must look at. not_asked: kinds that may
    not be listed. leaving: what AWS removes by itself, and when.
    """

    removable: tuple[Item, ...] = ()
    left: tuple[Item, ...] = ()
    not_asked: tuple[NotAsked, ...] = ()
    leaving: tuple[tuple[str, datetime], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "removed": [str(item) for item in self.removable],
            "left": [str(item) for item in self.left],
            "not_asked": [{"kind": one.kind, "reason": one.reason} for one in self.not_asked],
            "leaving": [{"name": name, "at": at.isoformat()} for name, at in self.leaving],
        }


def look(environment: str, regions: Sequence[str], apis: Iterable[str], client: Client) -> Remains:
    """Ask every service in these regions what it holds of the environment.

    apis: ids of the environment's APIs while they were there: the logs of API Gateway are named by them.
    Raises OpsError.
    """
    from ops.aws import aws_errors

    api_logs = {f"{API_LOGS}{api}/{environment}" for api in apis}
    found: list[Item | NotAsked] = []
    leaving: list[tuple[str, datetime]] = []
    with aws_errors(f"looking what is left of {environment}"):
        for number, region in enumerate(regions):
            found += inventory.everything(_in(region, client), region, first=number == 0)
            leaving += _leaving(environment, region, client)
    items = [
        one
        for one in found
        if isinstance(one, Item) and (inventory.belongs(one, environment) or one.name in api_logs)
    ]
    groups = {item.name for item in items if item.kind == "log group"}
    topics = {item.name for item in items if item.kind == "topic"}
    return Remains(
        tuple(item for item in items if item.kind in REMOVABLE),
        tuple(item for item in items if item.kind not in REMOVABLE and not _goes_with(item, groups, topics)),
        tuple(one for one in found if isinstance(one, NotAsked)),
        tuple(leaving),
    )


def _in(region: str, client: Client) -> inventory.Clients:
    return lambda service: client(service, region)


def remove(items: Iterable[Item], client: Client) -> None:
    """Remove what is removable. One that has gone meanwhile is no failure. Raises OpsError."""
    from botocore.exceptions import ClientError

    from ops.aws import aws_errors

    for item in items:
        with aws_errors(f"removing {item}"):
            try:
                _remove(item, client)
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "ParameterNotFound"):
                    raise


def _remove(item: Item, client: Client) -> None:
    if item.kind == "log group":
        client("logs", item.region).delete_log_group(logGroupName=item.id)
    elif item.kind == "parameter":
        client("ssm", item.region).delete_parameter(Name=item.id)
    elif item.kind == "alarm":
        client("cloudwatch", item.region).delete_alarms(AlarmNames=[item.id])


def _goes_with(item: Item, groups: set[str], topics: set[str]) -> bool:
    """A filter goes with its log group; a subscription with its topic, hours later (SNS developer guide)."""
    if item.kind == "subscription":
        return item.name.partition(" -> ")[0] not in topics
    return item.kind == "filter" and item.name.rpartition(" ")[0] in groups


def _leaving(environment: str, region: str, client: Client) -> list[tuple[str, datetime]]:
    """What can still be brought back: keys, secrets, and what DynamoDB keeps of a table that had PITR."""
    found = []
    for metadata in data.keys(client("kms", region)):
        item = Item("key", metadata.get("Description", ""))
        if metadata["KeyState"] == "PendingDeletion" and inventory.belongs(item, environment):
            found.append((f"key {metadata['KeyId']}, {item.name}", metadata["DeletionDate"]))
    for name, summary in data.backups(client("dynamodb", region)):
        if summary["BackupType"] == "SYSTEM" and inventory.belongs(Item("backup", name), environment):
            found.append((f"backup {name}", summary["BackupExpiryDateTime"]))
    secrets = client("secretsmanager", region)
    prefix = naming.secret(environment, "")
    pages = secrets.get_paginator("list_secrets").paginate(IncludePlannedDeletion=True)
    for secret in (entry for page in pages for entry in page["SecretList"]):
        if secret["Name"].startswith(prefix) and secret.get("DeletedDate"):
            # The list says when it was deleted, its description when it is gone for good.
            described = secrets.describe_secret(SecretId=secret["ARN"])
            found.append((f"secret {secret['Name']}", described["DeletedDate"]))
    return found
