"""How a bucket with versions, the lock table and the key go; each step may have been done already."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from environments import naming
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client

BATCH = 1000
"""S3 takes as many in one request."""
KEY_DAYS = 30
"""Until a key is gone for good; before, the deletion can be cancelled."""
WAIT_SECONDS = 300


@dataclass(frozen=True)
class Found:
    """One version of an object, or a delete marker."""

    key: str
    id: str
    time: datetime
    latest: bool
    deleted: bool


def versions(s3: S3Client, bucket: str, owner: str) -> Iterator[Found]:
    """Everything that keeps a bucket from being deleted."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, ExpectedBucketOwner=owner):
        for one in page.get("Versions", []):
            yield Found(one["Key"], one["VersionId"], one["LastModified"], one["IsLatest"], False)
        for marker in page.get("DeleteMarkers", []):
            yield Found(marker["Key"], marker["VersionId"], marker["LastModified"], marker["IsLatest"], True)


def delete_versions(s3: S3Client, bucket: str, owner: str, content: list[Found]) -> Iterator[int]:
    """Delete these, yielding how many after each request. Raises OpsError INCOMPLETE where S3 kept some."""
    for start in range(0, len(content), BATCH):
        some = content[start : start + BATCH]
        answer = s3.delete_objects(
            Bucket=bucket,
            Delete={"Objects": [{"Key": one.key, "VersionId": one.id} for one in some], "Quiet": True},
            ExpectedBucketOwner=owner,
        )
        if errors := answer.get("Errors"):
            first = errors[0]
            raise _unfinished(
                f"S3 kept {len(errors)} objects of {bucket}, the first is {first.get('Key')}: "
                f"{first.get('Code')} {first.get('Message', '')}".rstrip()
            )
        yield len(some)


def delete_bucket(s3: S3Client, bucket: str, owner: str) -> None:
    """An emptied one. Raises OpsError INCOMPLETE where something came meanwhile."""
    from botocore.exceptions import ClientError

    from ops.aws_failures import code_of

    try:
        s3.delete_bucket(Bucket=bucket, ExpectedBucketOwner=owner)
    except ClientError as error:
        if code_of(error) == "BucketNotEmpty":
            raise _unfinished(f"Something was written to {bucket} while it was emptied.") from error
        if code_of(error) != "NoSuchBucket":
            raise


@dataclass(frozen=True)
class Table:
    """The lock table. locks, digests: the keys of its items."""

    dynamodb: DynamoDBClient
    locks: list[str]
    digests: list[str]

    @classmethod
    def find(cls, dynamodb: DynamoDBClient) -> Table | None:
        """None where it is gone, or going."""
        try:
            if dynamodb.describe_table(TableName=naming.LOCK_TABLE)["Table"].get("TableStatus") == "DELETING":
                return None
            pages = dynamodb.get_paginator("scan").paginate(
                TableName=naming.LOCK_TABLE, ProjectionExpression="LockID", ConsistentRead=True
            )
            ids = [str(item["LockID"]["S"]) for page in pages for item in page["Items"]]
        except dynamodb.exceptions.ResourceNotFoundException:
            return None
        return cls(
            dynamodb,
            [id_ for id_ in ids if not id_.endswith("-md5")],
            [id_ for id_ in ids if id_.endswith("-md5")],
        )

    def delete(self) -> None:
        """Its deletion protection first; returns once it is gone."""
        try:
            self.dynamodb.update_table(TableName=naming.LOCK_TABLE, DeletionProtectionEnabled=False)
            deadline = time.monotonic() + WAIT_SECONDS
            self._wait("ACTIVE", deadline)
            self.dynamodb.delete_table(TableName=naming.LOCK_TABLE)
            self._wait("", deadline)
        except self.dynamodb.exceptions.ResourceNotFoundException:
            return

    def _wait(self, wanted: str, deadline: float) -> None:
        """Raises ResourceNotFoundException as soon as it is gone."""
        while (
            status := self.dynamodb.describe_table(TableName=naming.LOCK_TABLE)["Table"].get("TableStatus")
        ) != wanted:
            if time.monotonic() > deadline:
                raise _unfinished(f"The lock table {naming.LOCK_TABLE} is still {status}.")
            time.sleep(1)


@dataclass(frozen=True)
class Key:
    """The customer key behind the alias. deletion: when it goes, if that is decided already."""

    kms: KMSClient
    arn: str
    deletion: datetime | None

    @classmethod
    def find(cls, kms: KMSClient) -> Key | None:
        """None where there is no alias: that goes last."""
        try:
            found = kms.describe_key(KeyId=naming.STATE_KEY_ALIAS)["KeyMetadata"]
        except kms.exceptions.NotFoundException:
            return None
        pending = found.get("KeyState") == "PendingDeletion"
        return cls(kms, found["Arn"], found.get("DeletionDate") if pending else None)

    def describe(self) -> str:
        """What happens to it."""
        if self.deletion:
            return f"goes on {self.deletion:%Y-%m-%d}; its alias is removed"
        return f"goes in {KEY_DAYS} days; until then: aws kms cancel-key-deletion --key-id {self.arn}"

    def delete(self) -> datetime:
        """Schedule it, then take its alias, so that a new one can have the name; when it goes for good."""
        date = self.deletion
        if date is None:
            date = self.kms.schedule_key_deletion(KeyId=self.arn, PendingWindowInDays=KEY_DAYS)[
                "DeletionDate"
            ]
        try:
            self.kms.delete_alias(AliasName=naming.STATE_KEY_ALIAS)
        except self.kms.exceptions.NotFoundException:
            return date
        return date


def _unfinished(message: str) -> OpsError:
    return OpsError(
        message,
        hint="What is gone is gone. Run the command again: it goes on from there.",
        code=ExitCode.INCOMPLETE,
    )
