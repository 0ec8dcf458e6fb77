"""What the client wants meanwhile: to stop, or to have the answer on another connection."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from functions.chat_worker.clock import Clock
from functions.chat_worker.failures import described
from functions.chat_worker.sending import Sending
from functions.shared import logs
from functions.shared.table import Message, Table

log = logs.logger("chat_worker")

EVERY_S = 1.0


class Watch:
    """Looks at the message's item at most once a second. `cancelled`: the client asked to stop."""

    def __init__(
        self, table: Table, session_id: str, message: Message, sending: Sending, clock: Clock
    ) -> None:
        self.cancelled = message.cancel_requested
        self._table, self._session_id, self._message_id = table, session_id, message.message_id
        self._sending, self._clock = sending, clock
        self._next = clock.now() + EVERY_S

    def due_in(self) -> float:
        return self._next - self._clock.now()

    def look(self, now: bool = False) -> None:
        """`now`: in any case."""
        if not now and self.due_in() > 0:
            return
        try:
            message = self._table.message(self._session_id, self._message_id)
        except (ClientError, BotoCoreError) as error:  # no reason to lose the answer
            log.warning("the message could not be looked at", **described(error))
            message = None
        self._next = self._clock.now() + EVERY_S
        if message:
            self.cancelled = self.cancelled or message.cancel_requested
            self._sending.move(message.connection_id)
