"""Promises of the chat: a real client, over a real WebSocket."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ulid import ULID

from ops.chat import sessions
from ops.chat.answer import NO_ROUTE, Answer, Disorder, Frame, gateways_word, was_not_taken
from ops.chat.line import Line, Lost, Refused
from ops.chat.sessions import Opened
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.smoke import Broken, Promise
from ops.smoke.deployment import Deployment

QUESTION = "Which parts does a software specification have?"
FOREIGN = "https://somebody-else.example"
PATIENCE_S = 90.0
UNSUPPORTED_DATA = 1003
FRAME_S = 20.0
"""For an answer that needs no model."""
PAUSES_S = (0.5, 2.0, 5.0)
"""Before what was not taken is sent again; the same id makes it the same message."""


def an_answer_streams_in(deployment: Deployment) -> str:
    """Accepted, deltas without a gap, then done with the length of the whole.

    The acceptance comes from another function than the answer, which may overtake it.
    """
    with _session(deployment) as opened, _line(deployment, opened.token) as line:
        asked = time.monotonic()
        answer, first = _ask(line, str(ULID()))
        while all(frame.get("type") != "accepted" for frame in answer.frames):
            answer.take(_receive(line, FRAME_S))
        pieces = sum(frame["type"] == "delta" for frame in answer.frames)
    done = answer.done or {}
    if not answer.text:
        raise Broken("the answer is empty")
    # A language model may answer in one piece; the built-in one has its first word sent at once.
    if done["builtIn"] and pieces < 2:
        raise Broken("the answer came as a whole, in one piece")
    return (
        f"{len(answer.text)} characters in {pieces} pieces by {done['provider']} {done['model']}, the first"
        f" after {first - asked:.2f} s"
    )


def an_answer_is_given_once(deployment: Deployment) -> str:
    """The same message again, as a client sends it that lost its connection: the same answer comes again."""
    message_id = str(ULID())
    with _session(deployment) as opened:
        texts = []
        for _ in range(2):
            with _line(deployment, opened.token) as line:
                texts.append(_ask(line, message_id)[0].text)
        kept = sessions.table(deployment).conversation(opened.session_id, None)
    if len(set(texts)) != 1:
        raise Broken("a message that was sent again got another answer")
    if len(kept) != 2:
        raise Broken(f"the session holds {len(kept)} messages and answers instead of one of each")
    return "sent twice over two connections, one answer kept, the same text both times"


def who_may_not_is_refused(deployment: Deployment) -> str:
    with _session(deployment) as opened:
        seen = [
            _refused(deployment, "no token", ""),
            _refused(deployment, "an unknown token", secrets.token_urlsafe(32)),
            _refused(deployment, "a foreign origin", opened.token, origin=FOREIGN),
        ]
        with _line(deployment, opened.token) as line:
            sessions.table(deployment).revoke_session(opened.session_id)
            seen.append(_refused(deployment, "a revoked session", opened.token))
            frame = _reply(line, {"action": "sendMessage", "text": QUESTION})
            if frame.get("code") != "sessionEnded":
                raise Broken(f"the open connection of a revoked session was answered with {frame}")
    return ", ".join([*seen, "its open connection answers no more"])


def nonsense_is_answered(deployment: Deployment) -> str:
    """The connection stays, whatever is sent."""
    frames: dict[str, Any] = {
        "no JSON": "{",
        "an unknown action": {"action": "nothing we know"},
        "no text": {"action": "sendMessage"},
        "too much text": {"action": "sendMessage", "text": "x" * 20_000},
    }
    with _session(deployment) as opened, _line(deployment, opened.token) as line:
        for what, sent in frames.items():
            frame = _reply(line, sent)
            if frame.get("type") != "error" or not frame.get("message"):
                raise Broken(f"{what} was answered with {frame}")
        answer, _ = _ask(line, str(ULID()))
    return f"{', '.join(frames)}: an error frame each; then {len(answer.text)} characters of an answer"


def bytes_end_the_connection(deployment: Deployment) -> str:
    """API Gateway takes no binary frame and closes with 1003, before any function of ours hears of it.

    Source: API Gateway developer guide, "Binary media types for WebSocket APIs".
    """
    with _session(deployment) as opened, _line(deployment, opened.token) as other:
        with _open(deployment, opened.token) as line:
            line.send(b"\x00\xff")
            try:
                raise Broken(f"bytes were answered with {_receive(line, FRAME_S)}")
            except Lost as lost:
                if lost.code != UNSUPPORTED_DATA:
                    raise Broken(f"bytes ended the connection with {lost.code}") from None
        _ask(other, str(ULID()))
    return f"closed with {UNSUPPORTED_DATA}; the session's other connection is answered"


@contextmanager
def _session(deployment: Deployment) -> Iterator[Opened]:
    """A session that is removed, with all that was said in it."""
    opened = sessions.create(deployment)
    try:
        yield opened
    finally:
        sessions.forget(deployment, opened.session_id)


def _open(deployment: Deployment, token: str, origin: str | None = None) -> Line:
    """A connection. As any client does, it tries once more where nothing answered in time."""
    url = deployment.outputs["websocket_url"]
    try:
        return Line(url, token, origin=origin)
    except OpsError as error:
        if error.code is not ExitCode.NETWORK:
            raise
    return Line(url, token, origin=origin)


@contextmanager
def _line(deployment: Deployment, token: str) -> Iterator[Line]:
    with _open(deployment, token) as line:
        try:
            yield line
        except Lost as error:
            raise Broken(f"the connection was lost: {error}") from error


def _refused(deployment: Deployment, what: str, token: str, origin: str | None = None) -> str:
    try:
        with _open(deployment, token, origin):
            raise Broken(f"{what} was let in")
    except Refused as refusal:
        if refusal.status not in (401, 403):
            raise Broken(f"{what} was answered with HTTP {refusal.status}") from None
        return f"{what}: {refusal.status}"


def _ask(line: Line, message_id: str, text: str = QUESTION) -> tuple[Answer, float]:
    """The complete answer, and when its first piece came."""
    answer, first = Answer(message_id), 0.0
    message = {"action": "sendMessage", "messageId": message_id, "text": text}
    deadline = time.monotonic() + PATIENCE_S
    frame = _reply(line, message, PATIENCE_S)
    try:
        while True:
            if frame.get("messageId") == message_id:
                if answer.take(frame) and not first:
                    first = time.monotonic()
            elif frame.get("type") == "error":
                raise Broken(f"instead of an answer: {frame['code']}: {frame['message']}")
            if answer.ended:
                break
            frame = _receive(line, deadline - time.monotonic())
    except Disorder as disorder:
        raise Broken(f"out of order: {disorder}") from disorder
    if answer.failed:
        raise Broken(f"instead of an answer: {answer.failed['code']}: {answer.failed['message']}")
    return answer, first


def _reply(line: Line, sent: Any, seconds: float = FRAME_S) -> Frame:
    """The first frame that comes of one, which is sent again where it was not taken, as clients do."""
    for pause in (*PAUSES_S, None):
        line.send(sent)
        frame = _receive(line, seconds)
        word = gateways_word(frame)
        if word is None and not was_not_taken(frame):
            return frame
        if pause is None or word == NO_ROUTE:
            break
        time.sleep(pause)
    if word is None:
        return frame
    raise Broken(f"API Gateway did not let it through: {word}")


def _receive(line: Line, seconds: float) -> Frame:
    try:
        return line.receive(max(0.1, seconds))
    except TimeoutError:
        raise Broken("nothing came in time") from None


def _promise(text: str, prove: Callable[[Deployment], str]) -> Promise:
    return Promise("websocket", text, prove)


PROMISES = (
    _promise("An answer streams in, in order and complete", an_answer_streams_in),
    _promise("A message that is sent again is answered once", an_answer_is_given_once),
    _promise("No token, a wrong one, a foreign origin, a revoked session: refused", who_may_not_is_refused),
    _promise("Nonsense gets an error frame, the connection stays", nonsense_is_answered),
    _promise("Bytes end their own connection, as API Gateway has it", bytes_end_the_connection),
)
