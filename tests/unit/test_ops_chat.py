"""The chat from the terminal: an answer from frames, connections that break, where to connect to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from threading import Thread
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from websockets.sync.server import serve

from ops.chat.answer import Answer, Disorder, Frame
from ops.chat.conversation import RETRIES_S, Conversation, Event
from ops.chat.line import Line, Lost, Refused, address, trust, with_token
from ops.commands import chat
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.smoke import Broken
from ops.smoke import chat as smoke


def delta(offset: int, text: str, attempt: int = 1, message_id: str = "m") -> Frame:
    return {"type": "delta", "messageId": message_id, "attempt": attempt, "offset": offset, "text": text}


def done(length: int, attempt: int = 1) -> Frame:
    return {"type": "done", "messageId": "m", "attempt": attempt, "length": length, "provider": "p"}


def failure(*, retrying: bool) -> Frame:
    return {
        "type": "error",
        "messageId": "m",
        "code": "modelUnavailable",
        "message": "No.",
        "retrying": retrying,
    }


@given(pieces=st.lists(st.text(min_size=1), max_size=8), repeated=st.integers(0, 8))
def test_pieces_make_the_whole_however_much_of_it_is_sent_again(pieces: list[str], repeated: int) -> None:
    answer, shown = Answer("m"), ""
    whole = "".join(pieces)
    for sent in (pieces[:repeated], pieces):  # cut off somewhere, and sent again from the beginning
        offset = 0
        for piece in sent:
            shown += answer.take(delta(offset, piece)) or ""
            offset += len(piece)
    answer.take(done(len(whole)))
    assert answer.text == shown == whole
    assert answer.ended


def test_a_gap_is_told() -> None:
    answer = Answer("m")
    answer.take(delta(0, "one"))
    with pytest.raises(Disorder, match="from 3 to 5"):
        answer.take(delta(5, "two"))


def test_another_length_than_announced_is_told() -> None:
    answer = Answer("m")
    answer.take(delta(0, "one"))
    with pytest.raises(Disorder, match="3 characters came, 4"):
        answer.take(done(4))


def test_a_new_attempt_begins_anew_and_the_old_one_is_dropped() -> None:
    answer = Answer("m")
    assert answer.take(delta(0, "old")) == "old"
    assert answer.take(delta(0, "new", attempt=2)) is None
    assert answer.take(delta(3, "er", attempt=1)) == ""
    assert answer.text == "new"


def test_an_error_ends_the_answer_unless_it_is_tried_again() -> None:
    answer = Answer("m")
    answer.take(failure(retrying=True))
    assert not answer.ended
    answer.take(failure(retrying=False))
    assert answer.ended


class Script:
    """Connections that do what is written down: frames, Lost, or a refusal to open."""

    def __init__(self, *connections: Any) -> None:
        self.connections: Iterator[Any] = iter(connections)
        self.sent: list[Any] = []

    def open(self) -> Any:
        script = next(self.connections)
        if isinstance(script, BaseException):
            raise script
        return _Line(self, iter(script))


class _Line:
    def __init__(self, script: Script, frames: Iterator[Any]) -> None:
        self._script, self._frames = script, frames

    def send(self, message: Any) -> None:
        self._script.sent.append(message)

    def receive(self, _: float) -> Frame:
        frame = next(self._frames, TimeoutError())
        if isinstance(frame, BaseException):
            raise frame
        return dict(frame)

    def close(self) -> None:
        pass


def asked(script: Script) -> tuple[Answer, list[Event]]:
    answer = Answer("m")
    conversation = Conversation(script.open, pause=lambda _: None)
    return answer, list(conversation.ask("why", answer, patience_s=1))


def test_an_answer_goes_on_after_a_lost_connection() -> None:
    unreachable = OpsError("gone", code=ExitCode.NETWORK)
    script = Script([delta(0, "on"), Lost()], unreachable, [delta(0, "one"), done(3)])
    answer, events = asked(script)
    assert answer.text == "one"
    assert "".join(event.text for event in events) == "one"
    assert [message["messageId"] for message in script.sent] == ["m", "m"]
    assert any("connecting again" in event.note for event in events)


def test_a_session_that_ended_meanwhile_ends_the_conversation() -> None:
    with pytest.raises(Refused) as refused:
        asked(Script([Lost()], Refused(403)))
    assert refused.value.code is ExitCode.AUTHENTICATION
    assert "ops session create" in refused.value.hint


def test_frames_of_other_messages_are_passed_over() -> None:
    answer, _ = asked(Script([delta(0, "other", message_id="n"), delta(0, "mine"), done(4)]))
    assert answer.text == "mine"


def test_no_answer_in_time_is_told() -> None:
    with pytest.raises(OpsError, match="3 characters"):
        asked(Script([delta(0, "one")]))


def test_what_is_tried_again_is_told_and_awaited() -> None:
    answer, events = asked(Script([failure(retrying=True), delta(0, "one", attempt=2), done(3, 2)]))
    assert answer.text == "one"
    assert [event.note for event in events if event.note] == ["No. It is tried again."]


THROTTLED: Frame = {"message": "Too Many Requests", "connectionId": "c", "requestId": "r"}
FAILED: Frame = {**THROTTLED, "message": "Internal server error"}
ACCEPTED: Frame = {"type": "accepted", "messageId": "m"}
MESSAGE = {"action": "sendMessage", "messageId": "m", "text": "why"}
CANCELLATION = {"action": "sendMessage", "cancel": "m"}


@pytest.mark.parametrize("frame", [THROTTLED, FAILED])
def test_what_api_gateway_does_not_let_through_is_sent_again_after_a_pause(frame: Frame) -> None:
    script, pauses, answer = Script([frame, frame, ACCEPTED, delta(0, "one"), done(3)]), [], Answer("m")
    conversation = Conversation(script.open, pause=pauses.append)
    events = list(conversation.ask("why", answer, patience_s=1))
    assert answer.text == "one"
    assert script.sent == [MESSAGE] * 3
    assert pauses == list(RETRIES_S[:2])
    assert frame["message"] in events[0].note


@pytest.mark.parametrize(
    ("frames", "times"),
    [([THROTTLED] * 9, len(RETRIES_S) + 1), ([{**THROTTLED, "message": "Forbidden"}], 1)],
    ids=["always", "without a route"],
)
def test_what_api_gateway_never_lets_through_is_told(frames: list[Frame], times: int) -> None:
    script = Script(frames)
    with pytest.raises(OpsError, match=str(frames[0]["message"])) as told:
        asked(script)
    assert told.value.code is ExitCode.NETWORK
    assert script.sent == [MESSAGE] * times


def test_what_was_heard_of_is_not_sent_again() -> None:
    """The function's time was over, but it had done its work."""
    script = Script([ACCEPTED, FAILED, delta(0, "one"), done(3)])
    answer, events = asked(script)
    assert answer.text == "one"
    assert script.sent == [MESSAGE]
    assert [event.note for event in events if event.note] == []


def test_frames_of_a_kind_that_is_not_known_are_passed_over() -> None:
    answer, _ = asked(Script([{"type": "news"}, {"messageId": "m"}, {}, delta(0, "one"), done(3)]))
    assert answer.text == "one"


def stopped(script: Script) -> Answer:
    """Asked, stopped by a Ctrl-C where the script has one, and followed to the end."""
    answer = Answer("m")
    conversation = Conversation(script.open, pause=lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        list(conversation.ask("why", answer, patience_s=1))
    conversation.cancel()
    list(conversation.follow(answer, patience_s=1))
    conversation.close()
    return answer


def test_a_stopped_answer_ends_over_the_same_connection() -> None:
    script = Script([ACCEPTED, delta(0, "on"), KeyboardInterrupt(), ACCEPTED, done(2)])
    assert stopped(script).text == "on"
    assert script.sent == [MESSAGE, CANCELLATION]


def test_a_stopped_answer_ends_after_a_lost_connection() -> None:
    script = Script([delta(0, "on"), KeyboardInterrupt(), Lost()], [ACCEPTED, delta(0, "on"), done(2)])
    assert stopped(script).done
    assert script.sent == [MESSAGE, CANCELLATION, MESSAGE, CANCELLATION]


def test_an_answer_is_stopped_when_the_connection_is_dead() -> None:
    class Dying(Script):
        def open(self) -> Any:
            line = super().open()
            if not self.sent:
                line.send = lambda message: die() if message == CANCELLATION else self.sent.append(message)
            return line

    def die() -> None:
        raise Lost

    script = Dying([delta(0, "on"), KeyboardInterrupt()], [ACCEPTED, delta(0, "on"), done(2)])
    assert stopped(script).done
    assert script.sent == [MESSAGE, MESSAGE, CANCELLATION]


def test_an_answer_is_stopped_while_connecting_again() -> None:
    script = Script([delta(0, "on"), Lost()], KeyboardInterrupt(), [delta(0, "on"), done(2)])
    assert stopped(script).done
    assert script.sent == [MESSAGE, MESSAGE, CANCELLATION]


def test_a_message_is_stopped_once_it_is_known_to_be_there() -> None:
    """The cancellation might overtake it: both are handled at once, and there would be nothing to cancel."""
    script = Script([KeyboardInterrupt(), THROTTLED, ACCEPTED, done(0)])
    assert stopped(script).done
    assert script.sent == [MESSAGE, MESSAGE, CANCELLATION]


def test_only_a_cancellation_that_was_not_let_through_is_sent_again() -> None:
    script = Script([ACCEPTED, KeyboardInterrupt(), THROTTLED, ACCEPTED, done(0)])
    assert stopped(script).done
    assert script.sent == [MESSAGE, CANCELLATION, CANCELLATION]


def test_ctrl_c_stops_the_answer_and_not_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script([ACCEPTED, delta(0, "on"), KeyboardInterrupt(), Lost()], [delta(0, "on"), done(2)])
    conversation, answer = Conversation(script.open, pause=lambda _: None), Answer("m")
    chat._listen(conversation, "why", answer, Console())
    assert answer.done
    assert "on" in capsys.readouterr().out
    assert script.sent[-1] == CANCELLATION


def test_the_smoke_test_sends_again_what_api_gateway_does_not_let_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smoke, "PAUSES_S", (0, 0, 0))
    script = Script([THROTTLED, FAILED, ACCEPTED, delta(0, "one"), done(3)])
    answer, _ = smoke._ask(script.open(), "m", "why")
    assert answer.text == "one"
    assert script.sent == [MESSAGE] * 3
    with pytest.raises(Broken, match="Too Many Requests"):
        smoke._ask(Script([THROTTLED] * 4).open(), "m")


@pytest.mark.parametrize("late", range(4))
def test_the_smoke_test_takes_the_acceptance_whenever_it_comes(
    monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    """Another function sends it than the answer."""
    frames = [delta(0, "one"), delta(3, "two"), {**done(6), "builtIn": True, "model": "m"}]
    monkeypatch.setattr(smoke, "_session", lambda _: contextlib.nullcontext(Mock()))
    monkeypatch.setattr(smoke, "ULID", lambda: "m")

    def proven(frames: list[Frame]) -> str:
        line = Script(frames).open()
        monkeypatch.setattr(smoke, "_line", lambda *_: contextlib.nullcontext(line))
        return smoke.an_answer_streams_in(Mock())

    assert proven([*frames[:late], ACCEPTED, *frames[late:]]).startswith("6 characters in 2 pieces")
    with pytest.raises(Broken, match="nothing came in time"):
        proven(frames)


def test_the_local_aws_is_asked_by_path() -> None:
    url = "wss://abc123.execute-api.us-east-1.amazonaws.com/dev"
    assert address(url, {}) == url
    local = {"AWS_ENDPOINT_URL": "https://127.0.0.1:4566"}
    assert address(url, local) == "wss://127.0.0.1:4566/_aws/execute-api/abc123/dev"
    assert address(url, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).startswith("ws://127.0.0.1:1/")


def test_a_token_is_escaped_in_the_address() -> None:
    assert with_token("wss://host/dev", "a+b/c&d=") == "wss://host/dev?token=a%2Bb%2Fc%26d%3D"


def test_only_tls_needs_trust() -> None:
    assert trust("ws://127.0.0.1/dev", {}) is None
    assert trust("wss://127.0.0.1/dev", {}) is not None


@pytest.fixture
def chat_that_answers() -> Iterator[tuple[list[int], str]]:
    """Statuses with which a server on this machine answers in turn, 101 after the last; and its address."""
    statuses: list[int] = []

    def refuse(connection: Any, request: Any) -> Any:
        return connection.respond(statuses.pop(0), "") if statuses else None

    with serve(lambda connection: connection.recv(), "127.0.0.1", 0, process_request=refuse) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield statuses, f"ws://127.0.0.1:{server.socket.getsockname()[1]}/dev"
        server.shutdown()


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_refused_is_told_of_his_token(chat_that_answers: Any, status: int) -> None:
    statuses, url = chat_that_answers
    statuses.append(status)
    with pytest.raises(Refused) as refused:
        Line(url, "token")
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (429, "no more connections at the moment"),
        (500, "failed with HTTP 500"),
        (502, "failed with HTTP 502"),
        (503, "failed with HTTP 503"),
    ],
)
def test_what_another_try_may_mend_is_no_refusal(chat_that_answers: Any, status: int, said: str) -> None:
    statuses, url = chat_that_answers
    statuses.append(status)
    with pytest.raises(OpsError, match=said) as failed:
        Line(url, "token")
    assert failed.value.code is ExitCode.NETWORK
    Line(url, "token").close()  # another try


def test_a_connection_is_opened_again_through_failures_of_the_server(chat_that_answers: Any) -> None:
    statuses, url = chat_that_answers
    conversation = Conversation(lambda: Line(url, "token"), pause=lambda _: None)
    statuses += [500, 429, 503]
    conversation._reconnect()
    assert statuses == []
    conversation.close()


def test_a_broken_connection_leaves_no_traceback_beside_the_output(
    chat_that_answers: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the library meets in its own thread is told by Lost alone."""
    from websockets.client import ClientProtocol

    def broken(self: Any, data: bytes) -> None:
        raise RuntimeError("an internal error")

    _, url = chat_that_answers
    with Line(url, "token") as line:
        monkeypatch.setattr(ClientProtocol, "receive_data", broken)
        line.send("anything")  # the server answers by closing
        with pytest.raises(Lost):
            line.receive(5)
    assert [record for record in caplog.records if record.name != "websockets.server"] == []
