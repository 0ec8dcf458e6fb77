"""Asking and listening, over as many connections as it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ops.chat.answer import Answer
from ops.chat.line import Line, Lost
from ops.errors import OpsError
from ops.exit_codes import ExitCode

PATIENCE_S = 150.0
"""Longer than a worker may take for an answer."""
RETRIES_S = (0.2, 1.0, 2.0, 5.0, 10.0)
"""Waits before each new try to connect."""


@dataclass(frozen=True)
class Event:
    """Something to show: text: a piece of the answer; note: what happened instead."""

    text: str = ""
    note: str = ""


class Conversation:
    """A chat session from one end; a lost connection is opened again, and the answer goes on."""

    def __init__(self, open_line: Callable[[], Line], *, pause: Callable[[float], None] = time.sleep) -> None:
        self._open, self._pause = open_line, pause
        self._line = open_line()

    def close(self) -> None:
        self._line.close()

    def ask(self, text: str, answer: Answer, *, patience_s: float = PATIENCE_S) -> Iterator[Event]:
        """Send a message under `answer.message_id` and yield what comes; `answer` is complete at the end.

        Sent once more under the same id after a reconnection: the answer is then continued, never given
        twice. Raises OpsError (PROOF) when nothing came in time.
        """
        message = {"action": "sendMessage", "messageId": answer.message_id, "text": text}
        yield from self._listen(message, answer, patience_s)

    def follow(self, answer: Answer, *, patience_s: float = PATIENCE_S) -> Iterator[Event]:
        """Yield what still comes of an answer that was asked for: `ask` was left by an exception."""
        yield from self._listen(None, answer, patience_s)

    def _listen(self, message: dict[str, str] | None, answer: Answer, patience_s: float) -> Iterator[Event]:
        deadline = time.monotonic() + patience_s
        sent = message is None
        while not answer.ended:
            try:
                if message and not sent:
                    self._line.send(message)
                    sent = True
                frame = self._line.receive(max(0.1, deadline - time.monotonic()))
            except Lost:
                yield Event(note="The connection is lost; connecting again …")
                self._reconnect()
                sent = False
                continue
            except TimeoutError:
                raise OpsError(
                    f"No answer within {patience_s:.0f} s; {len(answer.text)} characters of it came.",
                    code=ExitCode.PROOF,
                ) from None
            if frame.get("messageId") not in (answer.message_id, None):
                continue
            new = answer.take(frame)
            if new is None:
                yield Event(text=answer.text, note="The answer begins anew.")
            elif new:
                yield Event(text=new)
            elif frame["type"] == "error" and frame.get("retrying"):
                yield Event(note=f"{frame['message']} It is tried again.")

    def cancel(self, answer: Answer) -> None:
        """Ask for the end of an answer; `ask` goes on with what still comes of it."""
        self._line.send({"action": "sendMessage", "cancel": answer.message_id})

    def _reconnect(self) -> None:
        self._line.close()
        for wait in RETRIES_S:
            self._pause(wait)
            try:
                self._line = self._open()
                return
            except OpsError as error:
                if error.code is not ExitCode.NETWORK:
                    raise
        self._pause(RETRIES_S[-1])
        self._line = self._open()
