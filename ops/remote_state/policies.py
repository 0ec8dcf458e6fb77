"""The policies as pure functions returning dicts, and how they join statements that are already there."""

from __future__ import annotations

import json
from typing import Any

Policy = dict[str, Any]
Statement = dict[str, Any]

VERSION = "2012-10-17"


def key_policy(account_id: str) -> Policy:
    """The account decides through IAM who may use the key; without this statement nobody could."""
    return _policy(
        {
            "Sid": "AccountAdministersThroughIam",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    )


def state_bucket_policy(bucket: str) -> Policy:
    """Only over TLS 1.2 or newer, and only objects encrypted with a KMS key.

    `StringNotEquals` is also true where the header is absent, so a put without it is refused as one with
    AES256 is, although the bucket's default encryption would have encrypted it: a writer that does not know
    about the key is not the one we set up. Terraform's backend sends the header with `encrypt = true` and
    `kms_key_id`, for the state and for the lock file.
    """
    return _policy(
        *_tls_only(bucket),
        _deny(
            "DenyPutWithoutKms",
            "s3:PutObject",
            f"arn:aws:s3:::{bucket}/*",
            {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        ),
    )


def log_bucket_policy(bucket: str, source_bucket: str, account_id: str) -> Policy:
    """S3's log delivery may write here, for the state bucket of this account only."""
    return _policy(
        *_tls_only(bucket),
        {
            "Sid": "AllowLogDelivery",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {
                "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{source_bucket}"},
                "StringEquals": {"aws:SourceAccount": account_id},
            },
        },
    )


def merge(current: Policy | None, ours: Policy) -> Policy:
    """`current` with our statements put in by Sid; statements with other Sids, or none, stay as they are.

    Returns `current` itself where nothing differs, so that equality means "nothing to do".
    """
    if current is None:
        return ours
    wanted = {statement["Sid"]: statement for statement in ours["Statement"]}
    found = {statement.get("Sid"): statement for statement in _statements(current)}
    same = all(sid in found and normal(found[sid]) == normal(wanted[sid]) for sid in wanted)
    if same and current.get("Version") == VERSION:
        return current
    return {**current, "Version": VERSION, "Statement": [*ours["Statement"], *foreign(current, ours)]}


def foreign(current: Policy | None, ours: Policy) -> list[Statement]:
    """The statements of `current` that are not ours."""
    sids = {statement["Sid"] for statement in ours["Statement"]}
    return [statement for statement in _statements(current or {}) if statement.get("Sid") not in sids]


def names(policy: Policy | None) -> str:
    """The Sids, for reports."""
    return ", ".join(_name(statement) for statement in _statements(policy or {})) or "none"


def kept(current: Policy | None, ours: Policy) -> str:
    """The note about statements that are not ours; empty if there are none."""
    others = foreign(current, ours)
    return f"kept as found: {', '.join(map(_name, others))}" if others else ""


def normal(value: Any) -> Any:
    """One form for what IAM reads as the same: a list of one is its item, lists have no order."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list):
        items = sorted((normal(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value


def _policy(*statements: Statement) -> Policy:
    return {"Version": VERSION, "Statement": list(statements)}


def _tls_only(bucket: str) -> tuple[Statement, Statement]:
    both = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return (
        _deny("DenyWithoutTls", "s3:*", both, {"Bool": {"aws:SecureTransport": "false"}}),
        _deny("DenyOldTls", "s3:*", both, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    )


def _deny(sid: str, action: str, resource: str | list[str], condition: dict[str, Any]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    }


def _statements(policy: Policy) -> list[Statement]:
    found = policy.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)  # a single statement may stand without a list


def _name(statement: Statement) -> str:
    return str(statement.get("Sid") or f"(a statement without Sid: {statement.get('Effect')})")
