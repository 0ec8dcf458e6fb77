"""fixes/s3_version_tags.py"""

from __future__ import annotations

from typing import Any

from tests.local_aws.cloud import Cloud, refused


def _deleted(cloud: Cloud) -> dict[str, str]:
    """A version with a tag, of a key that was deleted."""
    s3, bucket = cloud.client("s3"), cloud.bucket()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = s3.put_object(Bucket=bucket, Key="a", Body=b"x", Tagging="kind=export")
    s3.delete_object(Bucket=bucket, Key="a")
    return {"Bucket": bucket, "Key": "a", "VersionId": made["VersionId"]}


def _tags(cloud: Cloud, version: dict[str, str]) -> Any:
    return cloud.client("s3").get_object_tagging(**version)["TagSet"]


def test_a_version_of_a_deleted_object_keeps_its_tags(fixed: Cloud) -> None:
    assert _tags(fixed, _deleted(fixed)) == [{"Key": "kind", "Value": "export"}]


def test_the_deleted_object_itself_has_none(fixed: Cloud) -> None:
    version = _deleted(fixed)
    del version["VersionId"]
    assert refused(fixed.client("s3").get_object_tagging, **version) == "NoSuchKey"


def test_stock_knows_no_version_of_it(stock: Cloud) -> None:
    assert refused(stock.client("s3").get_object_tagging, **_deleted(stock)) == "NoSuchKey"
