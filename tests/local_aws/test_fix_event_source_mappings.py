"""fixes/event_source_mappings.py"""

from __future__ import annotations

import pytest

from tests.local_aws.cloud import Cloud, allow, refused
from tests.local_aws.functions import LOGS, Function, deploy
from tests.local_aws.sources import (
    STREAM_RIGHTS,
    map_source,
    queue,
    queue_rights,
    stream_rights,
    streaming_table,
)


def _refusal(function: Function, arn: str) -> str:
    create = function.cloud.client("lambda").create_event_source_mapping
    more = {"StartingPosition": "LATEST"} if ":dynamodb:" in arn else {}
    return refused(create, FunctionName=function.name, EventSourceArn=arn, **more)


@pytest.mark.parametrize("missing", ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])
def test_a_queue_needs_each_right(fixed: Cloud, missing: str) -> None:
    source = queue(fixed)
    rights = {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} - {missing}
    statements = [LOGS, allow([f"sqs:{right}" for right in rights], source.arn)]
    assert _refusal(deploy(fixed, statements=statements), source.arn) == "InvalidParameterValueException"
    assert map_source(deploy(fixed, statements=queue_rights(source)), source.arn)


@pytest.mark.parametrize("missing", STREAM_RIGHTS)
def test_a_stream_needs_each_right(fixed: Cloud, missing: str) -> None:
    _, stream = streaming_table(fixed)
    rights = [f"dynamodb:{right}" for right in STREAM_RIGHTS if right != missing]
    function = deploy(fixed, statements=[LOGS, allow(rights, stream)])
    assert _refusal(function, stream) == "InvalidParameterValueException"
    everything = deploy(fixed, statements=stream_rights(stream))
    assert map_source(everything, stream, StartingPosition="LATEST")


def test_messages_must_stay_hidden_while_the_function_may_run(fixed: Cloud) -> None:
    source = queue(fixed, VisibilityTimeout=29)
    function = deploy(fixed, statements=queue_rights(source), timeout_s=30)
    assert _refusal(function, source.arn) == "InvalidParameterValueException"


def test_a_source_is_mapped_to_a_function_once(fixed: Cloud) -> None:
    source = queue(fixed)
    function = deploy(fixed, statements=queue_rights(source))
    mapping = map_source(function, source.arn)
    assert _refusal(function, source.arn) == "ResourceConflictException"
    assert map_source(deploy(fixed, statements=queue_rights(source)), source.arn)
    fixed.client("lambda").delete_event_source_mapping(UUID=mapping)
    assert map_source(function, source.arn)


def test_stock_maps_what_the_role_may_not_read(stock: Cloud) -> None:
    source = queue(stock, VisibilityTimeout=1)
    assert map_source(deploy(stock, statements=[LOGS]), source.arn)
    _, stream = streaming_table(stock)
    assert map_source(deploy(stock, statements=[LOGS]), stream, StartingPosition="LATEST")


def test_stock_maps_a_source_twice(stock: Cloud) -> None:
    source = queue(stock)
    function = deploy(stock, statements=queue_rights(source))
    assert map_source(function, source.arn) != map_source(function, source.arn)
