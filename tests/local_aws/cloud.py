"""An instance with what tests do in it again and again."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.local_aws import deployer
from ops.local_aws.example import ACCOUNT_ID, REGION
from ops.local_aws.instance import LocalAws

_numbers = itertools.count(1)

Statement = dict[str, Any]


def unique(prefix: str) -> str:
    """A name that no other test of this run uses."""
    return f"{prefix}-{next(_numbers)}"


def allow(action: str | list[str], resource: str | list[str], **condition: Any) -> Statement:
    """A policy statement."""
    extra = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": action, "Resource": resource, **extra}


def document(*statements: Statement) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def refused(call: Any, **arguments: Any) -> str:
    """The error code with which the call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


@dataclass(frozen=True)
class Caller:
    """Somebody with credentials."""

    endpoint: str
    authority: Path
    key: deployer.AccessKey
    token: str | None = None

    def client(self, service: str, region: str = REGION, endpoint: str | None = None) -> Any:
        """A boto3 client."""
        where = endpoint or self.endpoint
        return deployer.client(service, self.key, where, self.authority, region, self.token)


class Cloud:
    """A running instance, seen by its deploy user."""

    def __init__(self, instance: LocalAws) -> None:
        self.instance = instance
        environment = instance.environment()
        self.endpoint = environment["AWS_ENDPOINT_URL"]
        self.plain_endpoint = environment["LOCAL_AWS_PLAIN_ENDPOINT_URL"]
        self.authority = Path(environment["AWS_CA_BUNDLE"])
        self.deployer = self.caller(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])

    def caller(self, access_key_id: str, secret: str, token: str | None = None) -> Caller:
        """Somebody with these credentials."""
        return Caller(self.endpoint, self.authority, deployer.AccessKey(access_key_id, secret), token)

    def client(self, service: str, region: str = REGION, endpoint: str | None = None) -> Any:
        """A boto3 client of the deploy user."""
        return self.deployer.client(service, region, endpoint)

    def user(self, *statements: Statement) -> Caller:
        """A new IAM user with these permissions."""
        iam, name = self.client("iam"), unique("user")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="test", PolicyDocument=document(*statements))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return self.caller(made["AccessKeyId"], made["SecretAccessKey"])

    def role(self, *statements: Statement) -> str:
        """ARN of a new role with these permissions that the account may assume."""
        iam, name = self.client("iam"), unique("role")
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
            "Action": "sts:AssumeRole",
        }
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=document(*statements))
        return str(made["Arn"])

    def assume(self, role: str, by: Caller | None = None) -> Caller:
        """A session of the role."""
        made = (by or self.deployer).client("sts").assume_role(RoleArn=role, RoleSessionName="test")
        session = made["Credentials"]
        return self.caller(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])

    def key(self, region: str = REGION) -> str:
        """ARN of a new customer key that leaves permissions to IAM."""
        root = {
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        made = self.client("kms", region).create_key(Policy=document(root))
        return str(made["KeyMetadata"]["Arn"])

    def bucket(self, key: str | None = None, *, bucket_key: bool = True) -> str:
        """Name of a new bucket, with a customer key by default where one is given."""
        s3, name = self.client("s3"), unique("bucket")
        s3.create_bucket(Bucket=name)
        if key:
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
            rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        return name

    def table(self, key: str | None = None, **more: Any) -> str:
        """Name of a new table like the product's."""
        name = unique("table")
        index = {
            "IndexName": "GSI1",
            "KeySchema": _key_schema("GSI1PK", "GSI1SK"),
            "Projection": {"ProjectionType": "ALL"},
        }
        encryption = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        self.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": attribute, "AttributeType": "S"}
                for attribute in ("PK", "SK", "GSI1PK", "GSI1SK")
            ],
            KeySchema=_key_schema("PK", "SK"),
            GlobalSecondaryIndexes=[index],
            **({"SSESpecification": encryption} if key else {}),
            **more,
        )
        return name


def _key_schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_key, "KeyType": "HASH"},
        {"AttributeName": range_key, "KeyType": "RANGE"},
    ]


def item(**attributes: str) -> dict[str, dict[str, str]]:
    """An item of strings, with both keys."""
    values = {"PK": "SESSION#1", "SK": "META", "GSI1PK": "MAGIC#1", "GSI1SK": "SESSION#1", **attributes}
    return {name: {"S": value} for name, value in values.items()}
