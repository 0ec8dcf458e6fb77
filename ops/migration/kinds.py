"""The kinds of resources that the old stacks hold: which hold data, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """holds: what data, empty for none. otherwise: what becomes of one that is not imported.

    stays: whether it must not go with its stack, although it holds nothing itself.
    """

    holds: str
    otherwise: str
    stays: bool = False


TABLE, BUCKET, KEY = "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"
SECRET, LOG_GROUP, IDENTITY = (
    "AWS::SecretsManager::Secret",
    "AWS::Logs::LogGroup",
    "AWS::SES::EmailIdentity",
)


_OURS = "stays: a setting of what is imported, which is ours by then"

KINDS = {
    TABLE: Kind("items", "stays as it is, outside Terraform: copy what you need"),
    BUCKET: Kind("objects", "stays as it is, outside Terraform: delete it once nobody needs its content"),
    KEY: Kind("what it encrypted", "stays for good: what it encrypted can be read with nothing else"),
    SECRET: Kind("a value", "stays until its value is in the new one: ops secrets set"),
    LOG_GROUP: Kind("logs", "stays until its retention has passed"),
    IDENTITY: Kind("a verification", "belongs to the account: ops migrate account --from-cdk"),
    # CDK's `autoDeleteObjects`, whose deletion deletes all objects, also of a bucket that stays itself.
    "Custom::S3AutoDeleteObjects": Kind("", "stays: it empties the bucket when it is deleted", stays=True),
    # By the time its stack is deleted, the bucket's one policy is ours, and so is the table's scaling.
    "AWS::S3::BucketPolicy": Kind("", _OURS, stays=True),
    "AWS::ApplicationAutoScaling::ScalableTarget": Kind("", _OURS, stays=True),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Kind("", _OURS, stays=True),
    "AWS::KMS::Alias": Kind("", "goes with its stack: its key has another alias beside it"),
    "AWS::CloudFront::Distribution": Kind(
        "", "a new one beside it; its domain moves over when this one has let go of it"
    ),
    "AWS::CloudFront::CloudFrontOriginAccessIdentity": Kind(
        "", "replaced by origin access control, which can read what KMS encrypted"
    ),
    "AWS::ApiGatewayV2::Api": Kind("", "a new one beside it, with another address"),
    "AWS::CloudWatch::Alarm": Kind("", "a new one beside it; both ring until the stack is gone"),
}
"""CloudFormation's type -> what is special about it."""

OTHER = Kind("", "a new one beside it; goes with its stack")

HOLDERS = {
    "aws_dynamodb_table": TABLE,
    "aws_s3_bucket": BUCKET,
    "aws_kms_key": KEY,
    "aws_secretsmanager_secret": SECRET,
    "aws_cloudwatch_log_group": LOG_GROUP,
    "aws_sesv2_email_identity": IDENTITY,
}
"""Terraform's types that hold data -> CloudFormation's."""

NAMED = {
    **{terraform: type_ for terraform, type_ in HOLDERS.items() if terraform != "aws_kms_key"},
    "aws_kms_alias": "AWS::KMS::Alias",
    "aws_iam_role": "AWS::IAM::Role",
    "aws_lambda_function": "AWS::Lambda::Function",
    "aws_ses_template": "AWS::SES::Template",
    "aws_sesv2_configuration_set": "AWS::SES::ConfigurationSet",
    "aws_sns_topic": "AWS::SNS::Topic",
}
"""Terraform's types of which AWS has one of a name: one that is there is imported. Keys are found by use."""


SAME_NAME = {
    "AWS::CloudWatch::Alarm": ("aws_cloudwatch_metric_alarm", "alarm_name"),
    "AWS::CloudWatch::Dashboard": ("aws_cloudwatch_dashboard", "dashboard_name"),
}
"""What AWS creates over one of the same name without a word: Terraform's type and the name's attribute."""


def of(type_: str) -> Kind:
    """What is known of a CloudFormation type."""
    return KINDS.get(type_, OTHER)
