"""functions/send_message/, with DynamoDB and SQS of the local AWS."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constructs_lib.compute.catalogue import SPECS
from functions.send_message import handler
from functions.shared import clients
from functions.shared.frames import is_ulid, ulid_seconds
from functions.shared.table import Session, Table
from tests.functions.support import Broken, Log, forget, logged, message, ulid_at

MESSAGE = ulid_at(time.time())


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, table_name: str, queue_url: str) -> Log:
    forget(handler)
    return logged(handler.log, monkeypatch)


Send = Callable[..., dict[str, Any]]


@pytest.fixture
def send(log: Log, session: Session) -> Send:
    """Sends a frame over the session's connection and gives the answer's; the status as "status" in it."""

    def send(body: str | None = None, **frame: Any) -> dict[str, Any]:
        binary = frame.pop("binary", False)
        whose = frame.pop("session_id", session.session_id)
        event = message(json.dumps(frame) if frame else body, whose, binary=binary)
        answer = handler.handle(event, None)
        assert answer.keys() == {"statusCode", "body"}
        return {**json.loads(answer["body"]), "status": answer["statusCode"]}

    return send


def jobs(queue_url: str) -> list[dict[str, str]]:
    """What was queued; it is gone then."""
    found: list[dict[str, str]] = []
    sqs = clients.client("sqs")
    while received := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        for job in received:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=job["ReceiptHandle"])
            found.append(json.loads(job["Body"]))
    return found


def test_a_message_is_stored_queued_and_accepted(
    send: Send, session: Session, table_name: str, queue_url: str, log: Log
) -> None:
    answer = send(action="sendMessage", text="Grüße 🎈", messageId=MESSAGE)
    assert answer == {"type": "accepted", "messageId": MESSAGE, "status": 200}
    stored = Table(table_name).message(session.session_id, MESSAGE)
    assert stored is not None
    assert (stored.text, stored.connection_id, stored.state) == ("Grüße 🎈", "CONN1=", "queued")
    assert stored.expires_at == session.expires_at
    assert jobs(queue_url) == [
        {"sessionId": session.session_id, "messageId": MESSAGE, "connectionId": "CONN1="}
    ]
    assert log.errors == []
    assert "Grüße" not in log.text


def test_a_message_without_id_gets_one_of_now(send: Send, queue_url: str) -> None:
    ids = [send(action="sendMessage", text="Hello")["messageId"] for _ in range(3)]
    assert ids == sorted(set(ids))
    assert all(is_ulid(message_id) and abs(ulid_seconds(message_id) - time.time()) < 60 for message_id in ids)
    assert sorted(job["messageId"] for job in jobs(queue_url)) == ids


def test_a_message_sent_again_is_queued_again_and_stored_once(
    send: Send, session: Session, table_name: str, queue_url: str
) -> None:
    """The worker then replays the answer that there is, or resumes."""
    table = Table(table_name)
    send(action="sendMessage", text="First", messageId=MESSAGE)
    table.put_answer(session, MESSAGE, "Good day", "built-in", "echo", True)
    table.set_message_state(session.session_id, MESSAGE, "answered")
    answer = send(action="sendMessage", text="Second", messageId=MESSAGE)
    assert answer["type"] == "accepted"
    assert [entry.text for entry in table.conversation(session.session_id)] == ["First", "Good day"]
    assert len(jobs(queue_url)) == 2


def test_a_cancellation_is_noted(send: Send, session: Session, table_name: str, queue_url: str) -> None:
    send(action="sendMessage", text="Hello", messageId=MESSAGE)
    assert send(action="sendMessage", cancel=MESSAGE)["type"] == "accepted"
    stored = Table(table_name).message(session.session_id, MESSAGE)
    assert stored is not None
    assert stored.cancel_requested
    assert len(jobs(queue_url)) == 1


def test_a_message_of_another_session_is_not_cancelled(send: Send, session: Session, table_name: str) -> None:
    table = Table(table_name)
    other = table.create_session("another token")
    table.add_message(other, MESSAGE, "Hello", "CONN2=")
    answer = send(action="sendMessage", cancel=MESSAGE)
    assert (answer["code"], answer["messageId"], answer["status"]) == ("badRequest", MESSAGE, 200)
    stored = table.message(other.session_id, MESSAGE)
    assert stored is not None
    assert not stored.cancel_requested


@pytest.mark.parametrize("end", ["revoked", "completed", "gone"])
@pytest.mark.parametrize("frame", [{"text": "Hello", "messageId": MESSAGE}, {"cancel": MESSAGE}])
def test_an_ended_session_is_told_so(
    send: Send, session: Session, table_name: str, queue_url: str, end: str, frame: dict[str, str]
) -> None:
    """The connection of a session outlives it by up to two hours."""
    table, whose = Table(table_name), session.session_id
    table.add_message(session, MESSAGE, "Before", "CONN1=")
    if end == "revoked":
        table.revoke_session(whose)
    elif end == "completed":
        table.complete_session(whose, "R-1")
    else:
        whose = "another"
    answer = send(action="sendMessage", session_id=whose, **frame)
    assert (answer["code"], answer["messageId"], answer["status"]) == ("sessionEnded", MESSAGE, 200)
    assert jobs(queue_url) == []
    stored = table.message(session.session_id, MESSAGE)
    assert stored is not None
    assert (stored.text, stored.cancel_requested) == ("Before", False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "badRequest"),
        ("", "badRequest"),
        ("hello", "badRequest"),
        ('{"text":"a"}', "unknownAction"),
        ('{"action":"shout","text":"a"}', "unknownAction"),
        ('{"action":"sendMessage"}', "badRequest"),
        ('{"action":"sendMessage","text":"' + "a" * 16_001 + '"}', "tooLarge"),
        ("[" * 100_000, "badRequest"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_frame_is_answered_and_leaves_nothing(
    send: Send, session: Session, table_name: str, queue_url: str, log: Log, body: str | None, code: str
) -> None:
    answer = send(body)
    assert (answer["type"], answer["code"], answer["status"]) == ("error", code, 200)
    assert Table(table_name).conversation(session.session_id) == []
    assert jobs(queue_url) == []
    assert log.errors == []


def test_a_binary_frame_is_answered(send: Send, log: Log) -> None:
    answer = send("eyJhY3Rpb24iOiJzZW5kTWVzc2FnZSIsInRleHQiOiJhIn0=", binary=True)
    assert (answer["code"], answer["status"]) == ("badRequest", 200)
    assert "binary" in answer["message"]
    assert log.errors == []


def test_an_id_of_a_time_to_come_is_refused(send: Send, queue_url: str) -> None:
    """It would stand behind everything that is said until then."""
    answer = send(action="sendMessage", text="a", messageId=ulid_at(time.time() + 400))
    assert answer["code"] == "badRequest"
    assert jobs(queue_url) == []


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.text(st.characters() | st.sampled_from('{}[]",:\\\ud800')) | st.none() | st.just('{"action":7}'),
    binary=st.booleans(),
)
def test_nothing_that_a_client_sends_is_a_failure(
    send: Send, log: Log, body: str | None, binary: bool
) -> None:
    answer = send(body, binary=binary)
    assert (answer["type"], answer["status"]) == ("error", 200)
    assert log.errors == []


# Failures of ours


@pytest.mark.parametrize(
    ("failing", "code", "expected"),
    [
        ("table", "InternalServerError", "internal"),
        ("queue", "AccessDenied", "internal"),
        ("table", "ProvisionedThroughputExceededException", "busy"),
        ("queue", "RequestThrottled", "busy"),
    ],
)
def test_a_failure_is_answered_with_the_id_and_logged_trap_43(
    send: Send, log: Log, monkeypatch: pytest.MonkeyPatch, failing: str, code: str, expected: str
) -> None:
    """With status 500, which IntegrationError counts; the client may send the same message again."""
    broken = Broken(code)
    if failing == "table":
        monkeypatch.setattr(handler, "_table", lambda: broken)
    else:
        monkeypatch.setattr(handler, "clients", SimpleNamespace(client=lambda _: broken))
    answer = send(action="sendMessage", text="Meine Frage")
    assert (answer["code"], answer["status"]) == (expected, 500)
    assert is_ulid(answer["messageId"])
    [error] = log.errors
    assert error["message_id"] == answer["messageId"]
    assert "It is down" in error["exception"]
    assert "Meine Frage" not in log.text


def test_a_message_that_was_not_queued_is_when_it_is_sent_again(
    send: Send, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as down:
        down.setattr(handler, "clients", SimpleNamespace(client=lambda _: Broken()))
        message_id = send(action="sendMessage", text="Hello")["messageId"]
    assert send(action="sendMessage", text="Hello", messageId=message_id)["type"] == "accepted"
    assert [job["messageId"] for job in jobs(queue_url)] == [message_id]


def test_a_database_that_is_not_there_is_told_in_time(
    send: Send, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens there; the client hears of it before the function's time is over."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://127.0.0.1:1")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    clients.forget()
    forget(handler)
    started = time.monotonic()
    assert send(action="sendMessage", text="Hello")["code"] == "internal"
    assert time.monotonic() - started < SPECS["send_message"].timeout_s
    [error] = log.errors
    assert error["exception_name"] == EndpointConnectionError.__name__


@pytest.mark.parametrize("function", ["authorizer", "connect", "disconnect", "send_message"])
def test_a_service_that_hangs_leaves_time_to_say_so_trap_39(function: str) -> None:
    config: Any = clients.CONFIG
    longest = (config.connect_timeout + config.read_timeout) * config.retries["total_max_attempts"]
    assert longest < SPECS[function].timeout_s <= 29


def test_a_route_without_session_is_our_failure(send: Send, log: Log) -> None:
    """The authorizer is missing: everybody would be anybody."""
    assert send(action="sendMessage", text="Hello", session_id=None)["code"] == "internal"
    assert log.errors[0]["exception_name"] == "KeyError"
