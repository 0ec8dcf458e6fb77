"""fixes/sqs_customer_keys.py"""

from __future__ import annotations

from ops.local_aws.example import ACCOUNT_ID
from tests.local_aws.cloud import Cloud, unique
from tests.local_aws.mailing import KEY_USES, Mailing, Queue, deny_plain_http, permit_key, service


def _publish(cloud: Cloud, queue: Queue, endpoint: str | None = None) -> None:
    sns = cloud.client("sns", endpoint=endpoint)
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    sns.publish(TopicArn=topic, Message="a")


def test_sns_needs_the_queues_key(fixed: Cloud) -> None:
    mailing = Mailing(fixed, encrypted=True)
    assert mailing.queue_key
    permit_key(fixed, mailing.queue_key)
    mailing.send()
    assert mailing.kinds() == []
    only = {
        "kms:EncryptionContext:aws:sqs:arn": mailing.queue.arn,
        "aws:SourceArn": mailing.topic,
        "aws:SourceAccount": ACCOUNT_ID,
    }
    permit_key(fixed, mailing.queue_key, service("sns", KEY_USES, "*", StringEquals=only))
    mailing.send()
    assert sorted(mailing.kinds()) == ["Delivery", "Send"]


def test_sns_needs_the_queues_policy(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    other = {"aws:SourceArn": f"{mailing.topic}-other"}
    mailing.queue.permit(service("sns", "sqs:SendMessage", mailing.queue.arn, ArnEquals=other))
    mailing.send()
    assert mailing.kinds() == []
    mailing.queue.permit(mailing.statement_of_queue())
    mailing.send()
    assert sorted(mailing.kinds()) == ["Delivery", "Send"]


def test_a_queue_without_a_key_is_as_before(fixed: Cloud) -> None:
    queue = Queue(fixed)
    _publish(fixed, queue)
    assert len(queue.drain()) == 1


def _closed_to_plain_http(cloud: Cloud) -> Queue:
    queue = Queue(cloud)
    allowed = service("sns", "sqs:SendMessage", queue.arn)
    queue.permit(allowed, deny_plain_http("sqs:SendMessage", queue.arn))
    return queue


def test_sns_uses_tls_although_its_caller_does_not(fixed: Cloud) -> None:
    queue = _closed_to_plain_http(fixed)
    _publish(fixed, queue, fixed.plain_endpoint)
    assert len(queue.drain()) == 1


def test_stock_loses_what_a_caller_without_tls_published(stock: Cloud) -> None:
    queue = _closed_to_plain_http(stock)
    _publish(stock, queue, stock.plain_endpoint)
    assert queue.drain() == []


def test_stock_sends_without_the_key(stock: Cloud) -> None:
    queue = Queue(stock, stock.key())
    _publish(stock, queue)
    assert len(queue.drain()) == 1
