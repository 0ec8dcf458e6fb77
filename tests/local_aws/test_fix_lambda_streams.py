"""fixes/lambda_streams.py"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.local_aws.cloud import Cloud, allow, item
from tests.local_aws.functions import LOGS, Function, deploy, eventually, permit_role
from tests.local_aws.sources import (
    STREAM_RIGHTS,
    Source,
    map_source,
    queue,
    queue_rights,
    stream_rights,
    streaming_table,
)
from tests.local_aws.test_fix_kms_enforcement import via

CONSUMER = """
    import json, time
    def handle(event, context):
        numbers = [record["dynamodb"]["Keys"]["SK"]["S"] for record in event["Records"]]
        print("SEEN " + json.dumps(numbers))
        failures = []
        for record, number in zip(event["Records"], numbers):
            if number == "raise":
                raise ValueError("no")
            if number == "sleep":
                time.sleep(2)
            if number == "fail":
                failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
        return {"batchItemFailures": failures}
"""


def _mapped(cloud: Cloud, table: tuple[str, str] | None = None, **more: Any) -> tuple[Function, str, str]:
    """A function, its table, and the disabled mapping between them."""
    name, stream = table or streaming_table(cloud)
    function = deploy(cloud, CONSUMER, stream_rights(stream))
    mapping = map_source(function, stream, StartingPosition="TRIM_HORIZON", Enabled=False, **more)
    return function, name, mapping


def _put(function: Function, table: str, mapping: str, *names: str) -> None:
    """Puts items and only then lets the mapping read them, in one batch."""
    client = function.cloud.client("dynamodb")
    for name in names:
        client.put_item(TableName=table, Item=item(SK=name))
    function.cloud.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)


def _with_destination(cloud: Cloud, destination: Source, **more: Any) -> tuple[Function, str, str]:
    to = {"DestinationConfig": {"OnFailure": {"Destination": destination.arn}}}
    function, table, mapping = _mapped(cloud, **to, **more)
    stream = cloud.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    permit_role(cloud, function.role, *stream_rights(stream), allow("sqs:SendMessage", destination.arn))
    return function, table, mapping


def test_a_failed_batch_is_tried_again_and_goes_to_the_destination(fixed: Cloud) -> None:
    dead = queue(fixed)
    function, table, mapping = _with_destination(fixed, dead, MaximumRetryAttempts=2)
    _put(function, table, mapping, "a", "raise")
    assert eventually(dead.count) == 1
    assert function.seen() == [["a", "raise"]] * 3
    [told] = dead.bodies()
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["DDBStreamBatchInfo"]["batchSize"] == 2
    fixed.client("dynamodb").put_item(TableName=table, Item=item(SK="after"))
    assert eventually(lambda: function.seen()[-1] == ["after"])


def test_a_failing_batch_is_bisected(fixed: Cloud) -> None:
    dead = queue(fixed)
    function, table, mapping = _with_destination(
        fixed, dead, MaximumRetryAttempts=0, BisectBatchOnFunctionError=True
    )
    _put(function, table, mapping, "a", "b", "raise", "d")
    assert eventually(lambda: ["d"] in function.seen())
    assert function.seen() == [["a", "b", "raise", "d"], ["a", "b"], ["raise", "d"], ["raise"], ["d"]]
    assert dead.bodies()[0]["DDBStreamBatchInfo"]["batchSize"] == 1


def test_only_what_follows_a_reported_failure_comes_again(fixed: Cloud) -> None:
    dead = queue(fixed)
    function, table, mapping = _with_destination(
        fixed, dead, MaximumRetryAttempts=1, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    _put(function, table, mapping, "a", "fail", "c")
    assert eventually(dead.count) == 1
    assert function.seen() == [["a", "fail", "c"], ["fail", "c"]]


def test_a_reported_failure_is_a_success_unless_the_mapping_asks_for_reports(fixed: Cloud) -> None:
    function, table, mapping = _mapped(fixed)
    _put(function, table, mapping, "fail")
    function.await_seen()
    fixed.client("dynamodb").put_item(TableName=table, Item=item(SK="after"))
    assert eventually(lambda: len(function.seen()) == 2)
    assert function.seen() == [["fail"], ["after"]]


def test_the_destination_needs_the_right_to_send(fixed: Cloud) -> None:
    dead = queue(fixed)
    to = {"DestinationConfig": {"OnFailure": {"Destination": dead.arn}}}
    function, table, mapping = _mapped(fixed, MaximumRetryAttempts=0, **to)
    _put(function, table, mapping, "raise")
    assert eventually(lambda: function.metric("DestinationDeliveryFailures") == 1)
    assert dead.count() == 0


def test_a_destination_under_a_key_needs_the_key(fixed: Cloud) -> None:
    key = fixed.key()
    dead = queue(fixed, key)
    function, table, mapping = _with_destination(fixed, dead, MaximumRetryAttempts=0)
    _put(function, table, mapping, "raise")
    assert eventually(lambda: function.metric("DestinationDeliveryFailures") == 1)
    uses = allow(["kms:GenerateDataKey", "kms:Decrypt"], key, **via("sqs"))
    stream = fixed.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    permit_role(fixed, function.role, *stream_rights(stream), allow("sqs:SendMessage", dead.arn), uses)
    fixed.client("dynamodb").put_item(TableName=table, Item=item(SK="raise", text="changed"))
    assert eventually(dead.count) == 1


@pytest.mark.parametrize("missing", STREAM_RIGHTS)
def test_without_a_right_nothing_is_read(fixed: Cloud, missing: str) -> None:
    function, table, mapping = _mapped(fixed)
    stream = fixed.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    rights = [f"dynamodb:{right}" for right in STREAM_RIGHTS if right != missing]
    permit_role(fixed, function.role, LOGS, allow(rights, stream))
    _put(function, table, mapping, "a")
    time.sleep(0.3)
    assert function.seen() == []
    permit_role(fixed, function.role, *stream_rights(stream))
    assert function.await_seen() == [["a"]]


def test_the_stream_of_an_encrypted_table_needs_its_key(fixed: Cloud) -> None:
    key = fixed.key()
    name, stream = streaming_table(fixed, key)
    function = deploy(fixed, CONSUMER, [*stream_rights(stream), allow("kms:Decrypt", key, **via("dynamodb"))])
    mapping = map_source(function, stream, StartingPosition="TRIM_HORIZON", Enabled=False)
    permit_role(fixed, function.role, *stream_rights(stream))
    _put(function, name, mapping, "a")
    time.sleep(0.3)
    assert function.seen() == []
    permit_role(fixed, function.role, *stream_rights(stream), allow("kms:Decrypt", key, **via("dynamodb")))
    assert function.await_seen() == [["a"]]


def test_a_slow_consumer_does_not_hold_up_a_queue(fixed: Cloud) -> None:
    source = queue(fixed)
    other = deploy(fixed, statements=queue_rights(source))
    map_source(other, source.arn)
    source.send(number=0)
    other.await_seen()
    function, table, mapping = _mapped(fixed)
    _put(function, table, mapping, "sleep")
    assert eventually(lambda: _running(fixed, function))
    started = time.monotonic()
    source.send(number=1)
    assert len(other.await_seen(2)) == 2
    assert time.monotonic() - started < 1.5
    assert function.await_seen() == [["sleep"]]
    assert function.metric("IteratorAge") > 0


def _running(cloud: Cloud, function: Function) -> bool:
    """IteratorAge is counted when an invocation begins."""
    return function.metric("IteratorAge") > 0


def test_stock_tries_for_ever(stock: Cloud) -> None:
    function, table, mapping = _mapped(stock, MaximumRetryAttempts=0)
    _put(function, table, mapping, "raise")
    assert len(function.await_seen(2)) >= 2


def test_stock_ignores_reported_failures(stock: Cloud) -> None:
    function, table, mapping = _mapped(stock, FunctionResponseTypes=["ReportBatchItemFailures"])
    _put(function, table, mapping, "fail")
    function.await_seen()
    stock.client("dynamodb").put_item(TableName=table, Item=item(SK="after"))
    assert eventually(lambda: ["after"] in function.seen())
    assert function.seen().count(["fail"]) == 1
