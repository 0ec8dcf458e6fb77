"""fixes/s3_version_keys.py"""

from __future__ import annotations

from tests.local_aws.cloud import Cloud

KEY = "a b/100% ü+1.pdf"


def _bucket(cloud: Cloud) -> str:
    s3, bucket = cloud.client("s3"), cloud.bucket()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key=KEY, Body=b"x")
    s3.delete_object(Bucket=bucket, Key=KEY)
    return bucket


def _raw(cloud: Cloud) -> list[str]:
    """Keys as they are sent: boto3 decodes only what it has asked for by itself."""
    page = cloud.client("s3").list_object_versions(Bucket=_bucket(cloud), EncodingType="url", Prefix="a b/")
    return [one["Key"] for kind in ("Versions", "DeleteMarkers") for one in page[kind]]


def test_keys_are_encoded_as_aws_does_it(fixed: Cloud) -> None:
    assert _raw(fixed) == ["a+b/100%25+%C3%BC%2B1.pdf"] * 2


def test_boto3_sees_the_keys_as_they_are(fixed: Cloud) -> None:
    page = fixed.client("s3").list_object_versions(Bucket=_bucket(fixed), MaxKeys=1)
    assert [one["Key"] for one in page.get("Versions", page.get("DeleteMarkers"))] == [KEY]
    assert page["NextKeyMarker"] == KEY


def test_stock_encodes_nothing(stock: Cloud) -> None:
    assert _raw(stock) == [KEY] * 2
