"""Buckets: what lies in them by class and age, requests, and metrics of requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from environments.ranges import NONE, Range
from ops.cost.metering import Metered, Month, NoAssumptionError
from ops.cost.quantities import DAYS, KB_PER_GB
from ops.cost.resources import Resource, blocks

LOG_LINE_KB = Decimal("0.7")
"""One request in an access log of S3 or CloudFront."""

WITHOUT_EXPIRY_DAYS = 365
"""Where a bucket deletes nothing: what has come together after a year."""

FREQUENT_DAYS = 30
"""Intelligent-Tiering moves what was not read for so long to its cheaper tier (S3 user guide)."""

TRANSITIONS = {"INTELLIGENT_TIERING": "s3.to-intelligent-tiering", "GLACIER_IR": "s3.to-glacier-ir"}


def bucket(resource: Resource, month: Month) -> Iterator[Metered]:
    """As many GB as come in a month lie there for as long as the lifecycle rules let them."""
    if resource.label.startswith("storage_exports"):
        used = month.used()
        yield Metered("s3.put", used.pdfs, "uploads")
        yield Metered("s3.get", used.downloads, "downloads, at most")
        read_late = used.pdfs_gb * used.usage.late_downloads_per_pdf
        yield from _stored(resource, month, used.pdfs_gb, used.pdfs, read_late)
        if not month.all("aws_cloudfront_distribution"):
            yield Metered("transfer.out", used.downloads_gb, "GB of downloads, without CloudFront")
    elif resource.label.startswith("storage_logs"):
        used = month.used()
        lines = (used.pdfs + used.downloads * 2) * LOG_LINE_KB / KB_PER_GB
        yield from _stored(resource, month, lines, NONE)
    elif resource.label.startswith("audit-trail"):
        events_gb = audited_gb(month)
        yield Metered("s3.put", month.account.trail_files, "files of the trail")
        yield from _stored(resource, month, events_gb * month.account.trail_compression, NONE)
    else:
        raise NoAssumptionError("what lies in this bucket is not assumed")


def request_metrics(resource: Resource, month: Month) -> Iterator[Metered]:
    """Metrics of a filter are charged like one's own, while there are requests."""
    used = month.used().usage
    yield Metered("cloudwatch.metric", used.s3_request_metrics * used.metric_share, "S3's request metrics")


def data_events(month: Month) -> Range:
    """What the trail records of objects and items, of all environments of the account."""
    total = NONE
    for member in month.members:
        total += member.pdfs + member.downloads + member.writes
    return total


def audited_gb(month: Month) -> Range:
    """GB of events that the trail records in a month."""
    return (month.account.management_events + data_events(month)) * month.account.event_kb / KB_PER_GB


def _stored(
    resource: Resource, month: Month, gb: Range, objects: Range, read_late: Range = NONE
) -> Iterator[Metered]:
    """gb, objects: that come in a month. read_late: GB that are read once they are archived."""
    lifecycle = month.beside(resource, "aws_s3_bucket_lifecycle_configuration")
    versioning = month.beside(resource, "aws_s3_bucket_versioning")
    versioned = versioning and versioning.block("versioning_configuration").get("status") == "Enabled"
    moves, until = _moves(lifecycle.blocks("rule") if lifecycle else [], versioned=bool(versioned))
    ends = [*(day for day, _ in moves[1:]), until]
    for (begin, name), end in zip(moves, ends, strict=True):
        months = Decimal(max(0, end - begin)) / DAYS
        if name == "INTELLIGENT_TIERING":
            often = min(months, FREQUENT_DAYS / DAYS)
            yield Metered("s3.intelligent-tiering", gb * often, "GB in Intelligent-Tiering, for 30 days")
            rest = gb * (months - often)
            yield Metered("s3.intelligent-tiering-infrequent", rest, "GB in Intelligent-Tiering, not read")
            yield Metered("s3.monitoring", objects * months, "objects watched by Intelligent-Tiering")
        elif name == "GLACIER_IR":
            yield Metered("s3.glacier-ir", gb * months, "GB in Glacier Instant Retrieval")
            yield Metered("s3.glacier-ir-retrieval", read_late, "GB read from Glacier Instant Retrieval")
        elif name == "STANDARD":
            yield Metered("s3.standard", gb * months, "GB in Standard")
        else:
            raise NoAssumptionError(f"storage class {name} has no price")
        if name in TRANSITIONS:
            yield Metered(TRANSITIONS[name], objects, f"moves to {name}")


def _moves(rules: list[Mapping[str, Any]], *, versioned: bool) -> tuple[list[tuple[int, str]], int]:
    """(age in days, class) in order, beginning with Standard; and the age at which objects are deleted.

    In a versioned bucket an object that expires becomes a noncurrent version, which stays in its class, and
    on the bill, until noncurrent ones expire.
    """
    active = [rule for rule in rules if rule.get("status") == "Enabled"]
    expires = min(_days(active, "expiration", "days"), default=None)
    moves = sorted(
        (int(move.get("days") or 0), str(move.get("storage_class")))
        for rule in active
        for move in blocks(rule, "transition")
    )
    if expires is None:
        return [(0, "STANDARD"), *moves], WITHOUT_EXPIRY_DAYS
    until = expires
    if versioned:
        noncurrent = _days(active, "noncurrent_version_expiration", "noncurrent_days")
        until += min(noncurrent, default=WITHOUT_EXPIRY_DAYS)
    return [(0, "STANDARD"), *(move for move in moves if move[0] < expires)], until


def _days(rules: list[Mapping[str, Any]], block: str, name: str) -> list[int]:
    return [int(one[name]) for rule in rules for one in blocks(rule, block) if one.get(name)]
