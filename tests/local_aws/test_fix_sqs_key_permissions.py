"""fixes/sqs_key_permissions.py"""

from __future__ import annotations

import pytest

from tests.local_aws.cloud import Cloud, allow, refused
from tests.local_aws.sources import queue
from tests.local_aws.test_fix_kms_enforcement import via

ACCESS = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"]


@pytest.mark.parametrize("uses", [[], ["kms:Decrypt"], ["kms:GenerateDataKey"]])
def test_sending_needs_both_uses_of_the_key(fixed: Cloud, uses: list[str]) -> None:
    key = fixed.key()
    source = queue(fixed, key)
    statements = [allow(ACCESS, source.arn), *([allow(uses, key, **via("sqs"))] if uses else [])]
    sqs = fixed.assume(fixed.role(*statements)).client("sqs")
    refused(sqs.send_message, QueueUrl=source.url, MessageBody="{}")
    entries = [{"Id": "1", "MessageBody": "{}"}]
    refused(sqs.send_message_batch, QueueUrl=source.url, Entries=entries)
    assert source.count() == 0


def test_with_the_key_messages_come_and_go(fixed: Cloud) -> None:
    key = fixed.key()
    source = queue(fixed, key)
    both = allow(["kms:Decrypt", "kms:GenerateDataKey"], key, **via("sqs"))
    sender = fixed.assume(fixed.role(allow(ACCESS, source.arn), both)).client("sqs")
    sender.send_message(QueueUrl=source.url, MessageBody="{}")
    without = fixed.assume(fixed.role(allow(ACCESS, source.arn))).client("sqs")
    refused(without.receive_message, QueueUrl=source.url)
    only = {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": source.arn}}
    receiver = fixed.assume(fixed.role(allow(ACCESS, source.arn), allow("kms:Decrypt", key, **only)))
    [message] = receiver.client("sqs").receive_message(QueueUrl=source.url)["Messages"]
    without.delete_message(QueueUrl=source.url, ReceiptHandle=message["ReceiptHandle"])
    assert source.count() == 0


def test_a_queue_without_a_key_asks_for_none(fixed: Cloud) -> None:
    source = queue(fixed)
    sqs = fixed.assume(fixed.role(allow(ACCESS, source.arn))).client("sqs")
    sqs.send_message(QueueUrl=source.url, MessageBody="{}")
    assert sqs.receive_message(QueueUrl=source.url)["Messages"]


def test_stock_sends_without_the_key(stock: Cloud) -> None:
    source = queue(stock, stock.key())
    sqs = stock.assume(stock.role(allow(ACCESS, source.arn))).client("sqs")
    sqs.send_message(QueueUrl=source.url, MessageBody="{}")
