"""fixes/s3_configurations.py"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloud import Cloud, refused

METRICS = {"Id": "EntireBucket", "MetricsConfiguration": {"Id": "EntireBucket"}}


def test_metrics_are_kept_listed_and_removed_and_the_bucket_stays(fixed: Cloud) -> None:
    s3, bucket = fixed.client("s3"), fixed.bucket()
    s3.put_bucket_metrics_configuration(Bucket=bucket, **METRICS)
    found = s3.get_bucket_metrics_configuration(Bucket=bucket, Id="EntireBucket")
    assert found["MetricsConfiguration"] == {"Id": "EntireBucket"}
    listed = s3.list_bucket_metrics_configurations(Bucket=bucket)
    assert listed["MetricsConfigurationList"] == [{"Id": "EntireBucket"}]
    s3.delete_bucket_metrics_configuration(Bucket=bucket, Id="EntireBucket")
    gone = refused(s3.get_bucket_metrics_configuration, Bucket=bucket, Id="EntireBucket")
    assert gone == "NoSuchConfiguration"
    s3.head_bucket(Bucket=bucket)


def test_a_bucket_of_the_same_name_starts_without_metrics(fixed: Cloud) -> None:
    s3, bucket = fixed.client("s3"), fixed.bucket()
    s3.put_bucket_metrics_configuration(Bucket=bucket, **METRICS)
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    assert "MetricsConfigurationList" not in s3.list_bucket_metrics_configurations(Bucket=bucket)


def test_a_missing_bucket_is_named_as_such(fixed: Cloud) -> None:
    call = fixed.client("s3").put_bucket_metrics_configuration
    assert refused(call, Bucket="no-such-bucket", **METRICS) == "NoSuchBucket"


def test_metrics_need_their_own_permission(fixed: Cloud) -> None:
    bucket = fixed.bucket()
    call = fixed.user().client("s3").put_bucket_metrics_configuration
    assert refused(call, Bucket=bucket, **METRICS) == "AccessDenied"


def test_stock_deletes_the_bucket_with_its_metrics(stock: Cloud) -> None:
    s3, bucket = stock.client("s3"), stock.bucket()
    s3.put_bucket_metrics_configuration(Bucket=bucket, **METRICS)
    s3.delete_bucket_metrics_configuration(Bucket=bucket, Id="EntireBucket")
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=bucket)
