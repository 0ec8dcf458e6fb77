"""The host at which SDKs look for S3 Control: the account's number before the endpoint's own host.

Upstream, MiniStack 1.5.33: app.py, _handle_s3_control_request serves S3 Control by its path, whatever the
host. But AWS's SDKs, and so the Terraform provider, ask for `123456789012.127.0.0.1`, a name that no
resolver knows, and no setting of theirs leaves the account out. They do take a proxy, which is then told
the name; a proxy is not asked for 127.0.0.1 itself. The fix makes the plain HTTP port such a proxy: it
answers CONNECT for names that end in .127.0.0.1 and this instance's own TLS port, and passes the bytes on.
TLS goes through from end to end; anything else is refused, so that nobody gets further than here by it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any

ADDRESS = "127.0.0.1"
MAX_READ = 2**16

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def install() -> None:
    """Looks at the first bytes of connections without TLS, before the server's own protocol does."""
    from hypercorn.asyncio.tcp_server import TCPServer
    from hypercorn.events import RawData

    inner = TCPServer._read_data

    async def read_data(self: Any) -> None:
        if self.writer.get_extra_info("ssl_object") is None:
            with contextlib.suppress(OSError):
                first = await self.reader.read(MAX_READ)
                if first.startswith(b"CONNECT "):
                    # A tunnel has no idle time of its own: its two ends have.
                    await self.idle_task.stop()
                    await _tunnel(first, self.reader, self.writer)
                    return
                await self.protocol.handle(RawData(first))
        await inner(self)

    TCPServer._read_data = read_data


async def _tunnel(first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = first
    while b"\r\n\r\n" not in head:
        more = await reader.read(MAX_READ)
        if not more or len(head) > MAX_READ:
            return
        head += more
    host, _, port = head.split(b" ")[1].decode("ascii", "replace").rpartition(":")
    own_port = os.environ["GATEWAY_PORT"]
    if not host.endswith(f".{ADDRESS}") or port != own_port:
        writer.write(FORBIDDEN)
        await writer.drain()
        return
    far_reader, far_writer = await asyncio.open_connection(ADDRESS, int(own_port))
    writer.write(ESTABLISHED)
    await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one end has closed."""
    with contextlib.suppress(OSError):
        while data := await reader.read(MAX_READ):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
