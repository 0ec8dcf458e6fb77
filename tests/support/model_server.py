"""A server on this machine that speaks the streaming protocols of Anthropic and OpenAI.

It takes requests as strictly as the documented APIs do (key, version, shape of the conversation), answers
each with the next of its replies, and can fail in every way in which the real ones do.
"""

from __future__ import annotations

import itertools
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from tests.support.http_server import HttpServer

ANTHROPIC_PATH = "/v1/messages"
OPENAI_PATH = "/v1/chat/completions"
MODELS_PATH = "/v1/models"
KEY = "key-of-the-tests"
PIECES = ("Good", " day", ", what", " shall", " we", " specify", "? 🙂")

Ending = Literal["proper", "dropped", "cut", "error", "refusal", "garbage", "no JSON", "never", "without end"]


@dataclass(frozen=True)
class Reply:
    """What becomes of one request.

    status: of 200 the answer is a stream, of others an error of `kind`.
    ending: after the pieces. dropped: the TCP connection breaks. cut: the HTTP answer is complete, its last
    events are missing. error, refusal: an error event that may pass, or not. garbage: a line that is no field
    of an event, and then a proper ending. no JSON: an event that is none. never: silence. without end: the
    pieces again and again, as fast as they are taken.
    before: called before each piece with its index; it may wait.
    """

    pieces: tuple[str, ...] = PIECES
    ending: Ending = "proper"
    status: int = 200
    kind: str = "api_error"
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[int], object] = lambda index: None
    content_type: str = "text/event-stream; charset=utf-8"


@dataclass(frozen=True)
class Seen:
    """A request: header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error here."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class ModelServer(HttpServer):
    """A context manager. keys: those it takes. The last reply is given again to every further request.

    models_status: of the list of models, for a key that it takes.
    """

    server_class = _Server

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [Reply()]
        self.keys = {KEY}
        self.models_status = 200
        self.seen: list[Seen] = []
        self.bytes_sent = 0
        self.broken_pipes = threading.Semaphore(0)
        """Released each time the client has gone away in the midst of an answer."""
        self.closing = threading.Event()
        super().__init__(_handler(self))

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        super().__exit__()

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def answer_of(pieces: Iterable[str] = PIECES) -> str:
    """The text that a client has after these pieces."""
    return "".join(pieces)


def anthropic_events(pieces: Iterable[str], ending: Ending = "proper") -> Iterator[bytes]:
    """The events of a Messages API stream."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "usage": usage}
    yield _event({"type": "message_start", "message": message})
    block = {"type": "text", "text": ""}
    yield _event({"type": "content_block_start", "index": 0, "content_block": block})
    yield _event({"type": "ping"})
    for piece in pieces:
        delta = {"type": "text_delta", "text": piece}
        yield _event({"type": "content_block_delta", "index": 0, "delta": delta})
    if ending in ("error", "refusal"):
        kind = "overloaded_error" if ending == "error" else "invalid_request_error"
        yield _event({"type": "error", "error": {"type": kind, "message": "secret words of the user"}})
    elif ending == "no JSON":
        yield b"event: content_block_delta\ndata: {truncated\n\n"
    elif ending in ("proper", "garbage"):
        yield b"\x07 garbage without a colon\n" if ending == "garbage" else b": a comment\n\n"
        yield _event({"type": "content_block_stop", "index": 0})
        yield _event({"type": "of the future", "delta": {"text": "not for us"}})
        stop = {"stop_reason": "end_turn", "stop_sequence": None}
        yield _event({"type": "message_delta", "delta": stop, "usage": {"output_tokens": 15}})
        yield _event({"type": "message_stop"})


def openai_events(pieces: Iterable[str], ending: Ending = "proper") -> Iterator[bytes]:
    """The chunks of a Chat Completions stream."""
    yield _chunk({"role": "assistant", "content": ""})
    for piece in pieces:
        yield _chunk({"content": piece})
    if ending in ("error", "refusal"):
        kind = "server_error" if ending == "error" else "invalid_request_error"
        yield _data({"error": {"type": kind, "message": "secret words of the user", "code": None}})
    elif ending == "no JSON":
        yield b"data: {truncated\n\n"
    elif ending in ("proper", "garbage"):
        yield b"\x07 garbage without a colon\n" if ending == "garbage" else b": a comment\n\n"
        yield _chunk({}, finish="stop")
        yield _data({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "usage": {}})
        yield b"data: [DONE]\n\n"


EVENTS = {ANTHROPIC_PATH: anthropic_events, OPENAI_PATH: openai_events}


def _event(found: dict[str, Any]) -> bytes:
    return f"event: {found['type']}\n".encode() + _data(found)


def _data(found: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(found, ensure_ascii=False)}\n\n".encode("utf-8", "surrogatepass")


def _chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _data({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [choice]})


def _wrong(path: str, headers: Mapping[str, str], body: dict[str, Any]) -> str | None:
    """What the documented API would not take about a request."""
    messages = body.get("messages")
    if not isinstance(body.get("model"), str) or not isinstance(messages, list) or not messages:
        return "model, messages"
    if body.get("stream") is not True:
        return "stream"
    if any(not isinstance(turn["content"], str) or not turn["content"].strip() for turn in messages):
        return "content is empty"
    if path == OPENAI_PATH:
        return None
    if headers.get("anthropic-version") != "2023-06-01":
        return "anthropic-version"
    if not isinstance(body.get("max_tokens"), int):
        return "max_tokens"
    roles = [turn["role"] for turn in messages]
    expected = list(itertools.islice(itertools.cycle(("user", "assistant")), len(roles)))
    return None if roles == expected else "roles"


def _handler(owner: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            owner.seen.append(Seen(self.path, headers, body))
            key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
            if self.path not in EVENTS:
                self._error(404, "not_found_error", {})
            elif key not in owner.keys:
                self._error(401, "authentication_error", {})
            elif wrong := _wrong(self.path, headers, body):
                self._error(400, "invalid_request_error", {"x-wrong": wrong})
            else:
                self._reply(owner.next_reply())

        def do_GET(self) -> None:
            """The list of models, by which a key is tried."""
            headers = {name.lower(): value for name, value in self.headers.items()}
            owner.seen.append(Seen(self.path, headers, {}))
            key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
            if self.path != MODELS_PATH:
                self._error(404, "not_found_error", {})
            elif key not in owner.keys:
                self._error(401, "authentication_error", {})
            elif "x-api-key" in headers and headers.get("anthropic-version") != "2023-06-01":
                self._error(400, "invalid_request_error", {"x-wrong": "anthropic-version"})
            elif (status := owner.models_status) != 200:
                self._error(status, "api_error", {"location": owner.url + "/elsewhere"})
            else:
                body = json.dumps({"object": "list", "data": [{"id": "a-model", "object": "model"}]}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def _reply(self, reply: Reply) -> None:
            if reply.status != 200:
                self._error(reply.status, reply.kind, reply.headers)
                return
            try:
                self._stream(reply)
            except OSError:
                owner.broken_pipes.release()
                self.close_connection = True

        def _stream(self, reply: Reply) -> None:
            self.send_response(200)
            self.send_header("content-type", reply.content_type)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for chunk in EVENTS[self.path](self._pieces(reply), reply.ending):
                self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
                self.wfile.flush()
                owner.bytes_sent += len(chunk)
            if reply.ending == "never":
                self._await_departure()
            elif reply.ending == "dropped":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            else:
                self.wfile.write(b"0\r\n\r\n")

        def _pieces(self, reply: Reply) -> Iterator[str]:
            endless = reply.ending == "without end"
            pieces = itertools.cycle(reply.pieces) if endless else iter(reply.pieces)
            for index, piece in enumerate(pieces):
                if owner.closing.is_set():
                    return
                reply.before(index)
                yield piece

        def _await_departure(self) -> None:
            """Silence until the client goes away, or the server is ended."""
            self.connection.settimeout(0.02)
            while not owner.closing.is_set():
                try:
                    if not self.connection.recv(1):
                        raise ConnectionResetError
                except TimeoutError:
                    continue

        def _error(self, status: int, kind: str, headers: Mapping[str, str]) -> None:
            message = {"type": kind, "message": "secret words of the user"}
            body = json.dumps({"type": "error", "error": message}).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
