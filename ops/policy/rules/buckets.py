"""Buckets: how objects age, TLS, keys, logs and who may read by CORS."""

from __future__ import annotations

from ops.policy.rule import rule
from ops.policy.stack import Resource, Stack

NOT_AT_ONCE = {"GLACIER", "DEEP_ARCHIVE"}
"""Classes from which nothing can be read before it was restored."""
ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"


@rule(
    "SW_BUCKET_AGES",
    "aws_s3_bucket_lifecycle_configuration",
    guards="trap 15",
    what="What expires is gone: earlier versions, delete markers and parts of uploads, too",
    mend="Each rule has a filter; add noncurrent_version_expiration, and a rule of its own with"
    " expired_object_delete_marker, which must not stand beside days",
)
def ages(stack: Stack, lifecycle: Resource) -> str:
    rules = lifecycle.blocks("rule")
    if any("filter" not in one for one in rules):
        return "a rule has no filter"
    expirations = [one for each in rules for one in lifecycle.blocks("expiration", each)]
    if any("days" in one and one.get("expired_object_delete_marker") for one in expirations):
        return "expired_object_delete_marker stands beside days"
    if not any(one.get("expired_object_delete_marker") is True for one in expirations):
        return "delete markers stay for ever"
    if not any(lifecycle.blocks("noncurrent_version_expiration", each) for each in rules):
        return "earlier versions stay for ever"
    for each in rules:
        days = [int(one["days"]) for one in lifecycle.blocks("transition", each)]
        if days != sorted(set(days)):
            return f"transitions after {', '.join(map(str, days))} days, which AWS refuses"
    return ""


@rule(
    "SW_BUCKET_READABLE",
    "aws_s3_bucket_lifecycle_configuration",
    guards="trap 13",
    what="Every object can be read at once, however old",
    mend="Use GLACIER_IR: from GLACIER and DEEP_ARCHIVE a download link answers 403",
)
def readable(stack: Stack, lifecycle: Resource) -> str:
    classes = {
        str(one.get("storage_class"))
        for each in lifecycle.blocks("rule")
        for name in ("transition", "noncurrent_version_transition")
        for one in lifecycle.blocks(name, each)
    }
    slow = sorted(classes & NOT_AT_ONCE)
    return f"objects move to {', '.join(slow)}" if slow else ""


@rule(
    "SW_BUCKET_SMALL_OBJECTS",
    "aws_s3_bucket_lifecycle_configuration",
    guards="trap 14",
    what="What becomes of small objects is said, not left to AWS's default",
    mend="Set transition_default_minimum_object_size",
)
def small_objects(stack: Stack, lifecycle: Resource) -> str:
    said = lifecycle.get("transition_default_minimum_object_size")
    return "" if said else "transition_default_minimum_object_size is not set"


@rule(
    "SW_BUCKET_TLS",
    "aws_s3_bucket",
    guards="trap 19",
    what="A bucket and its objects are refused without TLS, and below 1.2",
    mend="Deny s3:* on the bucket and on /* where aws:SecureTransport is false, and where s3:TlsVersion"
    " is below 1.2",
)
def tls(stack: Stack, bucket: Resource) -> str:
    policies = stack.referring(bucket, "aws_s3_bucket_policy")
    both = {f"${{{bucket.address}.arn}}", f"${{{bucket.address}.arn}}/*"}
    denied = {
        key
        for statement in stack.statements(*policies)
        for key in statement.condition_keys()
        if statement.body.get("Effect") == "Deny"
        and statement.listed("Principal") == ["*"]
        and statement.listed("Action") == ["s3:*"]
        and both <= set(statement.listed("Resource"))
    }
    missing = {"aws:SecureTransport", "s3:TlsVersion"} - denied
    return f"nothing is denied by {', '.join(sorted(missing))}" if missing else ""


@rule(
    "SW_BUCKET_KEY",
    ENCRYPTION,
    guards="trap 21",
    what="A bucket with a KMS key uses bucket keys: else every GET is a call to KMS",
    mend="Set bucket_key_enabled",
)
def bucket_key(stack: Stack, encryption: Resource) -> str:
    for each in encryption.blocks("rule"):
        for default in encryption.blocks("apply_server_side_encryption_by_default", each):
            if default.get("sse_algorithm") == "aws:kms" and each.get("bucket_key_enabled") is not True:
                return "bucket_key_enabled is off"
    return ""


@rule(
    "SW_LOG_BUCKET_TAKES_LOGS",
    "aws_s3_bucket_logging",
    guards="trap 16",
    what="The bucket of access logs is another one, with S3's own key, as log delivery asks",
    mend="Log into another bucket, with AES256 as its default encryption",
)
def takes_logs(stack: Stack, logging: Resource) -> str:
    if logging.get("bucket") == logging.get("target_bucket"):
        return "the bucket logs into itself"
    target = str(logging.get("target_bucket"))
    for encryption in stack.of_type(ENCRYPTION):
        if encryption.get("bucket") == target:
            algorithm = encryption.get("rule", "apply_server_side_encryption_by_default", "sse_algorithm")
            return "" if algorithm == "AES256" else f"the log bucket's encryption is {algorithm}"
    return "the log bucket's encryption is not set"


@rule(
    "SW_CORS",
    "aws_s3_bucket_cors_configuration",
    guards="trap 20",
    what="Browsers may use a bucket from named origins only, in prod over TLS only",
    mend="Set CORS_ORIGINS to exact origins",
)
def cors(stack: Stack, configuration: Resource) -> str:
    for each in configuration.blocks("cors_rule"):
        for origin in each.get("allowed_origins", []):
            if "*" in origin:
                return f"it lets {origin} in"
            if stack.is_prod and not origin.startswith("https://"):
                return f"it lets {origin} in, in prod"
    return ""
