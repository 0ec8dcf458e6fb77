"""One request over HTTP whose answer is a stream of server-sent events."""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError

from functions.chat_worker.clock import Clock
from functions.chat_worker.providers.interface import ProviderError, Refused, Unauthorized, Unavailable

TIMEOUT = httpx.Timeout(connect=5, read=60, write=10, pool=5)
"""Seconds. read: the longest silence; a model that thinks first is silent, unless the provider pings."""

AGAIN = {408, 409, 425, 429}
"""Statuses below 500 that are worth another try; 529 of Anthropic (overloaded) is one above."""

ERROR_BYTES = 64 * 1024
"""As much of an error's body is read to find its kind."""

_RESET = struct.pack("ii", 1, 0)
"""struct linger {l_onoff, l_linger} of socket(7): close drops what is unsent, and sends a reset."""

_KIND = re.compile(r"[a-z0-9_.]{1,64}")
_PAIR_BEGINS = re.compile("[\ud800-\udbff]")
_HALF = re.compile("[\ud800-\udfff]")

Decoder = Callable[[Iterator[ServerSentEvent]], Iterator[str]]
"""A provider's events -> the pieces of text in them. It raises Unavailable where they end too early."""


@dataclass(frozen=True)
class Request:
    """A POST of JSON."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


class HttpStream:
    """The answer to a request. Nothing is sent before it is iterated, which can be done once.

    Every failure on the way is a ProviderError.
    """

    def __init__(self, request: Request, decode: Decoder, clock: Clock | None = None) -> None:
        self._request, self._decode, self._clock = request, decode, clock or Clock()
        self._socket: socket.socket | None = None
        self._interrupted = False

    def __iter__(self) -> Iterator[str]:
        try:
            yield from self._pieces()
        except (httpx.HTTPError, httpx.StreamError, SSEError) as error:
            if not self._interrupted:
                raise Unavailable(type(error).__name__) from None

    def interrupt(self) -> None:
        """See Stream. Closing would leave a `recv` of the other thread waiting; a shutdown ends it.

        Before the answer's head has come there is nothing to shut down: the thread ends by itself then.
        """
        self._interrupted = True
        if self._socket is not None:
            with suppress(OSError):
                # Closing resets the connection then. Linux opens a full receive window no more after a
                # shutdown (net/ipv4/tcp.c, __tcp_cleanup_rbuf): were all of it read before the close, the
                # provider would wait for room until the half-closed connection is forgotten, 60 s later.
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                # Not SSLSocket's own method, which takes the TLS away from under the reading thread.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _pieces(self) -> Iterator[str]:
        request = self._request
        # "identity": a gateway that compresses collects the events before it lets them go.
        headers = {**request.headers, "accept": "text/event-stream", "accept-encoding": "identity"}
        with (
            # A client for each answer: Lambda freezes between two, and a kept connection is dead after it.
            httpx.Client(verify=_authorities(), timeout=TIMEOUT) as client,
            client.stream("POST", request.url, headers=headers, json=request.body) as response,
        ):
            self._socket = response.extensions["network_stream"].get_extra_info("socket")
            if self._interrupted:  # before there was a socket
                return
            if response.status_code != httpx.codes.OK:
                raise self._error(response)
            yield from whole_characters(self._decode(EventSource(response).iter_sse()))

    def _error(self, response: httpx.Response) -> ProviderError:
        status = response.status_code
        reason = f"status {status}, {_kind_of_body(response)}"
        if status in (401, 403):
            return Unauthorized(reason)
        if status in AGAIN or status >= 500:
            return Unavailable(reason, retry_after(response.headers, self._clock.milliseconds() / 1000))
        return Refused(reason)


def failure(error: object, *, unauthorized: set[str], refused: set[str]) -> ProviderError:
    """What an error in the midst of a stream means, by its kind; one of no known kind may pass."""
    reason = f"in the stream, {kind(error)}"
    if kind(error) in unauthorized:
        return Unauthorized(reason)
    return Refused(reason) if kind(error) in refused else Unavailable(reason)


def kind(error: object) -> str:
    """The kind of an error that both providers describe as {"type": …, "message": …}.

    Only what looks like a name: the rest of an error may repeat what the user wrote.
    """
    named = error.get("type") if isinstance(error, dict) else None
    return named if isinstance(named, str) and _KIND.fullmatch(named) else "unnamed"


def data(event: ServerSentEvent) -> dict[str, Any]:
    """The JSON object of an event. Unavailable: it is none, so the stream is damaged."""
    try:
        found = json.loads(event.data)
    except (ValueError, RecursionError):
        raise Unavailable("an event is no JSON") from None
    if not isinstance(found, dict):
        raise Unavailable("an event is no JSON object")
    return found


def text(value: object) -> str:
    """A piece of text. Unavailable: it is none, so the stream is damaged."""
    if not isinstance(value, str):
        raise Unavailable("a piece of text is none")
    return value


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the provider wants to be asked again: `retry-after` as seconds or as a date."""
    with suppress(KeyError, ValueError):
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    with suppress(KeyError, ValueError):
        return max(0.0, float(headers["retry-after"]))
    with suppress(KeyError, ValueError):
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - now)
    return None


def whole_characters(pieces: Iterator[str]) -> Iterator[str]:
    r"""The pieces without halves of characters: JSON's "\ud83d" in one and "\ude00" in the next become one.

    A half without its other half becomes U+FFFD: it could neither be sent nor stored.
    """
    held = ""
    for piece in pieces:
        piece, held = held + piece, ""
        if piece and _PAIR_BEGINS.fullmatch(piece[-1]):
            piece, held = piece[:-1], piece[-1]
        if piece:
            yield _joined(piece)
    if held:
        yield "\ufffd"


def _joined(piece: str) -> str:
    if not _HALF.search(piece):
        return piece
    return piece.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _kind_of_body(response: httpx.Response) -> str:
    body = b""
    with suppress(httpx.HTTPError):
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > ERROR_BYTES:
                break
    with suppress(ValueError, RecursionError, AttributeError):
        return kind(json.loads(body).get("error"))
    return "unnamed"


@cache
def _authorities() -> ssl.SSLContext:
    """Reading the certificates takes longer than all else in a request: once per execution environment."""
    return httpx.create_ssl_context()
