"""Bucket settings. Every call carries ExpectedBucketOwner; see `ownership` for why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from environments import naming
from ops.remote_state import lifecycles, policies
from ops.remote_state.model import Setting, on_off, tag_setting

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ABSENT = {
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
}
"""How S3 says that a setting is not there."""


@dataclass(frozen=True)
class Target:
    """A bucket that is known to be ours."""

    s3: S3Client
    name: str
    owner: str

    def get(self, operation: str) -> dict[str, Any]:
        """The answer of a get_… operation, `{}` where the setting is absent."""
        from botocore.exceptions import ClientError

        from ops.aws_failures import code_of

        try:
            answer: dict[str, Any] = getattr(self.s3, operation)(
                Bucket=self.name, ExpectedBucketOwner=self.owner
            )
        except ClientError as error:
            if code_of(error) not in ABSENT:
                raise
            return {}
        return answer

    def put(self, operation: str, **what: Any) -> None:
        """A put_… operation."""
        getattr(self.s3, operation)(Bucket=self.name, ExpectedBucketOwner=self.owner, **what)


def public_access_block(bucket: Target) -> Setting:
    """All four."""
    block = "PublicAccessBlockConfiguration"
    four = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return Setting(
        "public access block",
        lambda: {name: bool(bucket.get("get_public_access_block").get(block, {}).get(name)) for name in four},
        lambda current: dict.fromkeys(four, True),
        lambda wanted: bucket.put("put_public_access_block", **{block: wanted}),
        show=lambda value: on_off(True) if all(value.values()) else f"off: {', '.join(_off(value))}",
    )


def ownership_controls(bucket: Target) -> Setting:
    """BucketOwnerEnforced: ACLs are off, whoever writes."""

    def inspect() -> str:
        rules = bucket.get("get_bucket_ownership_controls").get("OwnershipControls", {}).get("Rules", [])
        return str(rules[0]["ObjectOwnership"]) if rules else "not set"

    return Setting(
        "object ownership",
        inspect,
        lambda current: "BucketOwnerEnforced",
        lambda wanted: bucket.put(
            "put_bucket_ownership_controls", OwnershipControls={"Rules": [{"ObjectOwnership": wanted}]}
        ),
    )


def encryption_s3(bucket: Target) -> Setting:
    """SSE-S3."""
    return _encryption(bucket, {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "", "BucketKeyEnabled": False})


def encryption_kms(bucket: Target, key_arn: str) -> Setting:
    """SSE-KMS with one customer key, and a bucket key, so that KMS is asked (and paid) less often."""
    return _encryption(
        bucket, {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn, "BucketKeyEnabled": True}
    )


def versioning(bucket: Target) -> Setting:
    """On: the earlier states are the way back."""
    return Setting(
        "versioning",
        lambda: bucket.get("get_bucket_versioning").get("Status", "off"),
        lambda current: "Enabled",
        lambda wanted: bucket.put("put_bucket_versioning", VersioningConfiguration={"Status": wanted}),
    )


def access_log(bucket: Target, log_bucket: str) -> Setting:
    """Server access logs, all under one prefix of the log bucket."""

    def inspect() -> dict[str, str]:
        found = bucket.get("get_bucket_logging").get("LoggingEnabled", {})
        return {name: found.get(name, "") for name in ("TargetBucket", "TargetPrefix")}

    return Setting(
        "access log",
        inspect,
        lambda current: {"TargetBucket": log_bucket, "TargetPrefix": f"{bucket.name}/"},
        lambda wanted: bucket.put("put_bucket_logging", BucketLoggingStatus={"LoggingEnabled": wanted}),
        show=lambda value: f"to {value['TargetBucket']}" if value["TargetBucket"] else "off",
    )


def lifecycle(bucket: Target, rules: list[lifecycles.Rule], *, holds_state: bool) -> Setting:
    """Our rules beside those of others; see `lifecycles.merge`."""
    return Setting(
        "lifecycle",
        lambda: bucket.get("get_bucket_lifecycle_configuration").get("Rules", []),
        lambda current: lifecycles.merge(current, rules, holds_state=holds_state),
        lambda wanted: bucket.put(
            "put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": wanted}
        ),
        show=lifecycles.show,
        note=lambda current: lifecycles.note(current, rules, holds_state=holds_state),
    )


def policy(bucket: Target, ours: policies.Policy) -> Setting:
    """Our statements beside those of others; see `policies.merge`."""

    def inspect() -> policies.Policy:
        found: policies.Policy = json.loads(bucket.get("get_bucket_policy").get("Policy", "{}"))
        return found

    return Setting(
        "policy",
        inspect,
        lambda current: policies.merge(current, ours),
        lambda wanted: bucket.put("put_bucket_policy", Policy=json.dumps(wanted)),
        show=policies.names,
        note=lambda current: policies.kept(current, ours),
    )


def tags(bucket: Target) -> Setting:
    """S3 replaces all tags at once, so those of others are written back; `aws:` tags are AWS's own."""

    def inspect() -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in bucket.get("get_bucket_tagging").get("TagSet", [])}

    def apply(wanted: dict[str, str]) -> None:
        ours = [{"Key": key, "Value": value} for key, value in wanted.items() if not key.startswith("aws:")]
        bucket.put("put_bucket_tagging", Tagging={"TagSet": ours})

    return tag_setting(inspect, apply)


def _encryption(bucket: Target, wanted: dict[str, Any]) -> Setting:
    def inspect() -> dict[str, Any]:
        answer = bucket.get("get_bucket_encryption").get("ServerSideEncryptionConfiguration", {})
        rule: dict[str, Any] = next(iter(answer.get("Rules", [])), {})
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        kms = default.get("SSEAlgorithm") == "aws:kms"
        return {
            "SSEAlgorithm": default.get("SSEAlgorithm", ""),
            "KMSMasterKeyID": default.get("KMSMasterKeyID", ""),
            "BucketKeyEnabled": kms and bool(rule.get("BucketKeyEnabled")),  # without KMS it means nothing
        }

    def apply(value: dict[str, Any]) -> None:
        by_default = {name: value[name] for name in ("SSEAlgorithm", "KMSMasterKeyID") if value[name]}
        rule: dict[str, Any] = {
            "ApplyServerSideEncryptionByDefault": by_default,
            "BucketKeyEnabled": value["BucketKeyEnabled"],
        }
        bucket.put("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]})

    return Setting("encryption", inspect, lambda current: wanted, apply, show=_show_encryption(wanted))


def _show_encryption(wanted: dict[str, Any]) -> Callable[[dict[str, Any]], str]:
    ours = wanted["KMSMasterKeyID"]

    def show(value: dict[str, Any]) -> str:
        key = value["KMSMasterKeyID"]
        parts = [value["SSEAlgorithm"] or "off"]
        parts += [naming.STATE_KEY_ALIAS if key == ours else key] if key else []
        parts += ["bucket key"] if value["BucketKeyEnabled"] else []
        return ", ".join(parts)

    return show


def _off(value: dict[str, bool]) -> list[str]:
    return [name for name, on in value.items() if not on]
