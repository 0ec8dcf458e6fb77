"""ops/chat/wire.py, over TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ops.chat.wire import Wire
from ops.local_aws.tls import Material


@dataclass
class Echo:
    """What comes comes back, but "wait" for nothing and "leave" for the end. ends: codes of closed ones."""

    trust: ssl.SSLContext
    url: str = ""
    ends: list[int | None] = field(default_factory=list)

    async def serve(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                if message == "leave":
                    await connection.close(4002, "as you wish")
                elif message != "wait":
                    await connection.send(message)
        self.ends.append(connection.close_code)


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Echo]:
    files = Material(tmp_path_factory.mktemp("tls"))
    files.ensure()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain, files.key)
    made = Echo(ssl.create_default_context(cafile=str(files.authority)))
    loop, ready, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def run() -> None:
        async with serve(made.serve, "127.0.0.1", 0, ssl=context, ping_interval=0.2, ping_timeout=0.5) as it:
            made.url = f"wss://127.0.0.1:{it.sockets[0].getsockname()[1]}"
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert ready.wait(20)
    yield made
    loop.call_soon_threadsafe(over.set)
    thread.join()
    loop.close()


def line(echo: Echo) -> Wire:
    return Wire(echo.url, ssl=echo.trust, proxy=None, max_size=None, open_timeout=20)


def test_it_sends_and_receives_text_bytes_and_fragments(echo: Echo) -> None:
    with line(echo) as wire:
        for message in ("ä", b"\x00\xff", "x" * 200_000):
            wire.send(message)
            assert wire.receive(20) == message
        wire.send(["in ", "two"])
        assert wire.receive(20) == "in two"


def test_many_at_once_over_tls_are_all_answered(echo: Echo) -> None:
    """Of websockets.sync, one in a thousand never is."""

    def exchange(number: int) -> bool:
        with line(echo) as wire:
            wire.send(str(number))
            return wire.receive(20) == str(number)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(exchange, range(200)))


def test_what_does_not_come_is_a_time_out_and_loses_nothing(echo: Echo) -> None:
    with line(echo) as wire:
        wire.send("wait")
        with pytest.raises(TimeoutError):
            wire.receive(0.05)
        wire.send("later")
        assert wire.receive(20) == "later"


def test_pings_are_answered_while_nobody_calls(echo: Echo) -> None:
    """The server here gives up after half a second without an answer."""
    with line(echo) as wire:
        threading.Event().wait(1.5)
        wire.send("still there")
        assert wire.receive(20) == "still there"


def test_the_other_side_closes(echo: Echo) -> None:
    with line(echo) as wire:
        wire.send("leave")
        with pytest.raises(ConnectionClosed) as closed:
            wire.receive(20)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4002, "as you wish")


def test_it_is_closed_once_and_its_thread_ends(echo: Echo) -> None:
    before = threading.active_count()
    wire = line(echo)
    assert threading.active_count() > before
    wire.close(4001, "done")
    wire.close()
    assert threading.active_count() == before
    assert 4001 in _seen(echo, 4001)


def test_broken_off_the_other_side_hears_nothing(echo: Echo) -> None:
    with line(echo) as wire:
        wire.abort()
        with pytest.raises(ConnectionClosed) as closed:
            wire.receive(20)
    assert closed.value.rcvd is None
    assert 1006 in _seen(echo, 1006)


def test_who_does_not_get_in_leaves_no_thread(echo: Echo) -> None:
    before = threading.active_count()
    stranger = ssl.create_default_context()
    with pytest.raises(ssl.SSLError):
        Wire(echo.url, ssl=stranger, proxy=None)
    with pytest.raises(ConnectionRefusedError):
        Wire("ws://127.0.0.1:1", proxy=None)
    assert threading.active_count() == before


def _seen(echo: Echo, code: int) -> list[int | None]:
    """The codes of ended connections, once this one is among them."""
    for _ in range(400):
        if code in echo.ends:
            break
        threading.Event().wait(0.05)
    return echo.ends
