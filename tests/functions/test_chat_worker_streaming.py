"""functions/chat_worker/{reader,sending,connection,keys,prompt}.py: how pieces become frames."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from functions.chat_worker import keys, prompt, reader
from functions.chat_worker.connection import Connections, Gone, Unreachable
from functions.chat_worker.keys import ApiKey, KeyUnreadable
from functions.chat_worker.providers.anthropic import Anthropic
from functions.chat_worker.providers.interface import Turn, Unavailable
from functions.chat_worker.reader import Reader
from functions.chat_worker.sending import Sending
from functions.shared.table import Answer, Message
from tests.functions.chat_worker_support import ONE, TWO, Api, Secret, TestTime, client_error
from tests.support.model_server import KEY, ModelServer, Reply


class Counted:
    """A stream without end that counts what is taken of it."""

    def __init__(self, last: Exception | None = None) -> None:
        self.given, self.closed, self.last = 0, threading.Event(), last

    def __iter__(self) -> Iterator[str]:
        try:
            while self.last is None or self.given < 3:
                self.given += 1
                yield "a"
            raise self.last
        finally:
            self.closed.set()

    def interrupt(self) -> None:
        """It never waits."""


# The reader


def test_what_nobody_takes_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Counted()
    with Reader(stream) as reading:
        limit = reader.PIECES_AHEAD + 1
        wait_until(lambda: stream.given == limit)
        assert reading.next(1) == "a"
        wait_until(lambda: stream.given == limit + 1)
        assert stream.given == limit + 1


def test_a_slow_client_slows_the_provider_down() -> None:
    """What is not taken stays in TCP's buffers, and the provider's writing waits."""
    with ModelServer(Reply(pieces=("a" * 50_000,), ending="without end")) as server:
        stream = Anthropic(KEY, url=server.url).stream([Turn("user", "Go on")])
        with Reader(stream) as reading:
            assert reading.next(5)
            before = -1
            while before != server.bytes_sent:  # until it stands still
                before = server.bytes_sent
                time.sleep(0.1)
            assert server.bytes_sent < 50_000_000
            taken = sum(reading.next(1) is not None for _ in range(300))
            assert taken == 300
            wait_until(lambda: server.bytes_sent > before)
        assert server.broken_pipes.acquire(timeout=30)


def test_leaving_ends_the_thread_and_the_stream() -> None:
    stream = Counted()
    with Reader(stream) as reading:
        reading.next(1)
    assert stream.closed.wait(1)
    assert not reading._thread.is_alive()


def test_a_silent_provider_keeps_nobody_waiting() -> None:
    with ModelServer(Reply(ending="never")) as server:
        stream = Anthropic(KEY, url=server.url).stream([Turn("user", "Go on")])
        with Reader(stream) as reading:
            while reading.next(0.2) is not None:
                pass
            assert not reading.ended
        assert not reading._thread.is_alive()
        assert server.broken_pipes.acquire(timeout=30), "the provider goes on for nobody"


def test_a_failure_comes_after_what_came_before_it() -> None:
    with Reader(Counted(Unavailable("cut"))) as reading:
        assert [reading.next(1) for _ in range(3)] == ["a", "a", "a"]
        with pytest.raises(Unavailable, match="cut"):
            reading.next(1)


# Sending

EVENTS = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(["flush", "wait", "gone", "one", "two", "throttled", "begin"]).map(lambda s: (s,)),
        st.integers(1, 3).map(lambda n: "x" * 20_000 * n),
    ),
    max_size=25,
)


@given(EVENTS)
def test_whatever_happens_the_client_has_all_of_the_last_attempt(events: list[Any]) -> None:
    """It leaves and comes back, API Gateway refuses now and then, the model begins anew."""
    clock = TestTime()
    api = Api(clock)
    sending = Sending(Connections(api, clock), "M", ONE, clock)
    attempt = 1
    sending.begin(attempt)
    for event in [*events, ("one",)]:
        match event:
            case str():
                sending.add(event)
            case ("wait",):
                clock.sleep(0.03)
            case ("gone",):
                api.gone.add(sending.connection_id)
            case ("throttled",):
                api.failures = [client_error("LimitExceededException", 429)] * 5
            case ("begin",):
                attempt += 1
                sending.begin(attempt)
            case ("one",) | ("two",):
                other = TWO if event == ("two",) else ONE
                api.gone.discard(other)
                sending.move(TWO if other == ONE else ONE)
                sending.move(other)
        if sending.due_in() <= 0:
            sending.flush()
    api.failures = []
    assert sending.finish({"type": "done"})
    assert api.kinds(sending.connection_id)[-1] == "done"
    assert api.shown(sending.connection_id) == sending.text or not sending.text


def test_a_frame_is_sent_no_sooner_than_50_ms_after_the_one_before() -> None:
    clock = TestTime()
    api = Api(clock)
    sending = Sending(Connections(api, clock), "M", ONE, clock)
    sending.begin(1)
    sending.add("a")
    assert sending.due_in() <= 0
    sending.flush()
    sending.add("b")
    assert sending.due_in() == pytest.approx(0.05)


# The connection


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (client_error("GoneException", 410), Gone),
        (client_error("410", 410), Gone),
        (client_error("ForbiddenException", 403), Unreachable),
        (client_error("InternalServerError", 500), Unreachable),
        (EndpointConnectionError(endpoint_url="https://example.com"), Unreachable),
    ],
)
def test_a_post_that_fails_says_how(error: Any, raised: type[Exception]) -> None:
    clock = TestTime()
    api = Api(clock, failures=[error])
    with pytest.raises(raised):
        Connections(api, clock).post(ONE, {"type": "done"})
    assert clock.passed == 0


def test_a_throttled_connection_is_given_up_after_a_while() -> None:
    clock = TestTime()
    api = Api(clock, failures=[client_error("LimitExceededException", 429)] * 9)
    with pytest.raises(Unreachable, match="LimitExceededException"):
        Connections(api, clock).post(ONE, {"type": "done"})
    assert len(api.failures) == 4
    assert clock.passed == pytest.approx(1.5)


# The key


def test_the_key_is_read_once() -> None:
    secret, clock = Secret("key\n"), TestTime()
    key = ApiKey(secret, "arn", clock)
    assert [key.get(), key.get()] == ["key", "key"]
    clock.sleep(3600)
    assert key.get() == "key"
    assert secret.reads == 1


@pytest.mark.parametrize("empty", [None, "", " \n"])
def test_a_secret_without_a_value_is_no_key_and_is_asked_again_after_a_minute(empty: str | None) -> None:
    secret, clock = Secret(empty, "key"), TestTime()
    key = ApiKey(secret, "arn", clock)
    assert [key.get(), key.get()] == [None, None]
    assert secret.reads == 1
    clock.sleep(keys.ASK_AGAIN_S)
    assert key.get() == "key"


def test_without_a_secret_there_is_no_key() -> None:
    assert ApiKey(Secret("key"), "", TestTime()).get() is None


def test_renewing_tells_whether_there_is_another_key() -> None:
    key = ApiKey(Secret("old", "old", "new"), "arn", TestTime())
    key.get()
    assert [key.renew(), key.renew(), key.get()] == [False, True, "new"]


def test_a_secret_that_cannot_be_read_is_no_empty_one() -> None:
    secret = Secret(client_error("AccessDeniedException", 400, "GetSecretValue"))
    with pytest.raises(KeyUnreadable, match="AccessDeniedException"):
        ApiKey(secret, "arn", TestTime()).get()


# The prompt


def said(role: str, text: str) -> Message | Answer:
    if role == "user":
        return Message("M", text, ONE, "queued", 0, 0)
    return Answer("M", text, "anthropic", "m", False, 0, 0)


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=5)), max_size=12))
def test_turns_are_as_providers_want_them(items: list[tuple[str, str]]) -> None:
    turns = prompt.turns([*(said(*item) for item in items), said("user", "last")])
    assert [turn.role for turn in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"]
    assert all(turn.text.strip() for turn in turns)
    assert turns[-1].text.endswith("last")


def test_of_a_long_conversation_the_end_is_kept() -> None:
    long = [said("user" if n % 2 == 0 else "assistant", f"{n}" + "x" * 15_000) for n in range(21)]
    turns = prompt.turns(long)
    assert turns[-1].text.startswith("20x")
    assert turns[0].text.startswith("14x")
    assert sum(len(turn.text) for turn in turns) <= prompt.HISTORY_CHARACTERS


def wait_until(true: Any) -> None:
    """Of another thread."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)
