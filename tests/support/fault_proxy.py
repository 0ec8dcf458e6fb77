"""A proxy between clients and a local AWS that lets requests fail as networks and AWS do.

It listens on this machine over TLS, with the local AWS's own certificate, and over plain HTTP, which also
answers CONNECT for S3 Control's host (see ops/local_aws/fixes/s3_control_host.py). `Host` stays as the client
sent and signed it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ops.local_aws.tls import Material
from tests.support import fault_requests
from tests.support.fault_requests import Request
from tests.support.fault_schedule import Fault, Schedule

ADDRESS = "127.0.0.1"
MAX_HEAD = 2**20
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Moment(Enum):
    """Where a request is when a trap springs."""

    BEFORE = "before AWS had the request"
    MIDST = "when AWS had half of the request"
    AFTER = "after AWS had done it, before its answer"


@dataclass
class Trap:
    """Calls `act` once, at the number-th request that matches, from 1; that request gets no answer."""

    matches: Callable[[Request], bool]
    number: int
    moment: Moment
    act: Callable[[], object]
    sprung_at: str = ""
    passed: int = 0

    def springs(self, request: Request) -> bool:
        """Whether this request is the one."""
        if self.sprung_at or not self.matches(request):
            return False
        self.passed += 1
        if self.passed < self.number:
            return False
        self.sprung_at = request.what
        return True


class FaultProxy:
    """A context manager. schedule, trap: what happens to requests from now on; both may be replaced.

    slow_s: how late a slow answer is: later than people expect, earlier than clients give up. Made less, it
    lets go those that wait.
    """

    def __init__(self, port: int, plain_port: int, tls: Material) -> None:
        self._upstream = {True: port, False: plain_port}
        self._tls = tls
        self._ports: dict[bool, int] = {}
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.schedule = Schedule()
        self.trap: Trap | None = None
        self.slow_s = 4.0
        self.seen: list[str] = []

    @property
    def endpoint(self) -> str:
        """For AWS_ENDPOINT_URL."""
        return f"https://{ADDRESS}:{self._ports[True]}"

    @property
    def plain_endpoint(self) -> str:
        """For LOCAL_AWS_PLAIN_ENDPOINT_URL."""
        return f"http://{ADDRESS}:{self._ports[False]}"

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        here.load_cert_chain(self._tls.chain, self._tls.key)
        for secure, context in ((True, here), (False, None)):
            server = self._loop.run_until_complete(
                asyncio.start_server(self._client(secure), ADDRESS, 0, ssl=context, limit=MAX_HEAD)
            )
            self._ports[secure] = server.sockets[0].getsockname()[1]
        self._loop.call_soon(self._ready.set)
        try:
            self._loop.run_forever()
        finally:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            with contextlib.suppress(RuntimeError):
                self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    def _client(self, secure: bool) -> Callable[..., object]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            upstream = _Upstream(self._upstream[secure], self._tls if secure else None)
            try:
                while await self._one(reader, writer, upstream):
                    pass
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
                pass  # one of the two has gone away, so does the other; or the proxy ends
            finally:
                upstream.abort()
                writer.transport.abort()

        return serve

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, up: _Upstream) -> bool:
        """One request; whether the connection lives on."""
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"CONNECT "):
            await self._tunnel(reader, writer)
            return False
        request = await _request(head, reader, writer)
        self.seen.append(request.what)
        if self.trap and self.trap.springs(request):
            await self._spring(self.trap, request, up)
            return False
        fault = self.schedule.fault_for(request)
        if fault in (Fault.THROTTLED, Fault.FAILED):
            answer = fault_requests.throttled if fault is Fault.THROTTLED else fault_requests.failed
            writer.write(answer(request))
            await writer.drain()
            return True
        if fault is Fault.CUT:
            await up.send(request, len(request.body) // 2)
        if fault in (Fault.CUT, Fault.DROPPED_BEFORE):
            return False
        if fault is Fault.SLOW:
            await self._wait()
        await up.send(request)
        status, answer_ = await up.answer(request.method)
        if fault is Fault.DROPPED_AFTER:
            return False
        writer.write(answer_)
        await writer.drain()
        if status == 101:
            await up.relay(reader, writer)
            return False
        return request.headers.get("connection", "").lower() != "close"

    async def _wait(self) -> None:
        started = self._loop.time()
        while self._loop.time() < started + self.slow_s:
            await asyncio.sleep(0.05)

    async def _spring(self, trap: Trap, request: Request, up: _Upstream) -> None:
        if trap.moment is Moment.MIDST:
            await up.send(request, len(request.body) // 2)
        elif trap.moment is Moment.AFTER:
            await up.send(request)
            await up.answer(request.method)
        trap.act()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """To our own TLS port, where the requests inside can be seen."""
        far = await asyncio.open_connection(ADDRESS, self._ports[True])
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await _relay((reader, writer), far)


class _Upstream:
    """The connection to the local AWS that belongs to one client's connection."""

    def __init__(self, port: int, tls: Material | None) -> None:
        self._port = port
        self._context = ssl.create_default_context(cafile=str(tls.authority)) if tls else None
        self._streams: Streams | None = None

    async def send(self, request: Request, body_bytes: int | None = None) -> None:
        """All of it, or its head and so many bytes of its body."""
        if self._streams is None or self._streams[0].at_eof():
            self.abort()
            self._streams = await asyncio.open_connection(
                ADDRESS, self._port, ssl=self._context, limit=MAX_HEAD
            )
        self._streams[1].write(request.head + request.body[:body_bytes])
        await self._streams[1].drain()

    async def answer(self, method: str) -> tuple[int, bytes]:
        """Status and all bytes of the answer."""
        assert self._streams
        reader = self._streams[0]
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if method == "HEAD" or status in (101, 204, 304):
            return status, head
        return status, head + await _body(_headers(head), reader, until_closed=True)

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Whatever either side sends, until one has closed: frames of a WebSocket."""
        assert self._streams
        await _relay((reader, writer), self._streams)

    def abort(self) -> None:
        """Close without a farewell."""
        if self._streams:
            self._streams[1].transport.abort()
        self._streams = None


async def _request(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    headers = _headers(head)
    if "100-continue" in headers.get("expect", "").lower():
        # Not signed by the SDKs, so it may be answered and left out here.
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        lines = head.split(b"\r\n")
        head = b"\r\n".join(line for line in lines if not line.lower().startswith(b"expect:"))
    body = await _body(headers, reader)
    method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    return Request(method, target, headers, head, body)


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def _body(
    headers: dict[str, str], reader: asyncio.StreamReader, *, until_closed: bool = False
) -> bytes:
    """The bytes of a body as they are on the line, chunks with their lengths."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while True:
            size = await reader.readuntil(b"\r\n")
            chunk = await reader.readexactly(int(size.split(b";")[0], 16) + 2)
            body += size + chunk
            if len(chunk) == 2:
                return body
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return await reader.read() if until_closed else b""


async def _relay(one: Streams, other: Streams) -> None:
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(2**16):
                writer.write(data)
                await writer.drain()
        writer.close()

    await asyncio.gather(pass_on(one[0], other[1]), pass_on(other[0], one[1]))
