"""Emptying a versioned bucket: every version, every delete marker, every upload that was not finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ops.errors import OpsError
from ops.exit_codes import ExitCode

BATCH = 1_000
"""Objects that S3 deletes, and lists, with one request at most."""

OnBatch = Callable[[int], None]
"""Called with the number of versions and markers that are gone, after each batch."""


def empty(s3: Any, bucket: str, on_batch: OnBatch) -> int:
    """Delete all that is in a bucket and return how many versions and markers that were.

    Each batch is listed anew from the beginning, so that a run that was cut off at any point goes on with
    what is left, and so that what is written meanwhile goes, too. A bucket that does not exist is empty.
    Raises OpsError (INCOMPLETE) where S3 keeps something, and botocore's exceptions.
    """
    deleted = 0
    try:
        _abort_uploads(s3, bucket)
        while batch := _batch(s3, bucket):
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
            if errors := answer.get("Errors"):
                raise _kept(bucket, deleted + len(batch) - len(errors), errors)
            deleted += len(batch)
            on_batch(deleted)
    except s3.exceptions.NoSuchBucket:
        return deleted
    return deleted


def _batch(s3: Any, bucket: str) -> list[dict[str, str]]:
    page = s3.list_object_versions(Bucket=bucket, MaxKeys=BATCH)
    entries = [*(page.get("Versions") or ()), *(page.get("DeleteMarkers") or ())]
    return [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]


def _abort_uploads(s3: Any, bucket: str) -> None:
    for upload in _uploads(s3, bucket):
        try:
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        except s3.exceptions.NoSuchUpload:
            continue  # it was finished meanwhile; then it is a version


def _uploads(s3: Any, bucket: str) -> Iterator[dict[str, Any]]:
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        yield from page.get("Uploads") or ()


def _kept(bucket: str, deleted: int, errors: list[dict[str, Any]]) -> OpsError:
    first = errors[0]
    return OpsError(
        f"S3 keeps {len(errors)} of the versions in {bucket}, the first {first.get('Key')!r}: "
        f"{first.get('Code')} {first.get('Message', '')}".rstrip(),
        hint=f"{deleted} versions are deleted and stay so. Mend the cause and run the command again.",
        code=ExitCode.INCOMPLETE,
    )
