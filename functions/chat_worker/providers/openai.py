"""OpenAI's Chat Completions API with `stream: true`, as it is documented at platform.openai.com.

Not the newer Responses API: the conversation is ours and sent whole each time, so what that one adds (state
at the provider, tools) is of no use here, while CHAT_PROVIDER_URL may name a gateway, and those speak Chat
Completions. Each event is a chunk; `choices[0].delta.content` has the text; the last one is `[DONE]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from httpx_sse import ServerSentEvent

from functions.chat_worker.providers.interface import Turn, Unavailable
from functions.chat_worker.providers.streaming import HttpStream, Request, data, failure, text

BASE_URL = "https://api.openai.com"
DEFAULT_MODEL = "gpt-4.1"
LAST = "[DONE]"


class OpenAI:
    """url: empty for OpenAI's own; a `/v1` at its end is not needed and does no harm."""

    name = "openai"
    built_in = False

    def __init__(self, api_key: str, *, model: str = "", url: str = "", instructions: str = "") -> None:
        self.model = model or DEFAULT_MODEL
        self._key, self._instructions = api_key, instructions
        self._base = (url or BASE_URL).rstrip("/").removesuffix("/v1")

    def stream(self, turns: Sequence[Turn]) -> HttpStream:
        said = [{"role": turn.role, "content": turn.text} for turn in turns]
        first = [{"role": "system", "content": self._instructions}] if self._instructions else []
        # No limit of tokens: models that think first would spend it on that. The worker has its own limits.
        body = {"model": self.model, "messages": first + said, "stream": True}
        headers = {"authorization": f"Bearer {self._key}"}
        return HttpStream(Request(f"{self._base}/v1/chat/completions", headers, body), pieces)


def pieces(events: Iterator[ServerSentEvent]) -> Iterator[str]:
    """The text of an answer. A stream that ends with neither `[DONE]` nor a reason to finish was cut."""
    finished = False
    for event in events:
        if event.data == LAST:
            return
        found = data(event)
        if error := found.get("error"):
            raise failure(
                error,
                unauthorized={"authentication_error", "permission_error"},
                refused={"invalid_request_error"},
            )
        choice = _choice(found)
        delta = choice.get("delta") or {}
        # A model that declines says so in `refusal`, in its own words: that is its answer.
        for said in (delta.get("content"), delta.get("refusal")):
            if said is not None:
                yield text(said)
        finished = finished or choice.get("finish_reason") is not None
    if not finished:
        raise Unavailable("the stream ended before its last event")


def _choice(chunk: dict[str, Any]) -> dict[str, Any]:
    """The first choice; a chunk about usage has none."""
    choices = chunk.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    if not isinstance(first, dict) or not isinstance(first.get("delta") or {}, dict):
        raise Unavailable("a chunk is damaged")
    return first
