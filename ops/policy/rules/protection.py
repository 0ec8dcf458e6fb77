"""What holds data stays: Terraform's and AWS's refusals to destroy it, and time to change one's mind."""

from __future__ import annotations

from ops.policy.rule import rule
from ops.policy.stack import Resource, Stack

HOLDERS = (
    *("aws_dynamodb_table", "aws_s3_bucket", "aws_secretsmanager_secret", "aws_backup_vault"),
    *("aws_sesv2_email_identity", "aws_cloudfront_key_group"),
)
ENCRYPTED = (
    *("aws_dynamodb_table", "aws_s3_bucket_server_side_encryption_configuration", "aws_backup_vault"),
    *("aws_secretsmanager_secret", "aws_cloudwatch_log_group", "aws_sqs_queue", "aws_cloudtrail"),
)
"""Whose content is lost with their key; a topic hands on and keeps nothing."""
LONGEST_WINDOW = 30
PROTECTED = ("prod", "account")


@rule(
    "SW_HOLDER_PROTECTED",
    *HOLDERS,
    guards="trap 56",
    what="Terraform refuses to destroy what holds prod's or the account's data",
    mend="Set lifecycle.prevent_destroy, and force_destroy to false",
    only=PROTECTED,
)
def holder(stack: Stack, resource: Resource) -> str:
    if resource.get("lifecycle", "prevent_destroy") is not True:
        return "prevent_destroy is not set"
    return "force_destroy is set" if resource.get("force_destroy") not in (None, False) else ""


@rule(
    "SW_KEY_PROTECTED",
    "aws_kms_key",
    guards="trap 7",
    what="A key that data of prod or of the account needs cannot go with a mistake",
    mend=f"Set lifecycle.prevent_destroy, and deletion_window_in_days to {LONGEST_WINDOW}",
    only=PROTECTED,
)
def key(stack: Stack, resource: Resource) -> str:
    if not stack.referring(resource, *ENCRYPTED):
        return ""
    if resource.get("lifecycle", "prevent_destroy") is not True:
        return "prevent_destroy is not set"
    window = resource.get("deletion_window_in_days")
    return "" if window == LONGEST_WINDOW else f"deletion_window_in_days is {window}"


@rule(
    "SW_SECRET_RECOVERABLE",
    "aws_secretsmanager_secret",
    guards="trap 48",
    what="A deleted secret of prod can be had back for a month, and elsewhere its name is free at once",
    mend=f"Set recovery_window_in_days to {LONGEST_WINDOW} in prod, to 0 in dev and staging",
)
def recovery_window(stack: Stack, secret: Resource) -> str:
    wanted = LONGEST_WINDOW if stack.is_prod else 0
    found = secret.get("recovery_window_in_days")
    return "" if found == wanted else f"recovery_window_in_days is {found}, not {wanted}"
