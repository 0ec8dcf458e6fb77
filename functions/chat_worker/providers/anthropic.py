"""Anthropic's Messages API, as it is documented at docs.anthropic.com, "Streaming messages".

Events: message_start, content_block_start, content_block_delta (of which text_delta has the text),
content_block_stop, message_delta, message_stop; ping and error between them. Events and deltas of other
types are left out, as the documentation asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from httpx_sse import ServerSentEvent

from functions.chat_worker.providers.interface import Turn, Unavailable
from functions.chat_worker.providers.streaming import HttpStream, Request, data, failure, text

BASE_URL = "https://api.anthropic.com"
VERSION = "2023-06-01"
DEFAULT_MODEL = "claude-sonnet-4-5"
MAX_TOKENS = 4096
"""The API wants a limit; every model that it serves takes this one. About 16,000 characters."""


class Anthropic:
    """url: empty for Anthropic's own; a `/v1` at its end is not needed and does no harm."""

    name = "anthropic"
    built_in = False

    def __init__(self, api_key: str, *, model: str = "", url: str = "", instructions: str = "") -> None:
        self.model = model or DEFAULT_MODEL
        self._key, self._instructions = api_key, instructions
        self._base = (url or BASE_URL).rstrip("/").removesuffix("/v1")

    def stream(self, turns: Sequence[Turn]) -> HttpStream:
        body = {
            "model": self.model,
            "max_tokens": MAX_TOKENS,
            "messages": [{"role": turn.role, "content": turn.text} for turn in turns],
            "stream": True,
            **({"system": self._instructions} if self._instructions else {}),
        }
        headers = {"x-api-key": self._key, "anthropic-version": VERSION}
        return HttpStream(Request(f"{self._base}/v1/messages", headers, body), pieces)


def pieces(events: Iterator[ServerSentEvent]) -> Iterator[str]:
    """The text of an answer. Its end is message_stop: a stream that ends without it was cut."""
    for event in events:
        found = data(event)
        match found.get("type"):
            case "content_block_delta":
                delta = found.get("delta")
                if isinstance(delta, dict) and delta.get("type") == "text_delta":
                    yield text(delta.get("text"))
            case "message_stop":
                return
            case "error":
                raise failure(
                    found.get("error"),
                    unauthorized={"authentication_error", "permission_error"},
                    refused={"invalid_request_error", "not_found_error", "request_too_large"},
                )
    raise Unavailable("the stream ended before its last event")
