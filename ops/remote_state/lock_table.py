"""The DynamoDB table of the locks (and of the digests that Terraform keeps of each state)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from environments import naming
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state.model import TAGS, Setting, on_off, tag_setting

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef

HASH_KEY = "LockID"
"""Terraform's backend writes its locks under this attribute, a string; it cannot be told otherwise."""
WAIT_SECONDS = 300
"""A change of the encryption takes a table through UPDATING for minutes at worst."""


@dataclass(frozen=True)
class LockTable:
    """One table per account and region. key_arn: a function, because the key may have to be created."""

    dynamodb: DynamoDBClient
    key_arn: Callable[[], str]

    @property
    def label(self) -> str:
        """Name in reports."""
        return f"lock table {naming.LOCK_TABLE}"

    def exists(self) -> bool:
        """Raises OpsError STATE for a table whose key Terraform cannot use, or that is being deleted."""
        from botocore.exceptions import ClientError

        from ops.aws_failures import code_of

        try:
            table = self._describe()
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            return False
        if table.get("TableStatus") == "DELETING":
            raise OpsError(
                f"The lock table {naming.LOCK_TABLE} is being deleted.",
                hint="Wait until it is gone, then run ops bootstrap again: it creates a new one.",
                code=ExitCode.STATE,
            )
        _right_key(table)
        return True

    def create(self) -> bool:
        """Create the table with everything but point-in-time recovery, which needs an existing one."""
        from botocore.exceptions import ClientError

        from ops.aws_failures import code_of

        try:
            self.dynamodb.create_table(
                TableName=naming.LOCK_TABLE,
                KeySchema=[{"AttributeName": HASH_KEY, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": HASH_KEY, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
                SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.key_arn()},
                DeletionProtectionEnabled=True,
                Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
            )
        except ClientError as error:
            if code_of(error) != "ResourceInUseException":
                raise
            created = False
        else:
            created = True
        self._wait()
        return created and self.exists()  # another run's table is looked at as any other

    def settings(self) -> list[Setting]:
        """The hardening list of the lock table."""
        return [
            Setting("billing mode", self._billing, lambda current: "PAY_PER_REQUEST", self._bill),
            Setting(
                "encryption", self._key, lambda current: self.key_arn(), self._encrypt, show=self._show_key
            ),
            Setting("deletion protection", self._protected, lambda current: True, self._protect, show=on_off),
            Setting(
                "point-in-time recovery", self._recoverable, lambda current: True, self._record, show=on_off
            ),
            tag_setting(self._tags, self._tag),
        ]

    def _describe(self) -> TableDescriptionTypeDef:
        return self.dynamodb.describe_table(TableName=naming.LOCK_TABLE)["Table"]

    def _wait(self) -> None:
        """Until the table takes changes. botocore's own waiter looks every 20 s only."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (status := self._describe().get("TableStatus")) != "ACTIVE":
            if time.monotonic() > deadline:
                raise OpsError(
                    f"The lock table {naming.LOCK_TABLE} is still {status} after {WAIT_SECONDS} s.",
                    hint="Run ops bootstrap again: it continues where it stopped.",
                    code=ExitCode.STATE,
                )
            time.sleep(1)

    def _billing(self) -> str:
        # A table that was created as PROVISIONED has no summary.
        return self._describe().get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")

    def _bill(self, wanted: str) -> None:
        self.dynamodb.update_table(TableName=naming.LOCK_TABLE, BillingMode="PAY_PER_REQUEST")
        self._wait()

    def _key(self) -> str:
        sse = self._describe().get("SSEDescription", {})
        return (
            sse.get("KMSMasterKeyArn", "") if sse.get("Status") in ("ENABLED", "ENABLING", "UPDATING") else ""
        )

    def _encrypt(self, wanted: str) -> None:
        self.dynamodb.update_table(
            TableName=naming.LOCK_TABLE,
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": wanted},
        )
        self._wait()

    def _show_key(self, arn: str) -> str:
        return (
            f"aws:kms, {naming.STATE_KEY_ALIAS if arn == self.key_arn() else arn}" if arn else "AWS owned key"
        )

    def _protected(self) -> bool:
        return self._describe().get("DeletionProtectionEnabled", False)

    def _protect(self, wanted: bool) -> None:
        self.dynamodb.update_table(TableName=naming.LOCK_TABLE, DeletionProtectionEnabled=wanted)
        self._wait()

    def _recoverable(self) -> bool:
        backups = self.dynamodb.describe_continuous_backups(TableName=naming.LOCK_TABLE)
        recovery = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        return recovery.get("PointInTimeRecoveryStatus") == "ENABLED"

    def _record(self, wanted: bool) -> None:
        self.dynamodb.update_continuous_backups(
            TableName=naming.LOCK_TABLE,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": wanted},
        )

    def _tags(self) -> dict[str, str]:
        tags = self.dynamodb.list_tags_of_resource(ResourceArn=self._describe()["TableArn"]).get("Tags", [])
        return {tag["Key"]: tag["Value"] for tag in tags}

    def _tag(self, wanted: dict[str, str]) -> None:
        self.dynamodb.tag_resource(
            ResourceArn=self._describe()["TableArn"],
            Tags=[{"Key": key, "Value": value} for key, value in wanted.items()],
        )


def _right_key(table: TableDescriptionTypeDef) -> None:
    types = {item["AttributeName"]: item["AttributeType"] for item in table.get("AttributeDefinitions", [])}
    found = [
        f"{item['AttributeName']} ({types.get(item['AttributeName'], '?')}, {item['KeyType']})"
        for item in table.get("KeySchema", [])
    ]
    needed = f"{HASH_KEY} (S, HASH)"
    if found != [needed]:
        raise OpsError(
            f"The lock table {naming.LOCK_TABLE} has the key {', '.join(found)}; "
            f"Terraform needs {needed} alone.",
            hint="A table's key cannot be changed. If nothing else uses this table, delete it (aws dynamodb "
            f"update-table --table-name {naming.LOCK_TABLE} --no-deletion-protection-enabled; aws dynamodb "
            f"delete-table --table-name {naming.LOCK_TABLE}) and run ops bootstrap again.",
            code=ExitCode.STATE,
        )
