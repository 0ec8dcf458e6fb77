"""Reads a model's answer in a thread of its own, so that its silences can be cut short."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress

from functions.chat_worker.providers.interface import Stream

PIECES_AHEAD = 64
"""So many pieces may wait. A client that takes them slowly fills this, then TCP's window, and the provider
stops sending: nothing is piled up in memory."""

FAREWELL_S = 1
"""How long a stopped thread is waited for. One that still waits for the provider's first byte ends later."""


class Reader:
    """A context manager. Leaving it stops the stream, wherever it is."""

    def __init__(self, stream: Stream) -> None:
        self.ended = False
        self._stream = stream
        self._queue: queue.Queue[str | Exception | None] = queue.Queue(PIECES_AHEAD)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, name="model", daemon=True)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._stream.interrupt()
        with suppress(queue.Empty):  # room for the piece with which the thread may be waiting
            while True:
                self._queue.get_nowait()
        self._thread.join(FAREWELL_S)

    def next(self, timeout_s: float) -> str | None:
        """The next piece; None if none came in that time, or if there are no more: `ended` tells.

        Raises what the stream raised.
        """
        try:
            piece = self._queue.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None
        if isinstance(piece, Exception):
            raise piece
        self.ended = piece is None
        return piece

    def _read(self) -> None:
        last: Exception | None = None
        pieces = iter(self._stream)
        try:
            for piece in pieces:
                self._queue.put(piece)
                if self._stopped.is_set():
                    break
        except Exception as error:  # noqa: BLE001 - raised again in the thread that reads
            last = error
        finally:
            if close := getattr(pieces, "close", None):  # of a generator: ends the HTTP request
                close()
        if not self._stopped.is_set():
            self._queue.put(last)
