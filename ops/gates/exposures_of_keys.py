"""What is not encrypted any more with a key of the project's own."""

from __future__ import annotations

from collections.abc import Iterator

from ops.gates.guards import lost
from ops.gates.references import References
from ops.gates.values import inside, is_known
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


def encryption(change: ResourceChange, references: References) -> Iterator[str]:
    """What names its key itself."""
    if change.before is None or change.after is None:
        return
    path = ENCRYPTION[change.type]
    if is_known(change, path[0]) and inside(change.before, *path) and not inside(change.after, *path):
        yield f"would not be encrypted with its own key any more ({'.'.join(path)})"


def bucket_encryption(change: ResourceChange, references: References) -> Iterator[str]:
    """What a bucket encrypts its new objects with."""
    path = ("rule", "apply_server_side_encryption_by_default", "sse_algorithm")
    old, new = (str(inside(values, *path) or "") for values in (change.before, change.after))
    if not old.startswith("aws:kms"):
        return
    if how := lost(change, references, "bucket", "aws_s3_bucket"):
        yield f"objects would not be encrypted with the bucket's own key any more (it is {how})"
    elif change.after is not None and not new.startswith("aws:kms"):
        yield "objects would not be encrypted with the bucket's own key any more"
