"""functions/chat_worker/providers: their protocols, against a server that speaks them."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import httpx
import pytest
from httpx_sse import EventSource
from hypothesis import given
from hypothesis import strategies as st

from functions.chat_worker.providers import anthropic, choice, openai, streaming
from functions.chat_worker.providers.anthropic import Anthropic
from functions.chat_worker.providers.built_in import BuiltIn
from functions.chat_worker.providers.interface import Refused, Turn, Unauthorized, Unavailable
from functions.chat_worker.providers.openai import OpenAI
from functions.chat_worker.settings import Settings
from tests.support.model_server import (
    ANTHROPIC_PATH,
    KEY,
    OPENAI_PATH,
    PIECES,
    ModelServer,
    Reply,
    answer_of,
    anthropic_events,
    openai_events,
)

BOTH = pytest.mark.parametrize("made", [Anthropic, OpenAI])
TURNS = [Turn("user", "An app"), Turn("assistant", "For whom?"), Turn("user", "For gardeners")]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


def asked(made: Any, server: ModelServer, turns: Sequence[Turn] = TURNS, key: str = KEY) -> list[str]:
    """The pieces of an answer."""
    return list(made(key, url=server.url, instructions="Be brief.").stream(turns))


@BOTH
def test_the_answer_comes_whole_and_in_pieces(made: Any, server: ModelServer) -> None:
    pieces = asked(made, server)
    assert "".join(pieces) == answer_of()
    assert len(pieces) == 7


def test_the_messages_api_gets_what_it_documents(server: ModelServer) -> None:
    asked(Anthropic, server)
    [seen] = server.seen
    assert seen.path == ANTHROPIC_PATH
    assert (seen.headers["x-api-key"], seen.headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert seen.body == {
        "model": anthropic.DEFAULT_MODEL,
        "max_tokens": 4096,
        "system": "Be brief.",
        "stream": True,
        "messages": [
            {"role": "user", "content": "An app"},
            {"role": "assistant", "content": "For whom?"},
            {"role": "user", "content": "For gardeners"},
        ],
    }


def test_chat_completions_get_what_they_document(server: ModelServer) -> None:
    list(OpenAI(KEY, url=f"{server.url}/v1/", model="gpt-x", instructions="Be brief.").stream(TURNS[:1]))
    [seen] = server.seen
    assert seen.path == OPENAI_PATH
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.body == {
        "model": "gpt-x",
        "stream": True,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "An app"},
        ],
    }


@BOTH
@pytest.mark.parametrize("ending", ["dropped", "cut", "error", "no JSON"])
def test_a_stream_that_breaks_is_worth_another_try(made: Any, ending: Any) -> None:
    with ModelServer(Reply(ending=ending)) as server:
        stream = iter(made(KEY, url=server.url).stream(TURNS))
        assert next(stream) == "Good"
        with pytest.raises(Unavailable):
            list(stream)


@BOTH
def test_a_line_that_is_no_field_is_left_out(made: Any) -> None:
    with ModelServer(Reply(ending="garbage")) as server:
        assert "".join(asked(made, server)) == answer_of()


@BOTH
def test_a_refusal_in_the_stream_is_final_and_its_words_are_not_kept(made: Any) -> None:
    with ModelServer(Reply(ending="refusal")) as server, pytest.raises(Refused) as caught:
        asked(made, server)
    assert str(caught.value) == "in the stream, invalid_request_error"


@BOTH
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_a_status_that_passes_is_worth_another_try(made: Any, status: int) -> None:
    with ModelServer(Reply(status=status)) as server, pytest.raises(Unavailable) as caught:
        asked(made, server)
    assert str(caught.value) == f"status {status}, api_error"
    assert caught.value.retry_after_s is None


@BOTH
@pytest.mark.parametrize("status", [302, 400, 404, 413, 422])
def test_a_status_that_stays_is_a_refusal(made: Any, status: int) -> None:
    reply = Reply(status=status, kind="invalid_request_error")
    with ModelServer(reply) as server, pytest.raises(Refused) as caught:
        asked(made, server)
    assert str(caught.value) == f"status {status}, invalid_request_error"


@BOTH
def test_a_key_that_is_not_taken_is_told_apart(made: Any, server: ModelServer) -> None:
    with pytest.raises(Unauthorized, match="status 401, authentication_error"):
        asked(made, server, key="old")


@BOTH
def test_the_kind_of_an_error_is_a_name_or_nothing(made: Any) -> None:
    with (
        ModelServer(Reply(status=500, kind="What you wrote: “…”")) as server,
        pytest.raises(Unavailable) as e,
    ):
        asked(made, server)
    assert str(e.value) == "status 500, unnamed"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 40),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert streaming.retry_after(headers, now=60) == seconds


@BOTH
def test_nobody_listening_is_unavailable(made: Any) -> None:
    with ModelServer() as server:
        url = server.url
    with pytest.raises(Unavailable, match="ConnectError"):
        list(made(KEY, url=url).stream(TURNS))


@BOTH
def test_an_answer_that_is_no_stream_is_unavailable(made: Any) -> None:
    """A proxy's page, for example."""
    with ModelServer(Reply(content_type="text/html")) as server, pytest.raises(Unavailable, match="SSEError"):
        asked(made, server)


@BOTH
def test_a_silent_provider_can_be_interrupted(made: Any) -> None:
    with ModelServer(Reply(ending="never")) as server:
        stream = made(KEY, url=server.url).stream(TURNS)
        pieces: list[str] = []
        reading = threading.Thread(target=lambda: pieces.extend(piece for piece in stream))
        reading.start()
        while len(pieces) < len(PIECES):
            time.sleep(0.005)
        stream.interrupt()
        reading.join(timeout=5)
        assert not reading.is_alive()
        assert server.broken_pipes.acquire(timeout=30), "the provider was not told"


@BOTH
def test_a_provider_that_waits_for_room_is_told_too(made: Any) -> None:
    with ModelServer(Reply(pieces=("more",) * 100, ending="without end")) as server:
        stream = made(KEY, url=server.url).stream(TURNS)
        pieces = iter(stream)
        next(pieces)
        sent = -1
        while sent != server.bytes_sent:  # until the window is full
            sent = server.bytes_sent
            time.sleep(0.3)
        stream.interrupt()
        for _ in pieces:
            """All that had come is read before the connection is closed."""
        # Less than the minute after which the kernel forgets what is half closed.
        assert server.broken_pipes.acquire(timeout=30), "the provider was not told"


# However the bytes are cut

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=8)


def decoded(pieces: Any, body: bytes, cuts: list[int]) -> str:
    """The text of a stream whose bytes come in chunks that end at these places."""
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})

    class Chunks(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from (body[start:end] for start, end in pairwise(places))

    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Chunks())
    return "".join(streaming.whole_characters(pieces(EventSource(response).iter_sse())))


@given(texts=TEXTS, cuts=st.lists(st.integers(min_value=0, max_value=100_000), max_size=60))
def test_the_text_is_the_same_however_the_bytes_are_cut(texts: list[str], cuts: list[int]) -> None:
    for events, pieces in ((anthropic_events, anthropic.pieces), (openai_events, openai.pieces)):
        assert decoded(pieces, b"".join(events(texts)), cuts) == "".join(texts)


@given(texts=TEXTS, line_end=st.sampled_from([b"\r\n", b"\r"]), every=st.integers(1, 3))
def test_the_text_is_the_same_with_other_ends_of_lines(texts: list[str], line_end: bytes, every: int) -> None:
    body = b"".join(anthropic_events(texts)).replace(b"\n", line_end)
    assert decoded(anthropic.pieces, body, list(range(0, len(body), every))) == "".join(texts)


@given(st.text(), st.lists(st.integers(0, 100), max_size=20))
def test_characters_are_whole_wherever_pieces_end(text: str, cuts: list[int]) -> None:
    """JSON may carry each half of a surrogate pair in a piece of its own."""
    split = []
    for character in text:
        data = character.encode("utf-16-le", "surrogatepass")
        split += [data[i : i + 2].decode("utf-16-le", "surrogatepass") for i in range(0, len(data), 2)]
    places = sorted({0, len(split), *(cut % (len(split) + 1) for cut in cuts)})
    pieces = ["".join(split[start:end]) for start, end in pairwise(places)]
    whole = "".join(streaming.whole_characters(iter(pieces)))
    assert whole == text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    whole.encode()


@BOTH
def test_each_byte_may_come_alone_over_the_network(made: Any, server: ModelServer) -> None:
    """And an answer may be long."""
    server.replies = [Reply(pieces=tuple("äöü🙂 " * 200))]
    assert "".join(asked(made, server)) == "äöü🙂 " * 200


# Which provider


def settings(provider: str, **changes: str) -> Settings:
    return Settings("dev", "table", "queue", "connections", provider, 3, **changes)


def test_the_configured_provider_answers_with_its_default_model() -> None:
    chosen = choice.provider(settings("anthropic"), "key")
    assert (chosen.name, chosen.model, chosen.built_in) == ("anthropic", anthropic.DEFAULT_MODEL, False)
    chosen = choice.provider(settings("openai", chat_model="gpt-x"), "key")
    assert (chosen.name, chosen.model, chosen.built_in) == ("openai", "gpt-x", False)


def test_without_a_key_the_built_in_model_answers_and_says_so() -> None:
    chosen = choice.provider(settings("anthropic"), None)
    pieces = list(chosen.stream(TURNS))
    assert (chosen.name, chosen.model, chosen.built_in) == ("built-in", "built-in", True)
    assert len(pieces) > 10
    assert "".join(pieces) == (
        "This is the built-in model speaking, because no API key of Anthropic is set in this environment."
        " It understands nothing; it only shows that the chat works."
        " Message 2 of this conversation reads: “For gardeners”"
    )


def test_the_built_in_model_can_be_configured_and_needs_no_key() -> None:
    chosen = choice.provider(settings("built-in"), "a key")
    assert "configured to ask no language model" in "".join(chosen.stream(TURNS))


@given(st.text(min_size=1))
def test_the_built_in_model_says_the_same_each_time(text: str) -> None:
    turns = [Turn("user", text)]
    first, second = (list(BuiltIn("openai").stream(turns)) for _ in range(2))
    assert first == second
    assert "".join(first).startswith("This is the built-in model speaking, because no API key of OpenAI is")


def test_a_provider_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="CHAT_PROVIDER='other'"):
        choice.provider(settings("other"), "key")


def test_authorities_are_read_once_and_checked() -> None:
    context = streaming._authorities()
    assert context is streaming._authorities()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
