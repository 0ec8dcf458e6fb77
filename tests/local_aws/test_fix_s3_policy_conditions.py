"""fixes/s3_policy_conditions.py"""

from __future__ import annotations

from typing import Any

from tests.local_aws.cloud import Cloud, document, refused

KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"


def _deny(cloud: Cloud, bucket: str, action: str, condition: dict[str, Any]) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": condition,
    }
    cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(statement))


def _put(cloud: Cloud, bucket: str, key: str) -> dict[str, Any]:
    return {
        "call": cloud.client("s3").put_object,
        "Bucket": bucket,
        "Key": "a",
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": key,
    }


def test_other_keys_are_denied_and_the_right_one_is_not(fixed: Cloud) -> None:
    right, wrong, bucket = fixed.key(), fixed.key(), fixed.bucket()
    _deny(fixed, bucket, "s3:PutObject", {"StringNotEquals": {KEY: right}})
    assert refused(**_put(fixed, bucket, wrong)) == "AccessDenied"
    arguments = _put(fixed, bucket, right)
    arguments.pop("call")(**arguments)


def test_a_newer_tls_version_can_be_asked_for(fixed: Cloud) -> None:
    s3, bucket = fixed.client("s3"), fixed.bucket()
    s3.put_object(Bucket=bucket, Key="a")
    _deny(fixed, bucket, "s3:GetObject", {"NumericLessThan": {"s3:TlsVersion": "1.2"}})
    s3.get_object(Bucket=bucket, Key="a")
    _deny(fixed, bucket, "s3:GetObject", {"NumericLessThan": {"s3:TlsVersion": "9"}})
    assert refused(s3.get_object, Bucket=bucket, Key="a") == "AccessDenied"


def test_stock_denies_the_right_key_too(stock: Cloud) -> None:
    right, bucket = stock.key(), stock.bucket()
    _deny(stock, bucket, "s3:PutObject", {"StringNotEquals": {KEY: right}})
    assert refused(**_put(stock, bucket, right)) == "AccessDenied"


def test_stock_does_not_know_the_tls_version(stock: Cloud) -> None:
    s3, bucket = stock.client("s3"), stock.bucket()
    s3.put_object(Bucket=bucket, Key="a")
    _deny(stock, bucket, "s3:GetObject", {"NumericLessThan": {"s3:TlsVersion": "9"}})
    s3.get_object(Bucket=bucket, Key="a")
