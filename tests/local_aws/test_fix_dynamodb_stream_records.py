"""fixes/dynamodb_stream_records.py"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from ops.local_aws.instance import LocalAws
from tests.local_aws.cloud import Cloud, item
from tests.local_aws.functions import Function, deploy, eventually
from tests.local_aws.sources import map_source, stream_rights, streaming_table


def _consumer(cloud: Cloud) -> tuple[Function, str, str]:
    """A function, the table whose stream it reads, and the mapping."""
    table, stream = streaming_table(cloud)
    function = deploy(cloud, statements=stream_rights(stream))
    mapping = map_source(function, stream, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=3)
    return function, table, mapping


def _put(cloud: Cloud, table: str, *sorts: str) -> None:
    for sort in sorts:
        cloud.client("dynamodb").put_item(TableName=table, Item=item(SK=sort))


def _seen(function: Function) -> list[Any]:
    return [record["dynamodb"]["Keys"]["SK"]["S"] for event in function.seen() for record in event["Records"]]


def test_a_consumer_goes_on_after_a_restart(instance: LocalAws) -> None:
    instance.start()
    function, table, _ = _consumer(Cloud(instance))
    _put(function.cloud, table, "a", "b", "c")
    assert eventually(lambda: len(_seen(function)) == 3)
    instance.stop()
    instance.start()
    _put(function.cloud, table, "d")
    assert eventually(lambda: _seen(function) == ["a", "b", "c", "d"])
    numbers = [
        int(record["dynamodb"]["SequenceNumber"]) for event in function.seen() for record in event["Records"]
    ]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("ended", ["stopped", "killed"])
def test_what_was_not_read_before_a_restart_is_read_after_it(instance: LocalAws, ended: str) -> None:
    pid = instance.start().pid or 0
    function, table, mapping = _consumer(Cloud(instance))
    lambda_ = function.cloud.client("lambda")
    _put(function.cloud, table, "read")
    assert eventually(lambda: _seen(function) == ["read"])
    lambda_.update_event_source_mapping(UUID=mapping, Enabled=False)
    _put(function.cloud, table, "unread")
    if ended == "killed":
        time.sleep(2)  # the checkpoint's interval, and its own time
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not instance.status().running)
    else:
        instance.stop()
    instance.start()
    lambda_.update_event_source_mapping(UUID=mapping, Enabled=True)
    assert eventually(lambda: _seen(function) == ["read", "unread"])


def test_stock_tells_a_consumer_nothing_after_a_restart(tmp_path: Any) -> None:
    instance = LocalAws(tmp_path / "aws", without=["dynamodb_stream_records"])
    try:
        instance.start()
        function, table, _ = _consumer(Cloud(instance))
        _put(function.cloud, table, "a", "b", "c")
        assert eventually(lambda: len(_seen(function)) == 3)
        instance.stop()
        instance.start()
        _put(function.cloud, table, "d")
        assert not eventually(lambda: "d" in _seen(function), 4)
    finally:
        instance.stop()
