"""What is not encrypted any more with a key of the project's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ops.gates.guards import lost
from ops.gates.references import References
from ops.gates.values import inside
from ops.plans import masking
from ops.plans.document import ResourceChange

ENCRYPTION: dict[str, tuple[str, ...]] = {
    "aws_dynamodb_table": ("server_side_encryption", "kms_key_arn"),
    "aws_sns_topic": ("kms_master_key_id",),
    "aws_sqs_queue": ("kms_master_key_id",),
    "aws_secretsmanager_secret": ("kms_key_id",),
    "aws_cloudwatch_log_group": ("kms_key_id",),
    "aws_cloudtrail": ("kms_key_id",),
    "aws_backup_vault": ("kms_key_arn",),
    "aws_lambda_function": ("kms_key_arn",),
    "aws_kinesis_stream": ("kms_key_id",),
}
"""Type -> where it names the project's key; without it AWS uses a key of its own, or none."""


AWS_KEY = re.compile(r"(?:^|:)alias/aws/")
"""A key that AWS has in every account, whose policy nobody can change."""


def encryption(change: ResourceChange, references: References) -> Iterator[str]:
    """What names its key itself."""
    if change.before is None or change.after is None:
        return
    path = ENCRYPTION[change.type]
    old, new = (_own(values, path) for values in (change.before, change.after))
    switched_off = len(path) > 1 and inside(change.after, *path[:-1], "enabled") is False
    if old and (switched_off or not (new or _is_unknown(change, path))):
        yield f"would not be encrypted with its own key any more ({'.'.join(path)})"


def bucket_encryption(change: ResourceChange, references: References) -> Iterator[str]:
    """What a bucket encrypts its new objects with."""
    path = ("rule", "apply_server_side_encryption_by_default")
    if not _kms(change.before, path):
        return
    if how := lost(change, references, "bucket", "aws_s3_bucket"):
        yield f"objects would not be encrypted with the bucket's own key any more (it is {how})"
    elif change.after is not None:
        key = (*path, "kms_master_key_id")
        new = _own(change.after, key) or _is_unknown(change, key)
        if not _kms(change.after, path) or (_own(change.before, key) and not new):
            yield "objects would not be encrypted with the bucket's own key any more"


def _own(values: Any, path: tuple[str, ...]) -> str:
    """The key that is named, where it is one of the project's and in use; "" elsewhere."""
    if len(path) > 1 and inside(values, *path[:-1], "enabled") is False:
        return ""
    key = str(inside(values, *path) or "")
    return "" if AWS_KEY.search(key) else key


def _is_unknown(change: ResourceChange, path: tuple[str, ...]) -> bool:
    marks = change.after_unknown
    for name in path:
        marks = masking.inner(masking.inner(marks, 0) if isinstance(marks, list) else marks, name)
    return masking.any_marked(marks)


def _kms(values: Any, path: tuple[str, ...]) -> bool:
    return str(inside(values, *path, "sse_algorithm") or "").startswith("aws:kms")
