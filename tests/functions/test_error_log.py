"""functions/error_log, on the log groups of the local AWS."""

from __future__ import annotations

import base64
import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.consumers.error_log import ERRORS
from functions.error_log import handler
from functions.error_log.batches import (
    MAXIMUM_BYTES,
    MAXIMUM_EVENTS,
    OVERHEAD_BYTES,
    STREAM_NAME_LENGTH,
    acceptable,
    batches,
    by_day,
    stream_name,
)
from functions.error_log.payload import LogEvent
from functions.shared import clients
from ops.local_aws.log_patterns import compile_pattern
from tests.functions.emf import of_environment
from tests.functions.support import Log, logged
from tests.local_aws.cloud import Cloud, unique

SOURCE = "2025/06/15/spec-wizard-dev-chat-worker[$LATEST]0123456789abcdef"
NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)


def payload(*events: tuple[int, str], kind: str = "DATA_MESSAGE", stream: str = SOURCE) -> dict[str, Any]:
    """As CloudWatch Logs sends it."""
    data = {
        "messageType": kind,
        "owner": "123456789012",
        "logGroup": "/spec-wizard/dev/application",
        "logStream": stream,
        "subscriptionFilters": ["errors"],
        "logEvents": [
            {"id": str(index), "timestamp": timestamp, "message": message}
            for index, (timestamp, message) in enumerate(events)
        ],
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(data).encode())).decode()}}


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    return logged(handler.log, monkeypatch)


@pytest.fixture
def group(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new log group, where the function writes."""
    name = f"/test/{unique('errors')}"
    aws.client("logs").create_log_group(logGroupName=name)
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.setenv("ERROR_LOG_GROUP", name)
    return name


def written(cloud: Cloud, group: str) -> dict[str, list[tuple[int, str]]]:
    """Log stream -> its events."""
    client = cloud.client("logs")
    streams = [s["logStreamName"] for s in client.describe_log_streams(logGroupName=group)["logStreams"]]
    return {
        stream: [
            (event["timestamp"], event["message"])
            for event in client.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)[
                "events"
            ]
        ]
        for stream in streams
    }


def now_ms() -> int:
    return int(time.time() * 1000)


def day(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp / 1000, UTC).strftime("%Y/%m/%d")


def test_trap_54_errors_are_written_by_day_and_stream_in_order(
    aws: Cloud, group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    now = now_ms()
    yesterday = now - 86_400_000
    handler.handle(payload((now, "third"), (yesterday, "first"), (now - 1, "second")), None)
    assert written(aws, group) == {
        f"{day(yesterday)}/{SOURCE}": [(yesterday, "first")],
        f"{day(now)}/{SOURCE}": [(now - 1, "second"), (now, "third")],
    }
    assert sum(of_environment(capsys.readouterr().out)["ErrorsLogged"]) == 3


def test_a_stream_that_exists_is_written_on(aws: Cloud, group: str) -> None:
    now = now_ms()
    for message in ("first", "second"):
        handler.handle(payload((now, message)), None)
    assert written(aws, group) == {f"{day(now)}/{SOURCE}": [(now, "first"), (now, "second")]}


def test_a_stream_that_another_execution_has_just_made_is_written_to(
    aws: Cloud, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the refusal and the creation, that is."""
    now = now_ms()
    client, stream = clients.client("logs"), f"{day(now)}/{SOURCE}"
    create = client.create_log_stream

    def late(**arguments: Any) -> Any:
        create(**arguments)
        return create(**arguments)

    monkeypatch.setattr(client, "create_log_stream", late)
    handler.handle(payload((now, "an error")), None)
    assert written(aws, group) == {stream: [(now, "an error")]}


def test_old_events_are_skipped_and_told(
    aws: Cloud, group: str, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    """CloudWatch Logs refuses what is older than 14 days, and a whole batch that spans more than one."""
    now = now_ms()
    handler.handle(payload((now - 15 * 86_400_000, "old"), (now, "new")), None)
    assert written(aws, group) == {f"{day(now)}/{SOURCE}": [(now, "new")]}
    assert of_environment(capsys.readouterr().out) == {"ErrorsLogged": (1,)}
    assert [line["skipped"] for line in log.lines] == [1]


def test_control_messages_are_ignored(aws: Cloud, group: str, capsys: pytest.CaptureFixture[str]) -> None:
    handler.handle(payload((now_ms(), "CWL CONTROL MESSAGE"), kind="CONTROL_MESSAGE"), None)
    assert written(aws, group) == {}
    assert capsys.readouterr().out == ""


def test_a_missing_log_group_is_a_failure(
    aws: Cloud, group: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that CloudWatch Logs sends the events again."""
    monkeypatch.setenv("ERROR_LOG_GROUP", "/test/nowhere")
    with pytest.raises(clients.client("logs").exceptions.ResourceNotFoundException):
        handler.handle(payload((now_ms(), "an error")), None)
    assert capsys.readouterr().out == ""


def test_more_than_one_batch_is_written(aws: Cloud, group: str) -> None:
    now = now_ms()
    message = "x" * 200_000
    handler.handle(payload(*((now, f"{index}{message}") for index in range(8))), None)
    (events,) = written(aws, group).values()
    assert [text[0] for _, text in events] == list("01234567")


def test_the_application_log_is_not_in_the_functions_own(aws: Cloud, group: str, log: Log) -> None:
    handler.handle(payload((now_ms(), "the message")), None)
    assert log.text == ""


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 400_000)), max_size=30))
def test_batches_keep_order_events_and_limits(shapes: list[tuple[int, int]]) -> None:
    events = sorted(LogEvent(timestamp, "é" * (size // 2)) for timestamp, size in shapes)
    made = list(batches(events))
    assert [event for batch in made for event in batch] == events
    for batch in made:
        assert 0 < len(batch) <= MAXIMUM_EVENTS
        assert sum(len(event.message.encode()) + OVERHEAD_BYTES for event in batch) <= MAXIMUM_BYTES


def test_a_batch_has_ten_thousand_events_at_most() -> None:
    sizes = [len(batch) for batch in batches(LogEvent(index, "") for index in range(25_000))]
    assert sizes == [10_000, 10_000, 5_000]


def test_a_batch_may_be_exactly_full() -> None:
    half = "x" * (MAXIMUM_BYTES // 2 - OVERHEAD_BYTES)
    assert [len(b) for b in batches([LogEvent(1, half), LogEvent(2, half)])] == [2]
    assert [len(b) for b in batches([LogEvent(1, half), LogEvent(2, half + "x")])] == [1, 1]


def test_a_message_larger_than_a_batch_is_cut_between_characters() -> None:
    ((event,),) = batches([LogEvent(1, "€" * MAXIMUM_BYTES)])
    size = len(event.message.encode())
    assert MAXIMUM_BYTES - OVERHEAD_BYTES - 3 < size <= MAXIMUM_BYTES - OVERHEAD_BYTES
    assert set(event.message) == {"€"}


@pytest.mark.parametrize(
    ("offset", "taken"),
    [
        (timedelta(days=-14), True),
        (timedelta(days=-14, milliseconds=-1), False),
        (timedelta(0), True),
        (timedelta(hours=2), True),
        (timedelta(hours=2, milliseconds=1), False),
    ],
)
def test_the_times_that_are_taken(offset: timedelta, taken: bool) -> None:
    event = LogEvent(int((NOW + offset).timestamp() * 1000), "an error")
    assert bool(acceptable([event], NOW)) is taken


def test_the_earliest_comes_first() -> None:
    """PutLogEvents refuses a batch that is out of order."""
    now = int(NOW.timestamp() * 1000)
    events = [LogEvent(now, "third"), LogEvent(now - 2, "first"), LogEvent(now - 1, "second")]
    assert [event.message for event in acceptable(events, NOW)] == ["first", "second", "third"]


def test_a_day_begins_at_midnight_utc() -> None:
    midnight = int(datetime(2025, 6, 15, tzinfo=UTC).timestamp() * 1000)
    before, after = LogEvent(midnight - 1, "before"), LogEvent(midnight, "after")
    assert by_day([before, after]) == {"2025/06/14": [before], "2025/06/15": [after]}


def test_a_stream_name_is_never_too_long() -> None:
    assert len(stream_name("2025/06/15", "s" * STREAM_NAME_LENGTH)) == STREAM_NAME_LENGTH


REPORT = {
    "time": "2025-06-15T15:06:40.000Z",
    "type": "platform.report",
    "record": {
        "requestId": "6d68ca91-49c9-448d-89b8-7ca3e6dc66aa",
        "metrics": {"durationMs": 10_000.0, "memorySizeMB": 256, "maxMemoryUsedMB": 90},
        "status": "timeout",
    },
}


def report(status: str) -> dict[str, Any]:
    return REPORT | {"record": REPORT["record"] | {"status": status}}  # type: ignore[operator]


@pytest.mark.parametrize(
    "line",
    [
        {"level": "ERROR", "message": "The model is not available", "service": "chat_worker"},
        {"level": "CRITICAL", "message": "Out of ideas"},
        {"timestamp": "2025", "level": "ERROR", "errorType": "KeyError", "stackTrace": [], "requestId": "1"},
        {"timestamp": "2025", "log_level": "ERROR", "errorType": "KeyError", "stackTrace": []},
        report("timeout"),
        report("error"),
        report("failure"),
    ],
    ids=lambda line: str(line.get("level") or line.get("log_level") or line["record"]["status"]),
)
def test_trap_54_errors_and_killed_functions_match_the_subscription(line: dict[str, Any]) -> None:
    assert compile_pattern(ERRORS)(json.dumps(line))


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"level": "INFO", "message": "ERROR and timeout in a message"}),
        json.dumps({"level": "WARNING", "message": "retried"}),
        json.dumps(report("success")),
        json.dumps({"type": "platform.runtimeDone", "record": {"status": "timeout"}}),
        json.dumps({"type": "platform.start", "record": {"requestId": "1", "version": "$LATEST"}}),
        json.dumps({"_aws": {"CloudWatchMetrics": []}, "ChatFailures": [1]}),
        "ERROR in a line that is no JSON",
    ],
)
def test_everything_else_does_not_match_it(line: str) -> None:
    assert not compile_pattern(ERRORS)(line)
