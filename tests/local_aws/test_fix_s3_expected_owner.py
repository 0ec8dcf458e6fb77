"""fixes/s3_expected_owner.py"""

from __future__ import annotations

from ops.local_aws.example import ACCOUNT_ID
from tests.local_aws.cloud import Cloud, refused

OTHER = "999999999999"


def test_the_wrong_owner_is_refused_and_the_right_one_served(fixed: Cloud) -> None:
    s3, bucket = fixed.client("s3"), fixed.bucket()
    assert refused(s3.head_bucket, Bucket=bucket, ExpectedBucketOwner=OTHER) == "403"
    assert refused(s3.put_object, Bucket=bucket, Key="a", ExpectedBucketOwner=OTHER) == "AccessDenied"
    assert refused(s3.get_bucket_versioning, Bucket=bucket, ExpectedBucketOwner=OTHER) == "AccessDenied"
    s3.put_object(Bucket=bucket, Key="a", ExpectedBucketOwner=ACCOUNT_ID)


def test_a_missing_bucket_is_missing_whoever_is_expected(fixed: Cloud) -> None:
    call = fixed.client("s3").head_bucket
    assert refused(call, Bucket="no-such-bucket", ExpectedBucketOwner=OTHER) == "404"


def test_stock_does_not_compare(stock: Cloud) -> None:
    s3, bucket = stock.client("s3"), stock.bucket()
    s3.put_object(Bucket=bucket, Key="a", ExpectedBucketOwner=OTHER)
