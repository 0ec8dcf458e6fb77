"""The stacks of the AWS CDK application that came before, as CloudFormation templates, made through boto3.

Names are those of its outputs; where it let CDK choose a name, CloudFormation chooses one here.
"""

from __future__ import annotations

import json
from typing import Any

from ops.local_aws.example import ACCOUNT_ID, REGION
from ops.local_aws.instance import LocalAws

Template = dict[str, Any]

TABLE = "spec-wizard-sessions-{}"
BUCKET = f"spec-wizard-exports-{{}}-{ACCOUNT_ID}"
EMPTY_THE_BUCKET = """
import json, ssl, urllib.request, boto3
def handler(event, context):
    if event["RequestType"] == "Delete":
        s3, bucket = boto3.client("s3"), event["ResourceProperties"]["BucketName"]
        found = s3.list_object_versions(Bucket=bucket)
        for version in found.get("Versions", []) + found.get("DeleteMarkers", []):
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    body = {"Status": "SUCCESS", "PhysicalResourceId": "empties", "Data": {}, "Reason": ""}
    body |= {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request, context=ssl._create_unverified_context())
"""


def create(local_aws: LocalAws, environment: str, *, key: tuple[str, str] = ("PK", "SK")) -> list[str]:
    """Make all stacks of an environment, in their order; their names. key: of the table.

    The sender is verified beside them, in the console as its guide says, and the mail template is made there:
    MiniStack 1.5.33 has no such kind.
    """
    templates = {
        "Security": _security(environment),
        "Database": _database(environment, key),
        "Storage": _storage(environment),
        "Cdn": _cdn(environment),
        "Email": _email(environment),
        "ApiGateway": _api_gateway(environment),
        "Monitoring": _monitoring(environment),
    }
    cloudformation = local_aws.client("cloudformation")
    names = []
    for concern, template in templates.items():
        name = f"SpecWizard-{concern}Stack-{environment}"
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": "BootstrapVersion", "ParameterValue": "21"}],
        )
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        names.append(name)
    sender = "example.com" if environment == "dev" else f"{environment}.example.com"
    local_aws.client("sesv2").create_email_identity(EmailIdentity=sender)
    local_aws.client("ses").create_template(
        Template={
            "TemplateName": f"spec-wizard-{environment}-export",
            "SubjectPart": "Your specification",
            "TextPart": "{{link}}",
        }
    )
    return names


def delete(local_aws: LocalAws, names: list[str]) -> None:
    """Delete the stacks, last first: what one exports another may use."""
    cloudformation = local_aws.client("cloudformation")
    for name in reversed(names):
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )


def _template(resources: dict[str, Any], **outputs: Any) -> Template:
    return {
        "Parameters": {"BootstrapVersion": {"Type": "String"}},
        "Resources": resources,
        **({"Outputs": outputs} if outputs else {}),
    }


def _export(environment: str, what: str, value: Any) -> dict[str, Any]:
    return {"Value": value, "Export": {"Name": f"SpecWizard-{environment}-{what}"}}


def _imported(environment: str, what: str) -> dict[str, str]:
    return {"Fn::ImportValue": f"SpecWizard-{environment}-{what}"}


def _arn(logical_id: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def _security(environment: str) -> Template:
    """Two customer keys, two secrets, of which one is named as ours is, and the role of the functions."""

    def key(what: str) -> dict[str, Any]:
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        return {
            "Type": "AWS::KMS::Key",
            "Properties": {
                "Description": f"KMS key for {what} encryption",
                "EnableKeyRotation": True,
                "KeyPolicy": {"Version": "2012-10-17", "Statement": [statement]},
            },
        }

    def alias(what: str, logical_id: str) -> dict[str, Any]:
        name = f"alias/spec-wizard-{what}-{environment}"
        return {
            "Type": "AWS::KMS::Alias",
            "Properties": {"AliasName": name, "TargetKeyId": _arn(logical_id)},
        }

    def secret(name: str) -> dict[str, Any]:
        value = {"Name": name, "SecretString": "to be set by update-secrets.sh"}
        return {"Type": "AWS::SecretsManager::Secret", "Properties": value}

    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    return _template(
        {
            "DynamoDBKey1A2B": key("DynamoDB"),
            "DynamoDBKeyAlias": alias("dynamodb", "DynamoDBKey1A2B"),
            "S3Key3C4D": key("S3"),
            "S3KeyAlias": alias("s3", "S3Key3C4D"),
            "OpenAISecret5E6F": secret(f"spec-wizard/{environment}/openai-api-key"),
            "AnthropicSecret7A8B": secret(f"spec-wizard-{environment}-anthropic"),
            "LambdaRole9C0D": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": trust},
            },
        },
        TableKey=_export(environment, "TableKey", _arn("DynamoDBKey1A2B")),
        BucketKey=_export(environment, "BucketKey", _arn("S3Key3C4D")),
    )


def _database(environment: str, key: tuple[str, str]) -> Template:
    names = (*key, "GSI1PK", "GSI1SK")

    def schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
        return [
            {"AttributeName": hash_key, "KeyType": "HASH"},
            {"AttributeName": range_key, "KeyType": "RANGE"},
        ]

    table = {
        "TableName": TABLE.format(environment),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": schema(*key),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "GSI1",
                "KeySchema": schema("GSI1PK", "GSI1SK"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        "TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": True},
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {
            "SSEEnabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": _imported(environment, "TableKey"),
        },
    }
    # CDK's removalPolicy DESTROY, as a dev environment has it.
    return _template(
        {
            "SessionsTable": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": table,
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
            }
        }
    )


def _storage(environment: str) -> Template:
    """With autoDeleteObjects: a function that empties the bucket when the stack is deleted."""
    bucket = {
        "BucketName": BUCKET.format(environment),
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "ServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": _imported(environment, "BucketKey"),
                    }
                }
            ]
        },
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "Tags": [{"Key": "aws-cdk:auto-delete-objects", "Value": "true"}],
    }
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": [_arn("ExportsBucket"), {"Fn::Join": ["", [_arn("ExportsBucket"), "/*"]]}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}],
    }
    return _template(
        {
            "ExportsBucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": bucket,
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
            },
            "ExportsBucketPolicy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {
                    "Bucket": {"Ref": "ExportsBucket"},
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": [deny]},
                },
            },
            "AutoDeleteRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": trust,
                    "Policies": [{"PolicyName": "empty", "PolicyDocument": everything}],
                },
            },
            "AutoDeleteFunction": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.13",
                    "Handler": "index.handler",
                    "Role": _arn("AutoDeleteRole"),
                    "Code": {"ZipFile": EMPTY_THE_BUCKET},
                    "Timeout": 60,
                },
            },
            "ExportsBucketAutoDelete": {
                "Type": "Custom::S3AutoDeleteObjects",
                "Properties": {
                    "ServiceToken": _arn("AutoDeleteFunction"),
                    "BucketName": {"Ref": "ExportsBucket"},
                },
                "DependsOn": ["ExportsBucketPolicy"],
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
            },
        }
    )


def _cdn(environment: str) -> Template:
    origin = {
        "Id": "exports",
        "DomainName": f"{BUCKET.format(environment)}.s3.{REGION}.amazonaws.com",
        "S3OriginConfig": {
            "OriginAccessIdentity": {
                "Fn::Join": ["", ["origin-access-identity/cloudfront/", {"Ref": "Identity"}]]
            }
        },
    }
    return _template(
        {
            "Identity": {
                "Type": "AWS::CloudFront::CloudFrontOriginAccessIdentity",
                "Properties": {"CloudFrontOriginAccessIdentityConfig": {"Comment": "PDFs"}},
            },
            "Distribution": {
                "Type": "AWS::CloudFront::Distribution",
                "Properties": {
                    "DistributionConfig": {
                        "Enabled": True,
                        "Comment": f"Spec Wizard CDN {environment}",
                        "Origins": [origin],
                        "DefaultCacheBehavior": {
                            "TargetOriginId": "exports",
                            "ViewerProtocolPolicy": "https-only",
                            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                        },
                    }
                },
            },
        }
    )


def _email(environment: str) -> Template:
    return _template(
        {
            "ConfigurationSet": {
                "Type": "AWS::SES::ConfigurationSet",
                "Properties": {"Name": f"spec-wizard-{environment}"},
            },
            "Bounces": {"Type": "AWS::SNS::Topic", "Properties": {}},
        }
    )


def _api_gateway(environment: str) -> Template:
    return _template(
        {
            "Api": {
                "Type": "AWS::ApiGatewayV2::Api",
                "Properties": {
                    "Name": f"spec-wizard-websocket-{environment}",
                    "ProtocolType": "WEBSOCKET",
                    "RouteSelectionExpression": "$request.body.action",
                },
            }
        }
    )


def _monitoring(environment: str) -> Template:
    """One log group and the topic are named as ours are."""

    def log_group(name: str, days: int) -> dict[str, Any]:
        value = {"LogGroupName": name, "RetentionInDays": days}
        return {"Type": "AWS::Logs::LogGroup", "Properties": value}

    return _template(
        {
            "ApplicationLogs": log_group(f"/spec-wizard/{environment}/application", 30),
            "ErrorLogs": log_group(f"/aws/spec-wizard/{environment}/error", 90),
            "AlarmTopic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {"TopicName": f"spec-wizard-{environment}-alarms"},
            },
            "Throttles": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "AlarmActions": [{"Ref": "AlarmTopic"}],
                    "MetricName": "ReadThrottleEvents",
                    "Namespace": "AWS/DynamoDB",
                    "Dimensions": [{"Name": "TableName", "Value": TABLE.format(environment)}],
                    "Statistic": "Sum",
                    "Period": 300,
                    "EvaluationPeriods": 1,
                    "Threshold": 10,
                    "ComparisonOperator": "GreaterThanThreshold",
                },
            },
        }
    )
