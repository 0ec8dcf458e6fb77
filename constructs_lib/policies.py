"""IAM policy documents as pure functions: dicts in, JSON out. No function here creates a resource.

Statements are plain dicts in AWS's own form. Tokens (references to attributes that Terraform knows only
at apply) are ordinary strings here and may stand wherever a string may.
"""

from __future__ import annotations

import json
from typing import Any

Statement = dict[str, Any]


def document(*statements: Statement) -> str:
    """A policy document with these statements, as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(
    sid: str, actions: list[str], resources: list[str], condition: dict[str, Any] | None = None
) -> Statement:
    """A statement of an identity policy: the principal is whoever it is attached to."""
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def trust_lambda_and_account(account_id: str) -> str:
    """Who may become a role: Lambda, and principals of the same account that IAM allows to.

    The account's root stands for "whom this account's own IAM policies allow sts:AssumeRole"; by itself it
    lets nobody in. An application that does not run on Lambda and `ops smoke` come in this way.
    """
    return document(
        {
            "Sid": "Lambda",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
        {
            "Sid": "PrincipalsOfThisAccount",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
            "Action": "sts:AssumeRole",
        },
    )


def trust_lambda() -> str:
    """Only Lambda may become the role."""
    return document(
        {
            "Sid": "Lambda",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )


def use_key(sid: str, key_arn: str, actions: list[str], service: str, region: str) -> Statement:
    """The key permission that goes with a grant on an encrypted resource (trap 4).

    `service` (dynamodb, s3, secretsmanager) calls KMS on behalf of the caller, so the caller needs the
    permission; the condition keeps it from being used in any other way.
    """
    return allow(
        sid, actions, [key_arn], {"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}}
    )


def key_administration(account_id: str) -> Statement:
    """Hands the key's access over to the account's IAM policies, as every customer key needs.

    In a key policy the resource "*" means this key and no other. Role ARNs do not stand here: a role that
    is not there yet makes the policy invalid, one that was replaced leaves a dead principal id (trap 3).
    """
    return {
        "Sid": "AccountAdministersThroughIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }


def key_for_log_groups(log_group_arns: list[str], region: str) -> Statement:
    """Lets CloudWatch Logs encrypt these log groups and no others (trap 5: the principal is regional).

    Source: CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    """
    return {
        "Sid": "CloudWatchLogs",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": log_group_arns}},
    }


def deny_insecure_transport(bucket_arn: str) -> list[Statement]:
    """Refuses plain HTTP and TLS below 1.2, on the bucket and on its objects (trap 19)."""

    def deny(sid: str, condition: dict[str, Any]) -> Statement:
        return {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": condition,
        }

    return [
        deny("DenyPlainHttp", {"Bool": {"aws:SecureTransport": "false"}}),
        deny("DenyOldTls", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ]


def deny_other_encryption(bucket_arn: str, key_arn: str) -> list[Statement]:
    """Refuses uploads that ask for an encryption other than the bucket's own key.

    An upload that asks for nothing gets the bucket's default, which is that key. A negated operator is true
    where the header is missing, `IfExists` or not; so the statement asks first whether it is there.
    """

    def deny(sid: str, header: str, value: str) -> Statement:
        return {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/*",
            "Condition": {"Null": {header: "false"}, "StringNotEquals": {header: value}},
        }

    return [
        deny("DenyOtherEncryption", "s3:x-amz-server-side-encryption", "aws:kms"),
        deny("DenyOtherKey", "s3:x-amz-server-side-encryption-aws-kms-key-id", key_arn),
    ]


def allow_access_log_delivery(
    log_bucket_arn: str, prefix: str, source_arn: str, account_id: str
) -> Statement:
    """Lets S3 deliver the server access logs of one bucket of this account (trap 16)."""
    return {
        "Sid": "S3ServerAccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{log_bucket_arn}/{prefix}*",
        "Condition": {
            "ArnEquals": {"aws:SourceArn": source_arn},
            "StringEquals": {"aws:SourceAccount": account_id},
        },
    }
