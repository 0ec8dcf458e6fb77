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


def trust_backup(account_id: str) -> str:
    """Only AWS Backup may become the role, and only on behalf of this account (confused deputy)."""
    return document(
        {
            "Sid": "Backup",
            "Effect": "Allow",
            "Principal": {"Service": "backup.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        }
    )


def grant_key_to_service(sid: str, key_arn: str) -> Statement:
    """Lets a service that works for hours hold on to the key, as AWS Backup and DynamoDB do for one job."""
    return allow(sid, ["kms:CreateGrant"], [key_arn], {"Bool": {"kms:GrantIsForAWSResource": "true"}})


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


def key_for_distribution(distribution_arn: str) -> Statement:
    """Lets one CloudFront distribution decrypt what it reads from its origin (trap 1).

    Decrypt alone: nothing is written through CloudFront.
    Source: CloudFront developer guide, "Restrict access to an Amazon S3 origin", SSE-KMS.
    """
    return {
        "Sid": "CloudFront",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
    }


def allow_distribution(bucket_arn: str, distribution_arn: str) -> list[Statement]:
    """Lets one CloudFront distribution read the bucket's objects.

    With ListBucket S3 answers 404 for a missing key, without it 403 (trap 30).
    """

    def allow_it(sid: str, action: str, resource: str) -> Statement:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": action,
            "Resource": resource,
            "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
        }

    return [
        allow_it("CloudFrontReadsObjects", "s3:GetObject", f"{bucket_arn}/*"),
        allow_it("CloudFrontTellsMissingFromForbidden", "s3:ListBucket", bucket_arn),
    ]


def allow_cloudfront_log_delivery(log_bucket_arn: str, account_id: str) -> Statement:
    """Lets CloudWatch's log delivery write CloudFront's access logs (v2) of this account (trap 28).

    In the form that AWS looks for: it would append its own statement to the policy if this one were narrower,
    and Terraform would take that away again.
    Source: CloudWatch Logs user guide, "Logs sent to Amazon S3" (V2 permissions).
    """
    return {
        "Sid": "CloudFrontAccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{log_bucket_arn}/AWSLogs/{account_id}/*",
        "Condition": {
            "StringEquals": {
                "s3:x-amz-acl": "bucket-owner-full-control",
                "aws:SourceAccount": account_id,
            },
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{account_id}:delivery-source:*"},
        },
    }


def web_acl_log_delivery(log_group_arn: str, account_id: str) -> Statement:
    """Lets CloudWatch's log delivery write the log of a web ACL, which is in us-east-1, into its log group.

    Source: WAF developer guide, "Sending web ACL traffic logs to a CloudWatch Logs log group".
    """
    return {
        "Sid": "WebAclLogs",
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group_arn}:*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{account_id}:*"},
        },
    }


def key_for_ses_topics(topic_arns: list[str]) -> Statement:
    """Lets SES publish to these encrypted topics (trap 6).

    SES's developer guide shows the two actions without a condition. The topic is in the encryption context
    whoever publishes (SNS developer guide, "Key management"), which aws:SourceArn is not known to be.
    """
    return {
        "Sid": "SesPublishes",
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic_arns}},
    }


def key_for_sns_queue(queue_arn: str) -> Statement:
    """Lets SNS put messages into this encrypted queue; SQS has the queue in the encryption context."""
    return {
        "Sid": "SnsDelivers",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:sqs:arn": queue_arn}},
    }


def publish_to_topic(topic_arn: str, configuration_set_arn: str, account_id: str) -> Statement:
    """Lets SES publish the events of one configuration set of this account (trap 32)."""
    return {
        "Sid": "SesPublishes",
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnEquals": {"aws:SourceArn": configuration_set_arn},
        },
    }


def send_to_queue(queue_arn: str, topic_arns: list[str]) -> Statement:
    """Lets SNS deliver what was published to these topics."""
    return {
        "Sid": "SnsDelivers",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arns}},
    }


def deny_plain_http_to_topic(topic_arn: str) -> Statement:
    """Refuses to publish without TLS."""
    return _deny_plain_http("sns:Publish", topic_arn)


def deny_plain_http_to_queue(queue_arn: str) -> Statement:
    """Refuses any use of the queue without TLS."""
    return _deny_plain_http("sqs:*", queue_arn)


def _deny_plain_http(actions: str, resource: str) -> Statement:
    return {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def trust_service(service: str) -> str:
    """Only this AWS service may become the role."""
    return document(
        {"Sid": "Service", "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    )


def key_for_trail(trail_arn: str, account_id: str) -> list[Statement]:
    """Lets one trail encrypt what it writes. Whoever reads it needs kms:Decrypt by IAM.

    The encryption context names the trail, too; its region is left open as in AWS's own statement.
    Source: CloudTrail user guide, "Configure AWS KMS key policies for CloudTrail".
    """

    def allow_it(sid: str, action: str, condition: dict[str, Any]) -> Statement:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": action,
            "Resource": "*",
            "Condition": condition,
        }

    this_trail = {"StringEquals": {"aws:SourceArn": trail_arn}}
    named = f"arn:aws:cloudtrail:*:{account_id}:trail/{trail_arn.rpartition('/')[2]}"
    return [
        allow_it(
            "CloudTrailEncrypts",
            "kms:GenerateDataKey*",
            this_trail | {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": named}},
        ),
        allow_it("CloudTrailLooksAtTheKey", "kms:DescribeKey", this_trail),
    ]


def allow_trail(bucket_arn: str, trail_arn: str, account_id: str) -> list[Statement]:
    """Lets one trail write its files, and nobody else: a file that anybody could put there proves nothing.

    Source: CloudTrail user guide, "Amazon S3 bucket policy for CloudTrail".
    """
    cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
    return [
        {
            "Sid": "CloudTrailLooksAtTheBucket",
            "Effect": "Allow",
            "Principal": cloudtrail,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket_arn,
            "Condition": {"StringEquals": {"aws:SourceArn": trail_arn}},
        },
        {
            "Sid": "CloudTrailWrites",
            "Effect": "Allow",
            "Principal": cloudtrail,
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/AWSLogs/{account_id}/*",
            "Condition": {
                "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trail_arn}
            },
        },
        {
            "Sid": "DenyOtherWriters",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/*",
            # True as well where there is no such key: for every user and role.
            "Condition": {"StringNotEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}},
        },
    ]


def key_for_alarm_topic(topic_arn: str, account_id: str) -> Statement:
    """Lets this account's alarms encrypt what they publish to one topic (trap 6).

    Without it an alarm changes its state and nobody is told. SNS puts the topic into the encryption context.
    Source: SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted
    topics".
    """
    return {
        "Sid": "CloudWatchAlarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic_arn},
        },
    }


def publish_alarms(topic_arn: str, alarm_arns: str, account_id: str) -> Statement:
    """Lets alarms publish to a topic. alarm_arns: a pattern, `arn:aws:cloudwatch:…:alarm:<beginning>*`."""
    return {
        "Sid": "CloudWatchAlarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": alarm_arns},
        },
    }
