"""The object of a state in S3, its versions, and the digest that the lock table keeps of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from environments import naming
from ops.aws import aws_errors
from ops.remote_state.model import Clients, clients

if TYPE_CHECKING:
    from ops.stacks import StateOwner

HEAD_BYTES = 1024


@dataclass(frozen=True)
class Version:
    """One version of the object. deleted: a delete marker, which has no content. size: in bytes."""

    id: str
    time: datetime
    size: int
    latest: bool
    deleted: bool


def digest_of(body: bytes) -> str:
    """As Terraform writes it into the lock table."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Store:
    """Where one state lies. A bucket or a table that is not there is empty."""

    owner: StateOwner
    use: Clients

    @classmethod
    def of(cls, owner: StateOwner) -> Store:
        """With the caller's credentials."""
        return cls(owner, clients(owner.aws_region))

    @property
    def bucket(self) -> str:
        """Of the account and region."""
        return naming.state_bucket(self.owner.aws_account_id, self.owner.aws_region)

    @property
    def key(self) -> str:
        """Of the state's object."""
        return naming.state_key(self.owner.environment)

    def versions(self) -> list[Version]:
        """All, newest first. S3 tells versions and delete markers apart, in two lists."""
        with aws_errors(f"listing the versions of the state of {self.owner.environment}"):
            found = list(self._listed(self.key))
        return sorted(found, key=lambda version: (version.latest, version.time), reverse=True)

    def lock_file_touched(self) -> datetime | None:
        """When a lock file was last put or removed beside the state; None if there never was one."""
        with aws_errors(f"listing the lock files of {self.owner.environment}"):
            return max((version.time for version in self._listed(f"{self.key}.tflock")), default=None)

    def read(self, version: Version) -> bytes:
        """Its content. Raises OpsError; a delete marker has none, so it must not be asked for."""
        return self._get(version) if version.size else b""

    def read_head(self, version: Version) -> bytes:
        """The first bytes, where a state says its serial and its lineage."""
        return self._get(version, Range=f"bytes=0-{HEAD_BYTES - 1}") if version.size else b""

    def write(self, body: bytes) -> str:
        """Put the state as Terraform does, encrypted with the remote state's key; the id of its version."""
        with aws_errors(f"writing the state of {self.owner.environment}"):
            answer = self.use.s3.put_object(
                Bucket=self.bucket,
                Key=self.key,
                Body=body,
                ContentType="application/json",
                ServerSideEncryption="aws:kms",
                SSEKMSKeyId=naming.state_kms_key_arn(self.owner.aws_account_id, self.owner.aws_region),
                ExpectedBucketOwner=self.owner.aws_account_id,
            )
        return answer["VersionId"]

    def digest(self) -> str:
        """What the lock table says of the state; empty where it says nothing, which Terraform accepts."""
        with aws_errors(f"reading the digest of the state of {self.owner.environment}"):
            try:
                item = self.use.dynamodb.get_item(
                    TableName=naming.LOCK_TABLE, Key=self._digest_key(), ConsistentRead=True
                ).get("Item", {})
            except self.use.dynamodb.exceptions.ResourceNotFoundException:
                return ""
        return item.get("Digest", {}).get("S", "")

    def write_digest(self, digest: str) -> None:
        """Without it Terraform refuses a state that it did not write itself."""
        with aws_errors(f"writing the digest of the state of {self.owner.environment}"):
            try:
                self.use.dynamodb.put_item(
                    TableName=naming.LOCK_TABLE, Item={**self._digest_key(), "Digest": {"S": digest}}
                )
            except self.use.dynamodb.exceptions.ResourceNotFoundException:
                return

    def remove_digest(self) -> None:
        """Without an item Terraform does not compare."""
        with aws_errors(f"removing the digest of the state of {self.owner.environment}"):
            try:
                self.use.dynamodb.delete_item(TableName=naming.LOCK_TABLE, Key=self._digest_key())
            except self.use.dynamodb.exceptions.ResourceNotFoundException:
                return

    def _digest_key(self) -> dict[str, Any]:
        return {"LockID": {"S": f"{self.bucket}/{self.key}-md5"}}

    def _get(self, version: Version, **more: Any) -> bytes:
        with aws_errors(f"reading version {version.id} of the state of {self.owner.environment}"):
            answer = self.use.s3.get_object(
                Bucket=self.bucket,
                Key=self.key,
                VersionId=version.id,
                ExpectedBucketOwner=self.owner.aws_account_id,
                **more,
            )
            return answer["Body"].read()

    def _listed(self, key: str) -> Iterator[Version]:
        """In S3's order. A prefix also finds longer keys, which come after the key itself."""
        pages = self.use.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=key, ExpectedBucketOwner=self.owner.aws_account_id
        )
        try:
            for page in pages:
                for found in page.get("Versions", []):
                    if found["Key"] == key:
                        size, latest = found["Size"], found["IsLatest"]
                        yield Version(found["VersionId"], found["LastModified"], size, latest, False)
                for marker in page.get("DeleteMarkers", []):
                    if marker["Key"] == key:
                        yield Version(
                            marker["VersionId"], marker["LastModified"], 0, marker["IsLatest"], True
                        )
                if page.get("NextKeyMarker", key) > key:
                    return
        except self.use.s3.exceptions.NoSuchBucket:
            return
