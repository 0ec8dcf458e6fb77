"""Which resources hold policies, in which attribute, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Holder:
    """Where a type has its policy.

    attribute: the JSON. target, of: the attribute that names the resource whose policy it is, and its type;
    "" where that is the resource itself. access: policies of one target are compared together only where they
    are about the same access.
    """

    attribute: str
    target: str = ""
    of: str = ""
    access: str = "resource"


_TRUST, _IDENTITY = "trust", "identity"

POLICIES: Mapping[str, tuple[Holder, ...]] = {
    "aws_iam_role": (Holder("assume_role_policy", access=_TRUST),),
    "aws_iam_role_policy": (Holder("policy", "role", "aws_iam_role", _IDENTITY),),
    "aws_iam_user_policy": (Holder("policy", "user", "aws_iam_user", _IDENTITY),),
    "aws_iam_group_policy": (Holder("policy", "group", "aws_iam_group", _IDENTITY),),
    "aws_iam_policy": (Holder("policy", access="managed"),),
    "aws_s3_bucket": (Holder("policy"),),
    "aws_s3_bucket_policy": (Holder("policy", "bucket", "aws_s3_bucket"),),
    "aws_s3_access_point": (Holder("policy"),),
    "aws_s3control_access_point_policy": (Holder("policy", "access_point_arn", "aws_s3_access_point"),),
    "aws_kms_key": (Holder("policy"),),
    "aws_kms_key_policy": (Holder("policy", "key_id", "aws_kms_key"),),
    "aws_sns_topic": (Holder("policy"),),
    "aws_sns_topic_policy": (Holder("policy", "arn", "aws_sns_topic"),),
    "aws_sqs_queue": (Holder("policy"),),
    "aws_sqs_queue_policy": (Holder("policy", "queue_url", "aws_sqs_queue"),),
    "aws_secretsmanager_secret": (Holder("policy"),),
    "aws_secretsmanager_secret_policy": (Holder("policy", "secret_arn", "aws_secretsmanager_secret"),),
    "aws_dynamodb_resource_policy": (Holder("policy", "resource_arn", "aws_dynamodb_table"),),
    "aws_backup_vault_policy": (Holder("policy", "backup_vault_name", "aws_backup_vault"),),
    "aws_cloudwatch_log_resource_policy": (Holder("policy_document"),),
    "aws_cloudwatch_log_destination_policy": (
        Holder("access_policy", "destination_name", "aws_cloudwatch_log_destination"),
    ),
    "aws_cloudwatch_log_delivery_destination_policy": (
        Holder(
            "delivery_destination_policy",
            "delivery_destination_name",
            "aws_cloudwatch_log_delivery_destination",
        ),
    ),
    "aws_cloudwatch_event_bus_policy": (Holder("policy", "event_bus_name", "aws_cloudwatch_event_bus"),),
    "aws_ses_identity_policy": (Holder("policy", "identity", "aws_ses_domain_identity"),),
    "aws_sesv2_email_identity_policy": (Holder("policy", "email_identity", "aws_sesv2_email_identity"),),
    "aws_ecr_repository_policy": (Holder("policy", "repository", "aws_ecr_repository"),),
    "aws_kinesis_resource_policy": (Holder("policy", "resource_arn", "aws_kinesis_stream"),),
    "aws_vpc_endpoint": (Holder("policy"),),
    "aws_vpc_endpoint_policy": (Holder("policy", "vpc_endpoint_id", "aws_vpc_endpoint"),),
    "aws_api_gateway_rest_api": (Holder("policy"),),
    "aws_api_gateway_rest_api_policy": (Holder("policy", "rest_api_id", "aws_api_gateway_rest_api"),),
}
"""Type -> its policies. In other types, every attribute that reads as a policy is compared, too."""

ATTACHMENTS: Mapping[str, tuple[str, str]] = {
    "aws_iam_role_policy_attachment": ("role", "aws_iam_role"),
    "aws_iam_user_policy_attachment": ("user", "aws_iam_user"),
    "aws_iam_group_policy_attachment": ("group", "aws_iam_group"),
}
"""Type -> the attribute that names whom a managed policy is attached to, and its type."""

NOT_JSON: Mapping[str, str] = {
    "aws_lambda_permission": "principal, action, source, account and organization, read as one statement",
    "aws_lambda_layer_version_permission": "principal, action and organization, read as one statement",
    "aws_kms_grant": "grantee, operations and constraints, read as one statement",
    "aws_iam_policy_attachment": "each role, user and group that a managed policy is attached to",
    "`aws_kms_key_policy`, destroyed while its key stays": "what the provider leaves: kms:* for its account",
    "aws_iam_role `inline_policy`, `managed_policy_arns`": "as the resources of their own",
    "`permissions_boundary` of any resource": "taken away or exchanged",
    "aws_iam_openid_connect_provider": "a further audience or certificate that is trusted",
}
"""What else grants access -> how it is read."""


def holders(type_: str) -> tuple[Holder, ...]:
    """The listed policies of a type; () for others."""
    return POLICIES.get(type_, ())
