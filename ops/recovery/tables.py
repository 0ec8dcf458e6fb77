"""The generations of an environment's table as DynamoDB has them, and restores between them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from environments import naming
from ops.aws import aws_errors
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.recovery.times import Window, shown

POLL_S = 2.0
SLOW_POLL_S = 10.0
"""Once a restore has taken a minute: a large table takes hours, and AWS says no more than "under way"."""


@dataclass(frozen=True)
class Table:
    """One generation. items: DynamoDB's own estimate, up to six hours old; source and restored_to: of what
    and to which time it was restored, None of the first; ours: whether Terraform has tagged it, which it does
    once it takes it over; created: of a restored table, when DynamoDB was told to restore it."""

    generation: int
    name: str
    arn: str
    status: str
    restoring: bool
    items: int
    size_bytes: int
    protected: bool
    key_arn: str | None
    source: str | None
    restored_to: datetime | None
    ours: bool
    created: datetime

    @property
    def ready(self) -> bool:
        """Whether it can be used."""
        return self.status == "ACTIVE" and not self.restoring


def generation_of(name: str, environment: str) -> int | None:
    """The number behind a table's name; None for a table that is not of the environment."""
    first = naming.table(environment)
    if name == first:
        return 1
    found = re.fullmatch(rf"{re.escape(first)}-r([1-9][0-9]*)", name)
    return int(found[1]) if found else None


def of_environment(dynamodb: Any, environment: str) -> list[Table]:
    """All generations that exist, oldest first."""
    with aws_errors(f"listing the tables of {environment}"):
        names = [
            name
            for page in dynamodb.get_paginator("list_tables").paginate(
                ExclusiveStartTableName=naming.table(environment)[:-1]
            )
            for name in page["TableNames"]
            if generation_of(name, environment)
        ]
    found = [read(dynamodb, name, environment) for name in names]
    return sorted((table for table in found if table), key=lambda table: table.generation)


def read(dynamodb: Any, name: str, environment: str) -> Table | None:
    """One table, or None if it does not exist."""
    with aws_errors(f"reading the table {name}"):
        try:
            found = dynamodb.describe_table(TableName=name)["Table"]
        except dynamodb.exceptions.ResourceNotFoundException:
            return None
        # Of a table that is still being made DynamoDB has no tags to list.
        arn = found["TableArn"] if found["TableStatus"] == "ACTIVE" else None
        listed = dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] if arn else []
        tags = {tag["Key"]: tag["Value"] for tag in listed}
    summary = found.get("RestoreSummary", {})
    return Table(
        generation=generation_of(name, environment) or 0,
        name=name,
        arn=found["TableArn"],
        status=found["TableStatus"],
        restoring=summary.get("RestoreInProgress", False),
        items=found.get("ItemCount", 0),
        size_bytes=found.get("TableSizeBytes", 0),
        protected=found.get("DeletionProtectionEnabled", False),
        key_arn=found.get("SSEDescription", {}).get("KMSMasterKeyArn"),
        source=summary.get("SourceTableArn", "").rpartition("/")[2] or None,
        restored_to=summary["RestoreDateTime"].astimezone(UTC) if summary else None,
        ours=tags.get("Project") == naming.PROJECT and tags.get("Environment") == environment,
        created=found["CreationDateTime"].astimezone(UTC),
    )


def window(dynamodb: Any, table: str) -> Window | None:
    """The times that it can be restored to; None where point-in-time recovery is off."""
    with aws_errors(f"reading the recovery window of {table}"):
        answer = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    found = answer.get("PointInTimeRecoveryDescription", {})
    if found.get("PointInTimeRecoveryStatus") != "ENABLED" or "LatestRestorableDateTime" not in found:
        return None
    return Window(
        found["EarliestRestorableDateTime"].astimezone(UTC), found["LatestRestorableDateTime"].astimezone(UTC)
    )


def start(dynamodb: Any, source: Table, target: str, at: datetime) -> None:
    """Begin to restore `source` as it was at `at` into a new table with its keys, indexes and encryption.

    What DynamoDB does not restore (TTL, stream, recovery, tags, deletion protection, auto scaling) Terraform
    sets when it takes the table over.
    """
    encryption = (
        {
            "SSESpecificationOverride": {
                "Enabled": True,
                "SSEType": "KMS",
                "KMSMasterKeyId": source.key_arn,
            }
        }
        if source.key_arn
        else {}
    )
    with aws_errors(f"restoring {source.name} to {shown(at)} as {target}"):
        dynamodb.restore_table_to_point_in_time(
            SourceTableArn=source.arn, TargetTableName=target, RestoreDateTime=at, **encryption
        )


def wait(
    dynamodb: Any, name: str, environment: str, on_progress: Callable[[str, float], None] = lambda *_: None
) -> Table:
    """Wait until the restored table can be used. on_progress: its status, and the seconds waited so far.

    Raises OpsError (INCOMPLETE) where DynamoDB gave the restore up. To be interrupted at any time: DynamoDB
    goes on by itself, and waiting again is all there is to do.
    """
    for waited in _patience():
        table = read(dynamodb, name, environment)
        if table is None:
            raise OpsError(
                f"The table {name} is gone: DynamoDB gave the restore up, or somebody deleted it.",
                hint="Nothing else was changed. Run the command again.",
                code=ExitCode.INCOMPLETE,
            )
        if table.ready:
            return table
        on_progress(table.status, waited)
    raise AssertionError("unreachable")


def _patience() -> Iterator[float]:
    """Seconds waited so far, for ever."""
    began = time.monotonic()
    while True:
        waited = time.monotonic() - began
        yield waited
        time.sleep(POLL_S if waited < 60 else SLOW_POLL_S)


def remove(dynamodb: Any, table: Table) -> None:
    """Delete a table that is not live; its deletion protection is taken off first. Waits until it is gone."""
    with aws_errors(f"deleting {table.name}"):
        try:
            if table.protected:
                dynamodb.update_table(TableName=table.name, DeletionProtectionEnabled=False)
                dynamodb.get_waiter("table_exists").wait(TableName=table.name)
            dynamodb.delete_table(TableName=table.name)
        except dynamodb.exceptions.ResourceNotFoundException:
            return
        dynamodb.get_waiter("table_not_exists").wait(TableName=table.name)
