"""fixes/cloudformation_data.py"""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.local_aws.cloud import Cloud


def _make(cloud: Cloud) -> tuple[str, str, str]:
    """A table and a bucket that one key encrypts; their names and the key's ARN. The stack has a key, too."""
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    name = f"stack-{uuid.uuid4().hex[:8]}"
    template = {
        "Resources": {
            "Key": {"Type": "AWS::KMS::Key", "Properties": {"Description": "a key"}},
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": name,
                    "Tags": [{"Key": "Team", "Value": "wizard"}],
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
                    "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
                    "TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": True},
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                    "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
                },
            },
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {
                    "BucketName": name,
                    "BucketEncryption": {
                        "ServerSideEncryptionConfiguration": [
                            {
                                "ServerSideEncryptionByDefault": {
                                    "SSEAlgorithm": "aws:kms",
                                    "KMSMasterKeyID": key,
                                }
                            }
                        ]
                    },
                },
            },
        },
        "Outputs": {
            "Key": {"Value": {"Ref": "Key"}},
            "Stream": {"Value": {"Fn::GetAtt": ["Table", "StreamArn"]}},
        },
    }
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    return name, key, name


def _table(cloud: Cloud, name: str) -> dict[str, Any]:
    table: dict[str, Any] = cloud.client("dynamodb").describe_table(TableName=name)["Table"]
    return table


def _output(cloud: Cloud, stack: str, key: str) -> str:
    (found,) = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}[key]


def _tags_of_key(cloud: Cloud, stack: str) -> list[str]:
    key = _output(cloud, stack, "Key")
    return [tag["TagKey"] for tag in cloud.client("kms").list_resource_tags(KeyId=key)["Tags"]]


def test_a_key_has_no_tags_of_its_stack(fixed: Cloud) -> None:
    assert _tags_of_key(fixed, _make(fixed)[0]) == []


def test_stock_gives_a_key_the_tags_of_its_stack(stock: Cloud) -> None:
    assert "aws:cloudformation:stack-name" in _tags_of_key(stock, _make(stock)[0])


def test_a_table_is_as_the_template_says(fixed: Cloud) -> None:
    name, key, _ = _make(fixed)
    table, dynamodb = _table(fixed, name), fixed.client("dynamodb")
    assert table["SSEDescription"]["KMSMasterKeyArn"] == key
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expiresAt")
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert _output(fixed, name, "Stream") == table["LatestStreamArn"]
    tags = dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert tags == [{"Key": "Team", "Value": "wizard"}]


def test_an_object_is_encrypted_with_the_key_of_the_template(fixed: Cloud) -> None:
    _, key, bucket = _make(fixed)
    fixed.client("s3").put_object(Bucket=bucket, Key="a", Body=b"a")
    assert fixed.client("s3").head_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == key


def test_stock_leaves_out_encryption_and_expiry(stock: Cloud) -> None:
    name, _, bucket = _make(stock)
    table = _table(stock, name)
    assert "SSEDescription" not in table
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    ttl = stock.client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] == "DISABLED"
    stock.client("s3").put_object(Bucket=bucket, Key="a", Body=b"a")
    assert "SSEKMSKeyId" not in stock.client("s3").head_object(Bucket=bucket, Key="a")
