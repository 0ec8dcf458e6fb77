"""functions/shared/table.py, on the DynamoDB of the local AWS."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.shared import clients
from functions.shared.table import (
    Answer,
    Message,
    Session,
    SessionExists,
    SessionNotActive,
    Table,
    hash_token,
    new_token,
)
from tests.functions.support import NOW, Clock, ulid_at
from tests.local_aws.cloud import Cloud

DAY = 24 * 3600
FIRST, SECOND, THIRD = ulid_at(NOW), ulid_at(NOW + 1), ulid_at(NOW + 2)


def items(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    """All of the table, by key, without it."""
    found = clients.dynamodb().Table(name).scan()["Items"]
    return {(item.pop("PK"), item.pop("SK")): item for item in found}


def at_once(call: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(call, arguments))


def said(table: Table, session: Session, message_id: str, text: str = "Hello") -> Message:
    return table.add_message(session, message_id, text, "CONN1=")


def answered(table: Table, session: Session, message_id: str, text: str = "Good day") -> bool:
    return table.put_answer(session, message_id, text, "built-in", "echo", True)


# Tokens


def test_a_token_is_long_and_fits_into_a_url() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 and token.replace("-", "a").replace("_", "a").isalnum() for token in tokens)


def test_only_a_tokens_hash_is_in_the_table(table: Table, table_name: str) -> None:
    token = new_token()
    table.create_session(token)
    assert token not in repr(items(table_name))
    assert hashlib.sha256(token.encode()).hexdigest() in repr(items(table_name))


@pytest.mark.parametrize("token", ["", "ä", "\ud800", "x" * 100_000])
def test_any_token_has_a_hash(token: str) -> None:
    assert len(hash_token(token)) == 64


# Sessions


def test_a_session_is_written_as_the_data_model_has_it_trap_08(table: Table, table_name: str) -> None:
    made = table.create_session("secret", "s1")
    assert made == Session("s1", "active", created_at=NOW, expires_at=NOW + 30 * DAY)
    assert items(table_name) == {
        ("SESSION#s1", "META"): {
            "GSI1PK": f"MAGIC#{hash_token('secret')}",
            "GSI1SK": "SESSION#s1",
            "sessionId": "s1",
            "state": "active",
            "createdAt": NOW,
            "expiresAt": NOW + 30 * DAY,
        }
    }


def test_a_session_is_found_by_its_token_and_by_its_id(table: Table) -> None:
    made, other = table.create_session("one"), table.create_session("two")
    assert table.session_by_token("one") == made == table.session(made.session_id)
    assert table.session_by_token("two") == other
    assert table.session_by_token("three") is None
    assert table.session("three") is None


def test_an_expired_session_is_none_although_it_is_there_trap_08(
    table: Table, table_name: str, clock: Clock
) -> None:
    made = table.create_session("one")
    clock.pass_(30 * DAY - 1)
    assert table.session(made.session_id) == made == table.session_by_token("one")
    clock.pass_(1)
    assert table.session(made.session_id) is None
    assert table.session_by_token("one") is None
    assert table.revoke_session(made.session_id) is False
    with pytest.raises(SessionNotActive):
        table.complete_session(made.session_id, "R-1")
    assert len(items(table_name)) == 1


def test_a_taken_id_is_refused(table: Table) -> None:
    made = table.create_session("one", "s1")
    with pytest.raises(SessionExists, match="s1"):
        table.create_session("two", "s1")
    assert table.session_by_token("one") == made


def test_a_revoked_session_says_so(table: Table) -> None:
    made = table.create_session("one")
    assert table.revoke_session(made.session_id) is True
    for found in (table.session(made.session_id), table.session_by_token("one")):
        assert found is not None
        assert (found.state, found.ended_at) == ("revoked", None)
    assert table.revoke_session("nobody") is False


def test_a_completed_session_has_its_submission(table: Table, table_name: str, clock: Clock) -> None:
    table.create_session("one", "s1")
    clock.pass_(90.7)
    table.complete_session("s1", "R-2025-1")
    assert table.session("s1") == Session("s1", "completed", NOW, NOW + 30 * DAY, ended_at=NOW + 90)
    assert items(table_name)["SESSION#s1", "SUBMISSION"] == {
        "GSI1PK": "REF#R-2025-1",
        "GSI1SK": "SUBMISSION#s1",
        "sessionId": "s1",
        "reference": "R-2025-1",
        "createdAt": NOW + 90,
        "expiresAt": NOW + 30 * DAY,
    }


@pytest.mark.parametrize("end", ["revoke", "complete", "none"])
def test_only_an_active_session_is_completed(table: Table, table_name: str, end: str) -> None:
    if end != "none":
        table.create_session("one", "s1")
    if end == "revoke":
        table.revoke_session("s1")
    elif end == "complete":
        table.complete_session("s1", "R-1")
    before = items(table_name)
    with pytest.raises(SessionNotActive, match="s1"):
        table.complete_session("s1", "R-2")
    assert items(table_name) == before


def test_a_session_that_ends_meanwhile_is_not_completed(
    table: Table, table_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both see it active; the transaction decides."""
    made = table.create_session("one", "s1")
    table.revoke_session("s1")
    before = items(table_name)
    monkeypatch.setattr(table, "session", lambda _: made)
    with pytest.raises(SessionNotActive):
        table.complete_session("s1", "R-1")
    assert items(table_name) == before


def test_a_session_is_forgotten_with_all_that_belongs_to_it(
    table: Table, table_name: str, clock: Clock
) -> None:
    """What has expired and is not deleted yet goes too; what is another session's stays."""
    kept = table.create_session("other", "s11")
    said(table, kept, FIRST)
    table.put_connection("OTHER=", "s11")
    before = items(table_name)
    session = table.create_session("one", "s1")
    said(table, session, FIRST)
    answered(table, session, FIRST)
    table.put_connection("CONN1=", "s1")
    table.complete_session("s1", "R-1")
    raw = clients.dynamodb().Table(table_name)
    raw.put_item(Item={"PK": "IDEMPOTENCY#SESSION#s1", "SK": "ask#f00", "expiresAt": NOW - 1})
    raw.put_item(Item={"PK": "SESSION#s1", "SK": "SPEC#1", "expiresAt": NOW - 1})
    clock.pass_(31 * DAY)
    assert table.forget_session("s1") == 7
    assert items(table_name) == before
    assert table.forget_session("s1") == 0


# Connections


def test_a_connection_is_written_for_three_hours_trap_39(table: Table, table_name: str) -> None:
    table.put_connection("CONN1=", "s1")
    assert items(table_name) == {
        ("CONN#CONN1=", "META"): {
            "GSI1PK": "SESSION#s1",
            "GSI1SK": "CONN#CONN1=",
            "connectionId": "CONN1=",
            "sessionId": "s1",
            "createdAt": NOW,
            "expiresAt": NOW + 3 * 3600,
        }
    }
    table.delete_connection("CONN1=")
    table.delete_connection("CONN1=")
    assert items(table_name) == {}


def test_the_connections_of_a_session_are_the_live_ones_of_that_one(table: Table, clock: Clock) -> None:
    table.put_connection("OLD=", "s1")
    clock.pass_(2 * 3600)
    for connection_id in ("TWO=", "ONE="):
        table.put_connection(connection_id, "s1")
    table.put_connection("OTHER=", "s2")
    assert table.connections("s1") == ["OLD=", "ONE=", "TWO="]
    clock.pass_(3600)
    assert table.connections("s1") == ["ONE=", "TWO="]
    assert table.connections("s3") == []


# Messages


def test_a_message_is_written_as_the_data_model_has_it(table: Table, table_name: str, clock: Clock) -> None:
    session = table.create_session("one", "s1")
    clock.pass_(5)
    made = said(table, session, FIRST, "Grüße 🎈")
    assert made == Message(FIRST, "Grüße 🎈", "CONN1=", "queued", NOW + 5, session.expires_at)
    assert table.message("s1", FIRST) == made
    assert items(table_name)["SESSION#s1", f"MSG#{FIRST}"] == {
        "messageId": FIRST,
        "role": "user",
        "text": "Grüße 🎈",
        "connectionId": "CONN1=",
        "state": "queued",
        "createdAt": NOW + 5,
        "cancelRequested": False,
        "expiresAt": NOW + 30 * DAY,
    }


def test_a_message_sent_again_changes_its_connection_alone(table: Table, clock: Clock) -> None:
    session = table.create_session("one")
    first = said(table, session, FIRST)
    table.set_message_state(session.session_id, FIRST, "answered")
    table.request_cancel(session.session_id, FIRST)
    clock.pass_(60)
    again = table.add_message(session, FIRST, "Another text", "CONN2=")
    assert again == table.message(session.session_id, FIRST)
    assert again == Message(
        FIRST, first.text, "CONN2=", "answered", NOW, session.expires_at, cancel_requested=True
    )


def test_two_who_send_the_same_message_at_once_store_it_once(table: Table, table_name: str) -> None:
    session = table.create_session("one", "s1")
    texts = [f"text {number}" for number in range(8)]
    made = at_once(lambda text: table.add_message(session, FIRST, text, f"to {text}"), texts)
    kept = {message.text for message in made}
    assert len(kept) == 1
    assert kept < set(texts)
    assert len(items(table_name)) == 2


def test_a_messages_state_and_cancellation_are_set_where_it_is(table: Table) -> None:
    session = table.create_session("one", "s1")
    said(table, session, FIRST)
    assert table.set_message_state("s1", FIRST, "failed") is True
    assert table.request_cancel("s1", FIRST) is True
    message = table.message("s1", FIRST)
    assert message is not None
    assert (message.state, message.cancel_requested) == ("failed", True)


def test_a_message_of_another_session_is_none(table: Table, table_name: str) -> None:
    said(table, table.create_session("one", "s1"), FIRST)
    before = items(table_name)
    assert table.message("s2", FIRST) is None
    assert table.request_cancel("s2", FIRST) is False
    assert table.set_message_state("s1", SECOND, "failed") is False
    assert items(table_name) == before


def test_messages_and_answers_expire_with_their_session_trap_08(table: Table, clock: Clock) -> None:
    session = table.create_session("one", "s1")
    said(table, session, FIRST)
    answered(table, session, FIRST)
    clock.pass_(30 * DAY)
    assert table.message("s1", FIRST) is None
    assert table.answer("s1", FIRST) is None
    assert table.conversation("s1") == []
    assert table.request_cancel("s1", FIRST) is False


def test_attempts_are_counted_from_one(table: Table, clock: Clock) -> None:
    session = table.create_session("one", "s1")
    said(table, session, FIRST)
    assert [table.begin_attempt("s1", FIRST) for _ in range(3)] == [1, 2, 3]
    said(table, session, FIRST)
    assert sorted(at_once(lambda _: table.begin_attempt("s1", FIRST), [None] * 8)) == list(range(4, 12))
    assert table.begin_attempt("s1", SECOND) == 0
    assert table.message("s1", SECOND) is None
    clock.pass_(30 * DAY)
    assert table.begin_attempt("s1", FIRST) == 0


# Answers


def test_an_answer_is_written_as_the_data_model_has_it(table: Table, table_name: str) -> None:
    session = table.create_session("one", "s1")
    assert table.put_answer(session, FIRST, "Good day", "anthropic", "claude", False) is True
    assert table.answer("s1", FIRST) == Answer(
        FIRST, "Good day", "anthropic", "claude", False, NOW, session.expires_at
    )
    assert items(table_name)["SESSION#s1", f"MSG#{FIRST}#ANSWER"] == {
        "messageId": FIRST,
        "role": "assistant",
        "text": "Good day",
        "provider": "anthropic",
        "model": "claude",
        "builtIn": False,
        "createdAt": NOW,
        "expiresAt": NOW + 30 * DAY,
    }
    assert table.answer("s1", SECOND) is None


def test_of_answers_at_once_one_wins(table: Table) -> None:
    session = table.create_session("one", "s1")
    texts = [f"answer {number}" for number in range(8)]
    won = dict(zip(texts, at_once(lambda text: answered(table, session, FIRST, text), texts), strict=True))
    assert sorted(won.values()) == [False] * 7 + [True]
    answer = table.answer("s1", FIRST)
    assert answer is not None
    assert won[answer.text] is True


def test_an_empty_answer_is_one(table: Table) -> None:
    session = table.create_session("one", "s1")
    assert answered(table, session, FIRST, "")
    assert not answered(table, session, FIRST, "late")


# Conversations


@pytest.fixture
def talk(table: Table) -> Session:
    """Three questions, the last of them without an answer, written in another order."""
    session = table.create_session("one", "s1")
    for message_id in (THIRD, FIRST, SECOND):
        said(table, session, message_id)
    answered(table, session, SECOND)
    answered(table, session, FIRST)
    said(table, table.create_session("two", "s2"), FIRST)
    table.complete_session("s1", "R-1")
    return session


def heard(found: list[Message | Answer]) -> list[tuple[str, str]]:
    return [(entry.role, entry.message_id) for entry in found]


ALL = [("user", FIRST), ("assistant", FIRST), ("user", SECOND), ("assistant", SECOND), ("user", THIRD)]


@pytest.mark.usefixtures("talk")
def test_a_conversation_is_in_order(table: Table) -> None:
    assert heard(table.conversation("s1")) == ALL
    assert table.conversation("s3") == []


@pytest.mark.parametrize(("before", "count"), [(FIRST, 1), (SECOND, 3), (THIRD, 5)])
@pytest.mark.usefixtures("talk")
def test_a_conversation_ends_with_the_message_that_is_asked_for(
    table: Table, before: str, count: int
) -> None:
    assert heard(table.conversation("s1", before)) == ALL[:count]


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
@pytest.mark.usefixtures("talk")
def test_of_a_long_conversation_the_last_is_given(table: Table, limit: int) -> None:
    assert heard(table.conversation("s1", THIRD, limit)) == ALL[-limit:]


def test_a_conversation_of_more_than_one_page_is_whole(table: Table) -> None:
    """DynamoDB ends a page at 1 MB."""
    session = table.create_session("one", "s1")
    ids = [ulid_at(NOW, last=number) for number in range(25)]
    for message_id in ids:
        said(table, session, message_id, message_id + "ä" * 30_000)
    found = table.conversation("s1")
    assert [entry.message_id for entry in found] == ids
    assert all(entry.text == entry.message_id + "ä" * 30_000 for entry in found)


def test_expired_items_do_not_hide_live_ones(table: Table, table_name: str) -> None:
    """DynamoDB counts its limit before it filters: a page may be empty and not the last."""
    session = table.create_session("one", "s1")
    said(table, session, FIRST)
    raw = clients.dynamodb().Table(table_name)
    for number in range(5):
        raw.put_item(Item={"PK": "SESSION#s1", "SK": f"MSG#{ulid_at(NOW + 1, number)}", "expiresAt": NOW})
    assert heard(table.conversation("s1", limit=2)) == [("user", FIRST)]


# Failures


def test_what_fails_in_aws_is_raised_as_it_came(aws: Cloud) -> None:
    missing = Table("no-such-table")
    session = Session("s1", "active", NOW, 2**40)
    for call in (
        lambda: missing.create_session("one"),
        lambda: missing.session_by_token("one"),
        lambda: missing.session("s1"),
        lambda: missing.revoke_session("s1"),
        lambda: missing.add_message(session, FIRST, "a", "b"),
        lambda: missing.begin_attempt("s1", FIRST),
        lambda: answered(missing, session, FIRST),
    ):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            call()


def test_a_failed_transaction_is_no_inactive_session(
    table: Table, table_name: str, aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = table.create_session("one", "s1")
    monkeypatch.setattr(table, "session", lambda _: made)
    aws.client("dynamodb").delete_table(TableName=table_name)
    with pytest.raises(ClientError):
        table.complete_session("s1", "R-1")
