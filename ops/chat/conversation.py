"""Asking and listening, over as many connections as it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ops.chat.answer import NO_ROUTE, Answer, Frame, gateways_word
from ops.chat.line import Line, Lost
from ops.errors import OpsError
from ops.exit_codes import ExitCode

PATIENCE_S = 150.0
"""Longer than a worker may take for an answer."""
RETRIES_S = (0.2, 1.0, 2.0, 5.0, 10.0)
"""Waits before each new try to connect, or to send what API Gateway did not let through."""


@dataclass(frozen=True)
class Event:
    """Something to show: text: a piece of the answer; note: what happened instead."""

    text: str = ""
    note: str = ""


class Conversation:
    """A chat session from one end; a lost connection is opened again, and the answer goes on."""

    def __init__(self, open_line: Callable[[], Line], *, pause: Callable[[float], None] = time.sleep) -> None:
        self._open, self._pause = open_line, pause
        # None while there is no connection: a Ctrl-C may leave it so.
        self._line: Line | None = open_line()
        self._message: dict[str, str] = {}
        self._stopping = False
        # What is to be sent over this connection, and whether the message was heard of since it was.
        self._message_due = self._cancellation_due = self._heard = False

    def close(self) -> None:
        if self._line:
            self._line.close()

    def ask(self, text: str, answer: Answer, *, patience_s: float = PATIENCE_S) -> Iterator[Event]:
        """Send a message under `answer.message_id` and yield what comes; `answer` is complete at the end.

        Sent once more under the same id after a reconnection, and where API Gateway did not let it through:
        the answer is then continued, never given twice. Raises OpsError: PROOF when nothing came in time,
        NETWORK when API Gateway lets nothing through.
        """
        self._message = {"action": "sendMessage", "messageId": answer.message_id, "text": text}
        self._stopping = self._cancellation_due = False
        self._message_due = True
        return self._listen(answer, patience_s)

    def cancel(self) -> None:
        """Wish for the end of the answer that was asked for last; `follow` sends that."""
        self._stopping = self._cancellation_due = True

    def follow(self, answer: Answer, *, patience_s: float = PATIENCE_S) -> Iterator[Event]:
        """Yield what still comes of an answer that was asked for: `ask` was left by an exception."""
        return self._listen(answer, patience_s)

    def _listen(self, answer: Answer, patience_s: float) -> Iterator[Event]:
        deadline = time.monotonic() + patience_s
        waits = iter(RETRIES_S)
        while not answer.ended:
            try:
                frame = self._exchange(answer, deadline)
            except Lost:
                yield Event(note="The connection is lost; connecting again …")
                self._reconnect()
                continue
            except TimeoutError:
                raise OpsError(
                    f"No answer within {patience_s:.0f} s; {len(answer.text)} characters of it came.",
                    code=ExitCode.PROOF,
                ) from None
            word = gateways_word(frame)
            if word is not None:
                yield from self._send_again(word, waits)
                continue
            if frame.get("messageId") not in (answer.message_id, None):
                continue
            self._heard = True
            new = answer.take(frame)
            if new is None:
                yield Event(text=answer.text, note="The answer begins anew.")
            elif new:
                yield Event(text=new)
            elif frame.get("type") == "error" and frame.get("retrying"):
                yield Event(note=f"{frame['message']} It is tried again.")

    def _exchange(self, answer: Answer, deadline: float) -> Frame:
        """Send what is due; the next frame. Raises Lost or TimeoutError."""
        if self._line is None:
            raise Lost
        if self._message_due:
            self._line.send(self._message)
            self._message_due = self._heard = False
        # Not before something came of the message, which it could overtake: there is nothing to cancel then.
        if self._cancellation_due and answer.frames:
            self._line.send({"action": "sendMessage", "cancel": answer.message_id})
            self._cancellation_due = False
        return self._line.receive(max(0.1, deadline - time.monotonic()))

    def _send_again(self, word: str, waits: Iterator[float]) -> Iterator[Event]:
        """Have sent once more, after a pause, what API Gateway may have meant. Raises OpsError."""
        self._message_due = not self._heard
        self._cancellation_due = self._stopping
        if not (self._message_due or self._cancellation_due):
            return
        wait = None if word == NO_ROUTE else next(waits, None)
        if wait is None:
            raise OpsError(
                f"API Gateway does not let the message through: {word}",
                hint="CHAT_THROTTLE_RATE and CHAT_THROTTLE_BURST limit requests; what failed on our side, the"
                " application's log has.",
                code=ExitCode.NETWORK,
            )
        yield Event(note=f"API Gateway says: {word}. It is sent again …")
        self._pause(wait)

    def _reconnect(self) -> None:
        line, self._line = self._line, None
        self._message_due, self._cancellation_due = True, self._stopping
        if line:
            line.close()
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
