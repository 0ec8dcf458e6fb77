"""fixes/cloudtrail_delivery.py"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local_aws import auditing
from tests.local_aws.alarming import Alarm, Metric, until
from tests.local_aws.cloud import Cloud, allow, document, refused, unique

SECRET = "do-not-show-this"


class Audit:
    """A trail that is logging, and what it has written."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.trail = cloud, auditing.trail(cloud)
        self.client = cloud.client("cloudtrail")
        self.client.create_trail(**self.trail.settings)
        self.client.start_logging(Name=self.trail.name)
        self.group = self.trail.log_group.rpartition(":")[2]

    def records(self, name: str) -> list[dict[str, Any]]:
        """Records of an operation."""
        pattern = f'{{ $.eventName = "{name}" }}'
        found = self.cloud.client("logs").filter_log_events(logGroupName=self.group, filterPattern=pattern)
        return [json.loads(event["message"]) for event in found["events"]]

    def record(self, name: str) -> dict[str, Any]:
        """The only record of an operation, awaited."""
        assert until(lambda: len(self.records(name)), 1) == 1
        return self.records(name)[0]


@pytest.fixture
def audit(fixed: Cloud) -> Iterator[Audit]:
    made = Audit(fixed)
    yield made
    made.client.delete_trail(Name=made.trail.name)


def test_a_call_is_recorded_with_its_caller(fixed: Cloud, audit: Audit) -> None:
    role = fixed.role(allow("iam:*", "*"))
    name = unique("made")
    fixed.assume(role).client("iam").create_policy(
        PolicyName=name, PolicyDocument=document(allow("s3:*", "*"))
    )
    record = audit.record("CreatePolicy")
    assert (record["eventSource"], record["awsRegion"]) == ("iam.amazonaws.com", "us-east-1")
    assert record["userIdentity"]["type"] == "AssumedRole"
    assert record["userIdentity"]["arn"].endswith(f"assumed-role/{role.rpartition('/')[2]}/test")
    assert record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role
    assert record["requestParameters"] == {"policyName": name}
    assert record["eventType"] == "AwsApiCall"
    assert "errorCode" not in record


def test_a_refusal_is_recorded(fixed: Cloud, audit: Audit) -> None:
    user = fixed.user(allow("s3:ListAllMyBuckets", "*"))
    assert refused(user.client("kms").describe_key, KeyId=fixed.key()) == "AccessDeniedException"
    record = audit.record("DescribeKey")
    assert record["errorCode"].startswith("AccessDenied")
    assert record["userIdentity"]["type"] == "IAMUser"
    assert record["userIdentity"]["arn"] == user.client("sts").get_caller_identity()["Arn"]


def test_what_is_read_by_alarms_stands_in_the_record(fixed: Cloud, audit: Audit) -> None:
    key, bucket, name = fixed.key(), fixed.bucket(), unique("secret")
    fixed.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    policy = document({**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": {"AWS": "*"}})
    fixed.client("s3").delete_public_access_block(Bucket=bucket)
    fixed.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    fixed.client("secretsmanager").create_secret(Name=name, SecretString=SECRET)
    fixed.client("secretsmanager").get_secret_value(SecretId=name)
    assert audit.record("ScheduleKeyDeletion")["requestParameters"]["keyId"] == key
    assert audit.record("PutBucketPolicy")["requestParameters"]["bucketName"] == bucket
    assert audit.record("DeleteBucketPublicAccessBlock")["eventSource"] == "s3.amazonaws.com"
    assert audit.record("GetSecretValue")["requestParameters"] == {"secretId": name}


def test_no_secret_and_no_document_is_recorded(fixed: Cloud, audit: Audit) -> None:
    fixed.client("secretsmanager").create_secret(Name=unique("secret"), SecretString=SECRET)
    fixed.client("ssm").put_parameter(Name=unique("parameter"), Value=SECRET, Type="SecureString")
    fixed.client("iam").create_user(UserName=unique("user"), Tags=[{"Key": "a", "Value": SECRET}])
    for name in ("CreateSecret", "PutParameter", "CreateUser"):
        assert SECRET not in json.dumps(audit.record(name))


def test_data_events_are_not_recorded(fixed: Cloud, audit: Audit) -> None:
    bucket = fixed.bucket()
    fixed.client("s3").put_object(Bucket=bucket, Key="a", Body=b"1")
    fixed.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    audit.record("PutBucketVersioning")
    assert audit.records("PutObject") == []


def test_the_call_that_stops_the_trail_is_the_last(fixed: Cloud, audit: Audit) -> None:
    audit.client.stop_logging(Name=audit.trail.name)
    fixed.client("iam").create_user(UserName=unique("user"))
    audit.record("StopLogging")
    assert audit.records("CreateUser") == []


def test_trap_53_the_deed_itself_sets_off_a_security_alarm(fixed: Cloud, audit: Audit) -> None:
    metric = Metric(fixed)
    fixed.client("logs").put_metric_filter(
        logGroupName=audit.group,
        filterName="keys",
        filterPattern='{ $.eventSource = "kms.amazonaws.com" && $.eventName = "DisableKey" }',
        metricTransformations=[
            {"metricName": metric.name, "metricNamespace": metric.namespace, "metricValue": "1"}
        ],
    )
    alarm = Alarm(fixed, metric, Threshold=0.0, TreatMissingData="notBreaching")
    assert until(alarm.state, "OK") == "OK"
    fixed.client("kms").disable_key(KeyId=fixed.key())
    assert until(alarm.state, "ALARM") == "ALARM"


def test_stock_delivers_nothing(stock: Cloud) -> None:
    made = Audit(stock)
    stock.client("iam").create_user(UserName=unique("user"))
    assert until(lambda: len(made.records("CreateUser")), 1, patience_s=3) == 0
