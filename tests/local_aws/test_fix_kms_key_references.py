"""fixes/kms_key_references.py"""

from __future__ import annotations

from typing import Any

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, refused, unique

UNKNOWN = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/00000000-0000-0000-0000-000000000000"


def _alias(cloud: Cloud, key: str) -> str:
    name = f"alias/{unique('name')}"
    cloud.client("kms").create_alias(AliasName=name, TargetKeyId=key)
    return f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:{name}"


def _encrypted(key: str) -> dict[str, Any]:
    return {"Key": "a", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}


def _table_key(cloud: Cloud, table: str) -> str:
    described = cloud.client("dynamodb").describe_table(TableName=table)["Table"]
    return str(described["SSEDescription"]["KMSMasterKeyArn"])


def test_an_object_put_by_alias_shows_the_key(fixed: Cloud) -> None:
    s3, bucket, key = fixed.client("s3"), fixed.bucket(), fixed.key()
    assert s3.put_object(Bucket=bucket, **_encrypted(_alias(fixed, key)))["SSEKMSKeyId"] == key
    assert s3.head_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == key


def test_a_bucket_default_by_alias_shows_the_key_at_its_objects(fixed: Cloud) -> None:
    key = fixed.key()
    s3, bucket = fixed.client("s3"), fixed.bucket(_alias(fixed, key))
    s3.put_object(Bucket=bucket, Key="a")
    assert s3.head_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == key


def test_a_table_by_alias_shows_the_key(fixed: Cloud) -> None:
    key = fixed.key()
    assert _table_key(fixed, fixed.table(_alias(fixed, key))) == key


def test_keys_that_cannot_be_used_are_refused(fixed: Cloud) -> None:
    kms, s3, bucket, key = fixed.client("kms"), fixed.client("s3"), fixed.bucket(), fixed.key()
    assert refused(s3.put_object, Bucket=bucket, **_encrypted(UNKNOWN)) == "KMS.NotFoundException"
    kms.disable_key(KeyId=key)
    assert refused(s3.put_object, Bucket=bucket, **_encrypted(key)) == "KMS.DisabledException"
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert refused(s3.put_object, Bucket=bucket, **_encrypted(key)) == "KMS.KMSInvalidStateException"


def test_stock_keeps_the_alias(stock: Cloud) -> None:
    s3, bucket, key = stock.client("s3"), stock.bucket(), stock.key()
    alias = _alias(stock, key)
    assert s3.put_object(Bucket=bucket, **_encrypted(alias))["SSEKMSKeyId"] == alias
    assert _table_key(stock, stock.table(alias)) == alias


def test_stock_takes_a_key_that_does_not_exist(stock: Cloud) -> None:
    stock.client("s3").put_object(Bucket=stock.bucket(), **_encrypted(UNKNOWN))
