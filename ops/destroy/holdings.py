"""What data the resources of a stack hold, asked of AWS before any of it is destroyed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ops.plans.document import Resource

SCAN_PAGES = 100
"""A table is counted exactly up to that many pages of 1 MB; beyond, DynamoDB's own figure must do."""
VERSION_PAGES = 1_000
"""A bucket is counted exactly up to that many pages of 1,000 versions."""

GONE = ("ResourceNotFoundException", "NoSuchBucket", "AWS.SimpleQueueService.NonExistentQueue", "404")
REFUSED = ("AccessDenied", "AccessDeniedException")

Client = Callable[[str, str], Any]
"""Service and region -> client."""


@dataclass(frozen=True)
class Holding:
    """One resource and its data.

    figures: what is counted, by name. exact: False where a figure is an estimate or a least number; note
    then says which. present: False where AWS does not have the resource (any more).
    """

    kind: str
    name: str
    region: str
    figures: Mapping[str, int]
    exact: bool = True
    note: str = ""
    present: bool = True

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it, as far as can be known."""
        return self.exact and not any(self.figures.values())

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self) | {"figures": dict(self.figures)}


def look(resources: Iterable[Resource], region: str, client: Client) -> Iterator[Holding]:
    """The holdings of those resources that can hold data, one after the other."""
    from ops import aws

    for resource in resources:
        if resource.type not in COUNTERS:
            continue
        service, kind, attribute, count = COUNTERS[resource.type]
        name = str(resource.values[attribute])
        where = _region(resource) or region
        with aws.aws_errors(f"looking what {kind} {name} holds"):
            yield _counted(lambda: count(client(service, where), name), kind, name, where)  # noqa: B023


def _counted(count: Callable[[], Any], kind: str, name: str, region: str) -> Holding:
    from botocore.exceptions import ClientError

    try:
        figures, exact, note = count()
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return Holding(kind, name, region, {}, note="is gone already", present=False)
        if error.response["Error"]["Code"] in REFUSED:
            return Holding(kind, name, region, {}, exact=False, note="not permitted to look into it")
        raise
    return Holding(kind, name, region, figures, exact, note)


Counted = tuple[dict[str, int], bool, str]
"""Figures, whether they are exact, and a note."""


def _table(dynamodb: Any, name: str) -> Counted:
    """Exact by a scan, which costs read capacity; as described where that is refused or too much."""
    from botocore.exceptions import ClientError

    described = dynamodb.describe_table(TableName=name)["Table"]
    estimate = {"items": int(described["ItemCount"]), "bytes": int(described["TableSizeBytes"])}
    items = 0
    pages = dynamodb.get_paginator("scan").paginate(TableName=name, Select="COUNT")
    try:
        for number, page in enumerate(pages, start=1):
            items += page["Count"]
            if number == SCAN_PAGES and "LastEvaluatedKey" in page:
                least = {**estimate, "items": max(items, estimate["items"])}
                return least, False, "at least; DynamoDB counts about every six hours"
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        return estimate, False, "not permitted to scan; DynamoDB counts about every six hours"
    return {"items": items}, True, ""


def _bucket(s3: Any, name: str) -> Counted:
    figures = dict.fromkeys(("objects", "versions", "markers", "bytes", "uploads"), 0)
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=name)
    exact = True
    for number, page in enumerate(pages, start=1):
        for version in page.get("Versions") or ():
            figures["versions"] += 1
            figures["objects"] += version["IsLatest"]
            figures["bytes"] += version["Size"]
        figures["markers"] += len(page.get("DeleteMarkers") or ())
        if number == VERSION_PAGES and page.get("IsTruncated"):
            exact = False
            break
    uploads = s3.get_paginator("list_multipart_uploads").paginate(Bucket=name)
    figures["uploads"] = sum(len(page.get("Uploads") or ()) for page in uploads)
    return figures, exact, "" if exact else "at least"


def _queue(sqs: Any, url: str) -> Counted:
    names = {
        "waiting": "ApproximateNumberOfMessages",
        "in work": "ApproximateNumberOfMessagesNotVisible",
        "delayed": "ApproximateNumberOfMessagesDelayed",
    }
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names.values()))["Attributes"]
    return {name: int(answer[attribute]) for name, attribute in names.items()}, True, ""


def _secret(secretsmanager: Any, name: str) -> Counted:
    versions = secretsmanager.describe_secret(SecretId=name).get("VersionIdsToStages") or {}
    return {"values": len(versions)}, True, ""


def _log_group(logs: Any, name: str) -> Counted:
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    found: dict[str, Any] = next((group for group in groups if group["logGroupName"] == name), {})
    return {"bytes": int(found.get("storedBytes", 0))}, True, ""


def _vault(backup: Any, name: str) -> Counted:
    pages = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(BackupVaultName=name)
    sizes = [int(one.get("BackupSizeInBytes", 0)) for page in pages for one in page["RecoveryPoints"]]
    return {"backups": len(sizes), "bytes": sum(sizes)}, True, ""


COUNTERS: Mapping[str, tuple[str, str, str, Callable[[Any, str], Counted]]] = {
    "aws_dynamodb_table": ("dynamodb", "table", "name", _table),
    "aws_s3_bucket": ("s3", "bucket", "bucket", _bucket),
    "aws_sqs_queue": ("sqs", "queue", "url", _queue),
    "aws_secretsmanager_secret": ("secretsmanager", "secret", "name", _secret),
    "aws_backup_vault": ("backup", "backup vault", "name", _vault),
    "aws_cloudwatch_log_group": ("logs", "log group", "name", _log_group),
}
"""Type -> service, kind, the attribute that names it, who counts."""


def _region(resource: Resource) -> str:
    """From its ARN; S3's has none."""
    parts = str(resource.values.get("arn") or "").split(":")
    return parts[3] if len(parts) > 3 else ""
