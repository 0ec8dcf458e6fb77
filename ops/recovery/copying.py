"""Making an earlier version of an object the current one again: a copy of it onto its own key.

Nothing is ever taken away: later versions and delete markers stay in the history, so a restore can itself be
undone by a restore to the time before it. The copy carries the version's id in a tag; by it a second run sees
that it is done.
"""

from __future__ import annotations

from typing import Any

from ops.recovery.versions import Entry

RESTORED_FROM = "spec-wizard:restored-from"
"""Tag of a copy: the id of the version that it was made of."""
MOST_TAGS = 10
LARGEST_COPY = 5 * 1024**3
"""Above it S3 copies in parts only, in bytes."""
PART = 512 * 1024**2

KEPT = (
    *("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType"),
    *("Expires", "Metadata", "WebsiteRedirectLocation"),
)


def is_copy_of(s3: Any, bucket: str, current: Entry, version: Entry) -> bool:
    """Whether an earlier run has copied this version, and nobody has written the key since."""
    if current.marker:
        return False
    tags = s3.get_object_tagging(Bucket=bucket, Key=current.key, VersionId=current.version_id)["TagSet"]
    return {"Key": RESTORED_FROM, "Value": version.version_id} in tags


def bring_back(s3: Any, bucket: str, version: Entry, largest_copy: int = LARGEST_COPY) -> None:
    """Copy the version onto its key, with headers, metadata and tags, encrypted with the bucket's key.

    Raises ClientError, and ValueError for an object whose ten tags leave no room for the mark.
    """
    source = {"Bucket": bucket, "Key": version.key, "VersionId": version.version_id}
    head = s3.head_object(**source)
    arguments = {name: head[name] for name in KEPT if head.get(name)}
    arguments |= {
        "Tagging": _tags(s3.get_object_tagging(**source)["TagSet"], version),
        "MetadataDirective": "REPLACE",
        "TaggingDirective": "REPLACE",
    }
    if version.size <= largest_copy:
        s3.copy_object(Bucket=bucket, Key=version.key, CopySource=source, **arguments)
        return
    from boto3.s3.transfer import TransferConfig

    part = min(PART, max(largest_copy, 5 * 1024**2))
    config = TransferConfig(multipart_threshold=largest_copy, multipart_chunksize=part)
    s3.copy(source, bucket, version.key, ExtraArgs=arguments, Config=config)


def mark_deleted(s3: Any, bucket: str, key: str) -> None:
    """A delete marker on top: the versions stay."""
    s3.delete_object(Bucket=bucket, Key=key)


def _tags(tags: list[dict[str, str]], version: Entry) -> str:
    from urllib.parse import urlencode

    kept = {tag["Key"]: tag["Value"] for tag in tags if tag["Key"] != RESTORED_FROM}
    if len(kept) >= MOST_TAGS:
        raise ValueError(f"has {len(kept)} tags, and S3 takes no eleventh for the mark of a restore")
    return urlencode({**kept, RESTORED_FROM: version.version_id})
