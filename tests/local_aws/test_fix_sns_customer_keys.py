"""fixes/sns_customer_keys.py"""

from __future__ import annotations

import pytest

from ops.local_aws.example import ACCOUNT_ID
from tests.local_aws.cloud import Cloud, Statement, unique
from tests.local_aws.mailing import KEY_USES, Mailing, Queue, deny_plain_http, permit_key, service


def _topic_of_a_bucket(cloud: Cloud, key: str, *statements: Statement) -> tuple[str, Queue]:
    """Name of a bucket whose new objects are told to a topic with this key, and where that is heard."""
    sns, bucket = cloud.client("sns"), cloud.bucket()
    topic = sns.create_topic(Name=unique("topic"), Attributes={"KmsMasterKeyId": key})["TopicArn"]
    queue = Queue(cloud)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    wanted = {"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}
    put = cloud.client("s3").put_bucket_notification_configuration
    put(
        Bucket=bucket,
        NotificationConfiguration={"TopicConfigurations": [wanted]},
        SkipDestinationValidation=True,
    )
    return bucket, queue


def test_events_arrive_through_encrypted_topic_and_queue(fixed: Cloud) -> None:
    mailing = Mailing(fixed, encrypted=True)
    mailing.send()
    assert sorted(mailing.kinds()) == ["Delivery", "Send"]


@pytest.mark.parametrize("uses", [[], ["kms:Decrypt"], ["kms:GenerateDataKey*"]])
def test_a_service_needs_both_uses_of_the_topics_key(fixed: Cloud, uses: list[str]) -> None:
    mailing = Mailing(fixed, encrypted=True)
    assert mailing.topic_key
    permit_key(fixed, mailing.topic_key, *([service("ses", uses, "*")] if uses else []))
    mailing.send()
    assert mailing.kinds() == []


def test_another_services_permission_does_not_help(fixed: Cloud) -> None:
    mailing = Mailing(fixed, encrypted=True)
    assert mailing.topic_key
    permit_key(fixed, mailing.topic_key, service("cloudwatch", KEY_USES, "*"))
    mailing.send()
    assert mailing.kinds() == []


def test_the_key_can_be_narrowed_to_the_topic(fixed: Cloud) -> None:
    mailing = Mailing(fixed, encrypted=True)
    assert mailing.topic_key
    for topic, kinds in ((mailing.topic, ["Delivery", "Send"]), (f"{mailing.topic}-other", [])):
        only = {"kms:EncryptionContext:aws:sns:topicArn": topic}
        permit_key(fixed, mailing.topic_key, service("ses", KEY_USES, "*", StringEquals=only))
        mailing.send()
        assert sorted(mailing.kinds()) == kinds


def test_a_source_condition_is_not_relied_on_for_ses(fixed: Cloud) -> None:
    mailing = Mailing(fixed, encrypted=True)
    assert mailing.topic_key
    only = {"aws:SourceAccount": ACCOUNT_ID}
    permit_key(fixed, mailing.topic_key, service("ses", KEY_USES, "*", StringEquals=only))
    mailing.send()
    assert mailing.kinds() == []


def test_a_disabled_key_takes_nothing(fixed: Cloud) -> None:
    mailing = Mailing(fixed, encrypted=True)
    fixed.client("kms").disable_key(KeyId=mailing.topic_key)
    mailing.send()
    assert mailing.kinds() == []


def test_other_services_need_the_key_as_well(fixed: Cloud) -> None:
    key = fixed.key()
    bucket, queue = _topic_of_a_bucket(fixed, key)
    fixed.client("s3").put_object(Bucket=bucket, Key="a")
    assert queue.arrived(1) == []
    source = {"aws:SourceAccount": ACCOUNT_ID, "aws:SourceArn": f"arn:aws:s3:::{bucket}"}
    permit_key(fixed, key, service("s3", KEY_USES, "*", StringEquals=source))
    fixed.client("s3").put_object(Bucket=bucket, Key="b")
    assert len(queue.arrived()) == 1


def test_the_key_that_aws_manages_lets_no_service_in(fixed: Cloud) -> None:
    bucket, queue = _topic_of_a_bucket(fixed, "alias/aws/sns")
    fixed.client("s3").put_object(Bucket=bucket, Key="a")
    assert queue.arrived(1) == []


def test_a_service_uses_tls_although_its_caller_does_not(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    allowed = mailing.statement_of_topic(mailing.topic)
    mailing.permit_topic(mailing.topic, allowed, deny_plain_http("sns:Publish", mailing.topic))
    plain = deny_plain_http("sqs:*", mailing.queue.arn)
    mailing.queue.permit(mailing.statement_of_queue(), plain)
    fixed.client("sesv2", endpoint=fixed.plain_endpoint).send_email(**mailing.request())
    assert mailing.kinds() == ["Send", "Delivery"]


def test_stock_publishes_without_the_key(stock: Cloud) -> None:
    bucket, queue = _topic_of_a_bucket(stock, stock.key())
    stock.client("s3").put_object(Bucket=bucket, Key="a")
    assert len(queue.arrived()) == 1
