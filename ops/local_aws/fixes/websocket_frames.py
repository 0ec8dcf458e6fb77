"""WebSocket frames of at most 32 KB, messages of at most 128 KB, and the client's own closing code.

Upstream, MiniStack 1.5.33: frames are left to hypercorn 0.18, whose protocol/ws_stream.py,
WSStream._handle_events lets messages of 16 MB through and tells the application 1006 whatever code a client
closed with. API Gateway closes with 1009 (quotas of WebSocket APIs: "WebSocket frame size 32 KB", "Message
payload size 128 KB … a message larger than 32 KB must be split"), and $disconnect gets code and reason.
"""

from __future__ import annotations

from typing import Any

from ops.local_aws.fixes.websocket_connections import CLOSE

FRAME_BYTES = 32 * 1024
MESSAGE_BYTES = 128 * 1024


def install() -> None:
    """Wraps the events of the protocol; all WebSocket connections are API Gateway's here."""
    from hypercorn.protocol import ws_stream
    from wsproto.events import CloseConnection, Message

    inner = ws_stream.WSStream._handle_events

    async def handle_events(self: Any) -> None:
        connection = self.connection
        self.connection = _Watched(connection, self)
        try:
            await inner(self)
        finally:
            self.connection = connection

    class _Watched:
        """A connection whose events are looked at as they pass."""

        def __init__(self, connection: Any, stream: Any) -> None:
            self._connection, self._stream = connection, stream

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

        def events(self) -> Any:
            for event in self._connection.events():
                if isinstance(event, Message):
                    if self._stream.buffer.max_length < 0:
                        # hypercorn would close a second time, which is an error of the protocol.
                        continue
                    _measure(self._stream, event)
                elif isinstance(event, CloseConnection):
                    code = event.code if event.code is not None else 1005
                    self._stream.scope.setdefault(CLOSE, (int(code), event.reason or ""))
                yield event

    ws_stream.WSStream._handle_events = handle_events


def _measure(stream: Any, event: Any) -> None:
    """Counts the bytes of the frame and the message; at too many the buffer takes no more."""
    size = len(event.data.encode() if isinstance(event.data, str) else event.data)
    counted = vars(stream).setdefault("local_aws_sizes", {"frame": 0, "message": 0})
    counted["frame"] += size
    counted["message"] += size
    if counted["frame"] > FRAME_BYTES or counted["message"] > MESSAGE_BYTES:
        stream.buffer.max_length = -1
        stream.scope.setdefault(CLOSE, (1009, "Message too long"))
    if event.frame_finished:
        counted["frame"] = 0
    if event.message_finished:
        counted["message"] = 0
