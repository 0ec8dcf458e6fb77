"""What of each key is to be done so that a bucket is as it was at a time. Pure, apart from the listing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

from ops.aws import aws_errors


class Action(StrEnum):
    """SAME: it is as it was. COPY: the version of that time is to be current again. LATER: it was not there
    then. GONE: it was there, and that version has expired. UNSURE: it may have been there: if it was, that
    version has expired."""

    SAME = "same"
    COPY = "copy"
    LATER = "later"
    GONE = "gone"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Entry:
    """A version or a delete marker of a key."""

    key: str
    version_id: str
    at: datetime
    latest: bool
    marker: bool
    size: int


@dataclass(frozen=True)
class History:
    """latest: what is current; then: what was current at the time, None if nothing of that age is left."""

    latest: Entry
    then: Entry | None
    oldest: Entry


def listed(s3: Any, bucket: str, prefix: str) -> Iterator[Entry]:
    """Every version and delete marker, by key, newest first; holds one page of 1,000."""
    with aws_errors(f"listing the versions in {bucket}"):
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            yield from _of_page(page)


def histories(entries: Iterable[Entry], at: datetime) -> Iterator[History]:
    """One for each key; of a key with many versions no more than three entries are held."""
    for _, of_key in groupby(entries, key=lambda entry: entry.key):
        latest = then = oldest = None
        for entry in of_key:
            latest = latest or entry
            if then is None and entry.at <= at:
                then = entry
            oldest = entry
        if latest and oldest:
            yield History(latest, then, oldest)


def judge(history: History, now: datetime, noncurrent_days: int) -> Action:
    """What is to be done.

    A version that was replaced or deleted stays for `noncurrent_days`. So where the oldest entry that is left
    is younger than that, there was none before it; where it is older, there may have been one.
    """
    latest, then, oldest = history.latest, history.then, history.oldest
    if then is not None:
        if not then.marker:
            return Action.SAME if latest == then else Action.COPY
        return Action.SAME if latest.marker else Action.LATER
    if now - oldest.at < timedelta(days=noncurrent_days):
        return Action.SAME if latest.marker else Action.LATER
    return Action.GONE if oldest.marker else Action.UNSURE


def _of_page(page: dict[str, Any]) -> list[Entry]:
    """S3's answer has both kinds in one order; boto3 takes them apart. Times are of whole seconds: of a
    version and a marker of the same second the version counts as the newer one, because an object that is
    there without need does less harm than one that is missing."""
    found = [
        Entry(
            one["Key"],
            one["VersionId"],
            one["LastModified"].astimezone(UTC),
            one["IsLatest"],
            marker,
            one.get("Size", 0),
        )
        for marker, kind in ((False, "Versions"), (True, "DeleteMarkers"))
        for one in page.get(kind, [])
    ]
    return sorted(found, key=lambda e: (e.key, not e.latest, -e.at.timestamp(), e.marker))
