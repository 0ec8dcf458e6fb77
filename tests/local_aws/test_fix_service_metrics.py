"""fixes/service_metrics.py"""

from __future__ import annotations

from typing import Any

from tests.local_aws.alarming import value_of
from tests.local_aws.cloud import Cloud, item, refused, unique

EVERYTHING = {"Id": "EntireBucket"}


def test_a_tables_requests_are_measured(fixed: Cloud) -> None:
    name = fixed.table()
    table = fixed.client("dynamodb")
    for number in range(3):
        table.put_item(TableName=name, Item=item(PK=f"SESSION#{number}"))
    key: dict[str, Any] = {"PK": {"S": "SESSION#1"}, "SK": {"S": "META"}}
    table.get_item(TableName=name, Key=key, ConsistentRead=True)
    table.get_item(TableName=name, Key=key)
    table.query(
        TableName=name,
        IndexName="GSI1",
        KeyConditionExpression="GSI1PK = :k",
        ExpressionAttributeValues={":k": {"S": "MAGIC#1"}},
    )
    of = "AWS/DynamoDB"
    assert value_of(fixed, of, "ConsumedWriteCapacityUnits", "Sum", TableName=name) == 3
    assert value_of(fixed, of, "ConsumedReadCapacityUnits", "Sum", TableName=name) == 1.5
    index = {"TableName": name, "GlobalSecondaryIndexName": "GSI1"}
    assert value_of(fixed, of, "ConsumedReadCapacityUnits", "Sum", **index) == 0.5
    latency = {"TableName": name, "Operation": "PutItem"}
    assert value_of(fixed, of, "SuccessfulRequestLatency", "SampleCount", **latency) == 3
    assert value_of(fixed, of, "ReadThrottleEvents", "Sum", TableName=name) is None


def test_a_refused_request_is_an_error_of_the_user(fixed: Cloud) -> None:
    before = value_of(fixed, "AWS/DynamoDB", "UserErrors", "Sum") or 0
    get = fixed.client("dynamodb").get_item
    assert refused(get, TableName="missing", Key={"PK": {"S": "1"}}) == "ResourceNotFoundException"
    assert value_of(fixed, "AWS/DynamoDB", "UserErrors", "Sum") == before + 1


def test_a_transaction_costs_twice(fixed: Cloud) -> None:
    name = fixed.table()
    put = {"Put": {"TableName": name, "Item": item()}}
    fixed.client("dynamodb").transact_write_items(TransactItems=[put])
    assert value_of(fixed, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", "Sum", TableName=name) == 2


def test_trap_18_a_buckets_requests_are_measured_with_a_metrics_configuration(fixed: Cloud) -> None:
    s3, measured, other = fixed.client("s3"), fixed.bucket(), fixed.bucket()
    s3.put_bucket_metrics_configuration(Bucket=measured, Id="EntireBucket", MetricsConfiguration=EVERYTHING)
    for bucket in (measured, other):
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")
        s3.get_object(Bucket=bucket, Key="a")
        assert refused(s3.get_object, Bucket=bucket, Key="missing") == "NoSuchKey"
    of = {"BucketName": measured, "FilterId": "EntireBucket"}
    assert value_of(fixed, "AWS/S3", "PutRequests", "Sum", **of) == 2  # the configuration's own included
    assert value_of(fixed, "AWS/S3", "GetRequests", "Sum", **of) == 2
    assert value_of(fixed, "AWS/S3", "4xxErrors", "Sum", **of) == 1
    assert value_of(fixed, "AWS/S3", "5xxErrors", "Sum", **of) == 0
    assert value_of(fixed, "AWS/S3", "AllRequests", "Sum", **{**of, "BucketName": other}) is None


def test_stock_measures_neither(stock: Cloud) -> None:
    name, bucket = stock.table(), unique("bucket")
    stock.client("dynamodb").put_item(TableName=name, Item=item())
    stock.client("s3").create_bucket(Bucket=bucket)
    client = stock.client("cloudwatch")
    assert client.list_metrics(Namespace="AWS/DynamoDB")["Metrics"] == []
    assert client.list_metrics(Namespace="AWS/S3")["Metrics"] == []
