"""One answer on its way to its client, who may leave in between and come back on another connection."""

from __future__ import annotations

import math

from functions.chat_worker.clock import Clock
from functions.chat_worker.connection import Connections, Gone, Unreachable
from functions.shared import frames

FLUSH_S = 0.05
"""What comes within this time goes into one frame: API Gateway counts each, and a reader sees no more."""

PAUSE_S = 1.0
"""After a post that API Gateway did not take."""


class Sending:
    """The frames of one message. What is added is sent at once, then at most every FLUSH_S.

    `text`: all of the current attempt. `attempt`: its number; clients drop what they had of a smaller one.
    `gone`: the connection is closed; the text is kept until `move` names another.
    `first_sent_at`: milliseconds since 1970 of the first delta that was taken.
    """

    def __init__(self, connections: Connections, message_id: str, connection_id: str, clock: Clock) -> None:
        self.connection_id = connection_id
        self.text, self.attempt, self.gone = "", 0, False
        self.first_sent_at: int | None = None
        self._connections, self._message_id, self._clock = connections, message_id, clock
        self._sent = 0
        self._next_flush = -math.inf

    def begin(self, attempt: int) -> None:
        """Begin anew, from the first character."""
        self.attempt, self.text, self._sent = attempt, "", 0
        self._next_flush = -math.inf

    def add(self, piece: str) -> None:
        self.text += piece

    def due_in(self) -> float:
        """Seconds until `flush` has something to do; infinite where nothing is left, or nobody to take it."""
        if self.gone or self._sent == len(self.text):
            return math.inf
        return self._next_flush - self._clock.now()

    def flush(self) -> bool:
        """Send what is not sent yet. True: the connection has all of it."""
        for frame in frames.deltas(self._message_id, self.attempt, self._sent, self.text[self._sent :]):
            if not self._post(frame):
                return False
            self._sent = frame["offset"] + len(frame["text"])
            self.first_sent_at = self.first_sent_at or self._clock.milliseconds()
        self._next_flush = self._clock.now() + FLUSH_S
        return not self.gone

    def move(self, connection_id: str) -> None:
        """The client waits on this connection now: it gets the attempt from its first character."""
        if connection_id != self.connection_id:
            self.connection_id, self.gone, self._sent = connection_id, False, 0
            self._next_flush = -math.inf

    def finish(self, frame: frames.Frame) -> bool:
        """Send all that is left, then this frame. True: the connection has it, or it is closed."""
        return (self.flush() and self._post(frame)) or self.gone

    def tell(self, frame: frames.Frame) -> None:
        """Send this frame, if that is possible."""
        self._post(frame)

    def _post(self, frame: frames.Frame) -> bool:
        if self.gone:
            return False
        try:
            self._connections.post(self.connection_id, frame)
        except Gone:
            self.gone = True
            return False
        except Unreachable:
            self._next_flush = self._clock.now() + PAUSE_S
            return False
        return True
