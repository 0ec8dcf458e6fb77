"""The chat's frames, as docs/chat.md has them: those that the server sends, and how a client's are read.

A frame is JSON with a "type", in at most 32 KB. Characters are counted in code points, as Python counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

FRAME_BYTES = 32_000
"""Of the server's frames: API Gateway's limit of 32 KB, by either way of counting a KB (trap 39)."""
PAYLOAD_BYTES = 128 * 1024
"""Of a client's message, which may come in several frames: API Gateway's limit. It closes the connection at a
larger one, of which no function hears; refused here all the same."""
TEXT_CHARACTERS = 16_000
AHEAD_SECONDS = 300
"""How far a client's clock may be ahead of ours."""
ACTION = "sendMessage"

Frame = dict[str, Any]
Code = Literal[
    "badRequest",
    "unknownAction",
    "tooLarge",
    "sessionEnded",
    "busy",
    "modelUnavailable",
    "modelRefused",
    "timeout",
    "internal",
]

_ULID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}")
_DIGITS = {digit: value for value, digit in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")}
_SURROGATE = re.compile("[\ud800-\udfff]")


# What the server sends


def encode(frame: Frame) -> str:
    """A frame as it is sent. Letters stay letters: escaped, most texts would need more frames."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def accepted(message_id: str) -> Frame:
    return {"type": "accepted", "messageId": message_id}


def done(
    message_id: str,
    attempt: int,
    length: int,
    *,
    provider: str,
    model: str,
    built_in: bool,
    cancelled: bool = False,
) -> Frame:
    """length: characters of the whole answer, by which the client sees whether it has all of them."""
    return {
        "type": "done",
        "messageId": message_id,
        "attempt": attempt,
        "length": length,
        "provider": provider,
        "model": model,
        "builtIn": built_in,
        "cancelled": cancelled,
    }


def error(code: Code, message: str, message_id: str | None = None, retrying: bool | None = None) -> Frame:
    """message: for people. retrying: whether the server itself tries again."""
    frame: Frame = {"type": "error", "code": code, "message": message}
    if message_id is not None:
        frame["messageId"] = message_id
    if retrying is not None:
        frame["retrying"] = retrying
    return frame


def unknown_action() -> Frame:
    return error("unknownAction", f'The frame needs "action":"{ACTION}"; there is no other action.')


def reply(frame: Frame, status: int = 200) -> dict[str, Any]:
    """What a route's function returns. API Gateway sends the body whatever the status, and counts one of 400
    and more as IntegrationError, which an alarm watches: so a client's mistake has 200.

    Source: API Gateway Developer Guide, "Set up a WebSocket API integration response": of a proxy integration
    the caller gets the output as it is. API Gateway has its own words only for a function without a result.
    """
    return {"statusCode": status, "body": encode(frame)}


def deltas(message_id: str, attempt: int, offset: int, text: str) -> Iterator[Frame]:
    """The text in as many frames as it needs, none above FRAME_BYTES; none at all for an empty text.

    offset: characters of this attempt before the text. Half a surrogate pair, which is no text that could be
    sent or stored, becomes U+FFFD; lengths stay as they are.
    """
    text = without_surrogates(text)
    frame = {"type": "delta", "messageId": message_id, "attempt": attempt}
    room = FRAME_BYTES - len(encode({**frame, "offset": offset + len(text), "text": ""}).encode())
    for start, end in _pieces(text, room):
        yield {**frame, "offset": offset + start, "text": text[start:end]}


def without_surrogates(text: str) -> str:
    """The text with U+FFFD in place of each lone surrogate."""
    return _SURROGATE.sub("\ufffd", text)


def _pieces(text: str, room: int) -> Iterator[tuple[int, int]]:
    """Bounds of pieces whose JSON takes at most `room` bytes each, without the quotation marks."""
    start = used = 0
    for index, character in enumerate(text):
        size = _size(character)
        if used + size > room:
            yield start, index
            start, used = index, 0
        used += size
    if start < len(text):
        yield start, len(text)


def _size(character: str) -> int:
    """Bytes of one character within a JSON string."""
    if character in '"\\\b\f\n\r\t':
        return 2
    if character < " ":
        return len("\\u0000")
    return len(character.encode())


# What a client sends


@dataclass(frozen=True)
class Ask:
    """message_id: the client's, None if it leaves that to us."""

    text: str
    message_id: str | None = None


@dataclass(frozen=True)
class Cancel:
    message_id: str


@dataclass(frozen=True)
class Refusal:
    """Why a frame is not understood; message_id: where it has a good one."""

    code: Code
    message: str
    message_id: str | None = None

    def frame(self) -> Frame:
        return error(self.code, self.message, self.message_id)


def parse(body: object, now: float, binary: bool = False) -> Ask | Cancel | Refusal:
    """A client's frame; whatever it is, this does not raise. now: seconds since 1970.

    Nothing of the frame is repeated in a refusal: it may be shown or logged.
    """
    if binary:
        return Refusal("badRequest", "Send text frames; binary frames are not understood.")
    if not isinstance(body, str):
        return Refusal("badRequest", "The frame is empty; send JSON.")
    if len(body) > PAYLOAD_BYTES or len(body.encode("utf-8", "surrogatepass")) > PAYLOAD_BYTES:
        return Refusal("tooLarge", f"The frame is larger than {PAYLOAD_BYTES // 1024} KB.")
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError):
        return Refusal("badRequest", "The frame is no JSON, or nested too deeply.")
    if not isinstance(frame, dict):
        return Refusal(
            "badRequest", 'The frame is no JSON object such as {"action":"sendMessage","text":"…"}.'
        )
    if frame.get("action") != ACTION:
        return Refusal("unknownAction", unknown_action()["message"])
    return _cancel(frame) if "cancel" in frame else _ask(frame, now)


def _ask(frame: Frame, now: float) -> Ask | Refusal:
    message_id, text = frame.get("messageId"), frame.get("text")
    if message_id is not None and not is_ulid(message_id):
        return Refusal("badRequest", '"messageId" is no ULID: 26 characters, upper case.')
    if message_id is not None and ulid_seconds(message_id) > now + AHEAD_SECONDS:
        return Refusal("badRequest", '"messageId" is a ULID of a time to come; check your clock.', message_id)
    if others := frame.keys() - {"action", "text", "messageId"}:
        known = '"text" and "messageId", or "cancel"'
        return Refusal("badRequest", f"{len(others)} unknown field(s) beside {known}.", message_id)
    if not isinstance(text, str):
        return Refusal("badRequest", '"text" is missing or no string.', message_id)
    if len(text) > TEXT_CHARACTERS:
        return Refusal("tooLarge", f'"text" is longer than {TEXT_CHARACTERS} characters.', message_id)
    if not text.strip():
        return Refusal("badRequest", '"text" is empty.', message_id)
    if _SURROGATE.search(text):
        return Refusal("badRequest", '"text" has half a surrogate pair, which is no character.', message_id)
    return Ask(text, message_id)


def _cancel(frame: Frame) -> Cancel | Refusal:
    message_id = frame["cancel"]
    if not is_ulid(message_id):
        return Refusal("badRequest", '"cancel" is no message id (a ULID: 26 characters, upper case).')
    if frame.keys() - {"action", "cancel"}:
        return Refusal("badRequest", '"cancel" stands alone beside "action".', message_id)
    return Cancel(message_id)


def is_ulid(value: object) -> bool:
    """In its canonical spelling only: in two spellings one message would be asked twice."""
    return isinstance(value, str) and _ULID.fullmatch(value) is not None


def ulid_seconds(ulid: str) -> float:
    """When a ULID was made, in seconds since 1970."""
    milliseconds = 0
    for digit in ulid[:10]:
        milliseconds = milliseconds * 32 + _DIGITS[digit]
    return milliseconds / 1000
