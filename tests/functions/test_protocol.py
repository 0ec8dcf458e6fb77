"""functions/shared/frames.py: whatever comes, and whatever the model says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ulid import ULID

from functions.shared import frames
from functions.shared.frames import Ask, Cancel, Refusal
from tests.functions.support import NOW, ulid_at

MESSAGE = ulid_at(NOW)
LIMIT = 32_000

ANY_CHARACTER = st.characters() | st.sampled_from('\x00\x1f\n"\\\x7fé\u2028\ud800\udfff\uffff🎈')
ANY_TEXT = st.text(ANY_CHARACTER)
LONG_TEXT = st.builds(
    lambda start, character, times, end: start + character * times + end,
    ANY_TEXT,
    ANY_CHARACTER,
    st.integers(0, 70_000),
    ANY_TEXT,
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=8,
)
NEARLY_A_FRAME = st.fixed_dictionaries(
    {"action": st.just("sendMessage")},
    optional={
        "text": ANY_JSON,
        "messageId": ANY_JSON | st.just(MESSAGE),
        "cancel": ANY_JSON | st.just(MESSAGE),
    },
)


def parsed(**frame: Any) -> Ask | Cancel | Refusal:
    return frames.parse(json.dumps(frame), NOW)


def refused(body: object, **more: Any) -> tuple[str, str | None]:
    refusal = frames.parse(body, NOW, **more)
    assert isinstance(refusal, Refusal)
    assert json.loads(frames.encode(refusal.frame()))["type"] == "error"
    return refusal.code, refusal.message_id


# What a client sends


def test_a_message_is_understood() -> None:
    assert parsed(action="sendMessage", text=" Hello ") == Ask(" Hello ")
    assert parsed(action="sendMessage", text="Hello", messageId=MESSAGE) == Ask("Hello", MESSAGE)
    assert parsed(action="sendMessage", text="Hello", messageId=None) == Ask("Hello")


def test_a_cancellation_is_understood() -> None:
    assert parsed(action="sendMessage", cancel=MESSAGE) == Cancel(MESSAGE)


@pytest.mark.parametrize("text", ["a", "ä" * 16_000, "🎈" * 16_000])
def test_texts_of_1_to_16000_characters_are_taken(text: str) -> None:
    body = json.dumps({"action": "sendMessage", "text": text}, ensure_ascii=False)
    assert frames.parse(body, NOW) == Ask(text)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"text": "a"}, "unknownAction"),
        ({"action": None, "text": "a"}, "unknownAction"),
        ({"action": "sendmessage", "text": "a"}, "unknownAction"),
        ({"action": ["sendMessage"], "text": "a"}, "unknownAction"),
        ({"action": "$connect"}, "unknownAction"),
        ({"action": "sendMessage"}, "badRequest"),
        ({"action": "sendMessage", "text": None}, "badRequest"),
        ({"action": "sendMessage", "text": 5}, "badRequest"),
        ({"action": "sendMessage", "text": ""}, "badRequest"),
        ({"action": "sendMessage", "text": " \n\u2003"}, "badRequest"),
        ({"action": "sendMessage", "text": "a\ud83d"}, "badRequest"),
        ({"action": "sendMessage", "text": "a" * 16_001}, "tooLarge"),
        ({"action": "sendMessage", "text": "a", "messageID": "x"}, "badRequest"),
        ({"action": "sendMessage", "text": "a", "messageId": ""}, "badRequest"),
        ({"action": "sendMessage", "text": "a", "messageId": 7}, "badRequest"),
        ({"action": "sendMessage", "text": "a", "messageId": MESSAGE.lower()}, "badRequest"),
        ({"action": "sendMessage", "text": "a", "messageId": f"{MESSAGE}\n"}, "badRequest"),
        ({"action": "sendMessage", "text": "a", "messageId": "8" + MESSAGE[1:]}, "badRequest"),
        ({"action": "sendMessage", "text": "a", "messageId": MESSAGE[:-1] + "U"}, "badRequest"),
        ({"action": "sendMessage", "cancel": None}, "badRequest"),
        ({"action": "sendMessage", "cancel": "x"}, "badRequest"),
        ({"action": "sendMessage", "cancel": MESSAGE, "text": "a"}, "badRequest"),
    ],
)
def test_what_is_wrong_has_its_code(frame: dict[str, Any], code: str) -> None:
    assert refused(json.dumps(frame))[0] == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "badRequest"),
        (5, "badRequest"),
        (b"{}", "badRequest"),
        ("", "badRequest"),
        ("hello", "badRequest"),
        ("{", "badRequest"),
        ('"sendMessage"', "badRequest"),
        ("null", "badRequest"),
        ("[]", "badRequest"),
        ("1" * 5_000, "badRequest"),
        ("[" * 100_000, "badRequest"),
        ('{"a":' * 20_000, "badRequest"),
        ('{"action":' + "[" * 50_000 + "]" * 50_000 + "}", "badRequest"),
        ("\ufeff{}", "badRequest"),
        ("\ud800", "badRequest"),
        (" " * (128 * 1024 + 1), "tooLarge"),
        ("ä" * (64 * 1024 + 1), "tooLarge"),
        ("\ud800" * (128 * 1024), "tooLarge"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_frame_has_its_code(body: object, code: str) -> None:
    assert refused(body)[0] == code


def test_binary_frames_are_refused() -> None:
    """Whatever is in them: API Gateway gives them in base64, which may happen to be JSON, such as 1234."""
    assert refused(json.dumps({"action": "sendMessage", "text": "a"}), binary=True)[0] == "badRequest"


def test_a_refusal_names_the_message_where_it_is_known() -> None:
    body = {"action": "sendMessage", "messageId": MESSAGE}
    assert refused(json.dumps({**body, "text": ""})) == ("badRequest", MESSAGE)
    assert refused(json.dumps({**body, "text": "a" * 16_001})) == ("tooLarge", MESSAGE)
    assert refused(json.dumps({**body, "text": "a", "messageId": "mine"})) == ("badRequest", None)


@pytest.mark.parametrize(("ahead", "taken"), [(-(10**9), True), (299, True), (301, False), (10**9, False)])
def test_a_message_id_may_be_five_minutes_ahead(ahead: int, taken: bool) -> None:
    message_id = ulid_at(NOW + ahead)
    found = parsed(action="sendMessage", text="a", messageId=message_id)
    assert isinstance(found, Ask if taken else Refusal)
    assert found.message_id == message_id


@given(st.binary(min_size=16, max_size=16))
def test_every_ulid_is_one_and_has_its_time(value: bytes) -> None:
    ulid = ULID.from_bytes(value)
    assert frames.is_ulid(str(ulid))
    assert frames.ulid_seconds(str(ulid)) == pytest.approx(ulid.milliseconds / 1000, abs=0.001)


@settings(max_examples=300)
@given(ANY_JSON | NEARLY_A_FRAME)
def test_any_json_is_understood_or_refused(frame: Any) -> None:
    found = frames.parse(json.dumps(frame), NOW)
    if isinstance(found, Refusal):
        assert len(frames.encode(found.frame()).encode()) < 1_000
    else:
        assert frame["action"] == "sendMessage"
        assert found in (
            Cancel(str(frame.get("cancel"))),
            Ask(str(frame.get("text")), frame.get("messageId")),
        )


@given(ANY_TEXT | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_is_understood_or_refused(body: str) -> None:
    assert isinstance(frames.parse(body, NOW), Refusal)


def test_a_refusal_repeats_nothing_of_the_frame() -> None:
    for frame in (
        {"action": "secret"},
        {"action": "sendMessage", "text": "a", "messageId": "secret"},
        {"action": "sendMessage", "text": "a", "secret": "secret"},
        {"action": "sendMessage", "cancel": "secret"},
    ):
        assert "secret" not in repr(parsed(**frame))


# What the server sends


def read(frame: frames.Frame) -> Any:
    """As a client reads it, if it may be sent."""
    sent = frames.encode(frame).encode()
    assert len(sent) <= LIMIT
    return json.loads(sent)


@given(LONG_TEXT, st.integers(0, 10**6), st.integers(1, 3))
@example("\x00" * 20_000, 0, 1)
@example('"' * 70_000, 99_999, 1)
@example("a" + "🎈" * 30_000, 0, 1)
@example("\ud83d" * 20_000, 0, 1)
def test_deltas_hold_the_text_in_frames_of_32_kb_trap_39(text: str, offset: int, attempt: int) -> None:
    sent = [read(frame) for frame in frames.deltas(MESSAGE, attempt, offset, text)]
    assert "".join(frame["text"] for frame in sent) == frames.without_surrogates(text)
    assert len(frames.without_surrogates(text)) == len(text)
    at = offset
    for frame in sent:
        assert {key: frame[key] for key in frame.keys() - {"text"}} == {
            "type": "delta",
            "messageId": MESSAGE,
            "attempt": attempt,
            "offset": at,
        }
        assert frame["text"]
        at += len(frame["text"])


@pytest.mark.parametrize(
    ("character", "size"), [("a", 1), ('"', 2), ("\n", 2), ("ä", 2), ("€", 3), ("🎈", 4), ("\x00", 6)]
)
def test_a_text_is_not_cut_more_often_than_it_must(character: str, size: int) -> None:
    sent = list(frames.deltas(MESSAGE, 1, 0, character * 100_000))
    assert all(len(frames.encode(frame).encode()) > LIMIT - 20 for frame in sent[:-1])
    assert len(sent) == -(-100_000 * size // (LIMIT - 100))


def test_an_empty_text_has_no_delta() -> None:
    assert list(frames.deltas(MESSAGE, 1, 0, "")) == []


@given(ANY_TEXT)
def test_what_cannot_be_sent_is_replaced_and_nothing_else(text: str) -> None:
    clean = frames.without_surrogates(text)
    clean.encode()
    assert [b for a, b in zip(text, clean, strict=True) if a != b] == ["\ufffd"] * sum(
        "\ud800" <= character <= "\udfff" for character in text
    )


def test_the_other_frames_are_as_documented() -> None:
    assert read(frames.accepted(MESSAGE)) == {"type": "accepted", "messageId": MESSAGE}
    assert read(frames.done(MESSAGE, 2, 12, provider="openai", model="gpt", built_in=False)) == {
        "type": "done",
        "messageId": MESSAGE,
        "attempt": 2,
        "length": 12,
        "provider": "openai",
        "model": "gpt",
        "builtIn": False,
        "cancelled": False,
    }
    assert read(frames.error("internal", "Oh")) == {"type": "error", "code": "internal", "message": "Oh"}
    assert read(frames.error("timeout", "Oh", MESSAGE, retrying=False)) == {
        "type": "error",
        "code": "timeout",
        "message": "Oh",
        "messageId": MESSAGE,
        "retrying": False,
    }
