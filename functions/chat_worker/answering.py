"""One message: asks the model, streams its answer to the client, stores it.

The answer is stored before `done` is sent, and whatever becomes of the connection. It is stored once: a
second one, of a worker that was believed dead, gives way to the first.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from functions.chat_worker import prompt
from functions.chat_worker.asking import Asking, Reading
from functions.chat_worker.clock import Clock
from functions.chat_worker.connection import Connections
from functions.chat_worker.failures import SAYS, Failure, Undelivered, described
from functions.chat_worker.jobs import Job
from functions.chat_worker.keys import ApiKey
from functions.chat_worker.once import Result
from functions.chat_worker.providers.interface import Provider, Stream
from functions.chat_worker.reader import Reader
from functions.chat_worker.sending import Sending
from functions.chat_worker.watch import Watch
from functions.shared import frames, logs
from functions.shared.items import MessageState
from functions.shared.table import Answer, Message, Session, Table

log = logs.logger("chat_worker")

NOBODY: Result = {"deliveries": {}, "undelivered": False}
"""There is nothing to deliver, or nobody to deliver it to."""


@dataclass(frozen=True)
class Tools:
    """What every answer needs, made once per execution environment."""

    table: Table
    connections: Connections
    key: ApiKey
    choose: Callable[[str | None], Provider]
    metrics: EphemeralMetrics
    clock: Clock
    read: Callable[[Stream], Reading] = Reader

    def count(self, name: str) -> None:
        self.metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


class Answering:
    """last: the queue gives the job out no more. deadline: of the tools' clock."""

    def __init__(self, tools: Tools, job: Job, *, last: bool, deadline: float) -> None:
        self._tools, self._table, self._clock = tools, tools.table, tools.clock
        self._job, self._last, self._deadline = job, last, deadline
        self._sending = Sending(tools.connections, job.message_id, job.connection_id, tools.clock)

    def answer(self) -> Result:
        """To whom the whole answer was delivered, and whether somebody must still get it (`undelivered`).

        Shape: {"deliveries": {connection id: milliseconds since 1970}, "undelivered": bool}. Failure, after
        the client was told; any other exception likewise.
        """
        try:
            return self._answer()
        except Exception as error:
            failure = error if isinstance(error, Failure) else Failure("internal", type(error).__name__)
            self._fail(failure, error)
            raise

    def replay(self, deliveries: dict[str, int]) -> Result:
        """Send the stored answer to the job's connection, if it is not there since the job was made.

        Where that connection is closed, the message may have a newer one, by a job that was overtaken.
        deliveries: of `answer`. Result: as `answer`'s. Undelivered.
        """
        stored = self._table.answer(self._job.session_id, self._job.message_id)
        message = self._table.message(self._job.session_id, self._job.message_id)
        if stored is None or message is None:
            log.info("there is no answer to send again", **self._ids())
            return dict(NOBODY)
        for connection_id in dict.fromkeys((self._job.connection_id, message.connection_id)):
            if deliveries.get(connection_id, 0) >= self._job.sent_at:
                log.info("answered and delivered before", **self._ids())
                break
            self._sending.move(connection_id)
            result = self._send_stored(stored, message.state == "cancelled")
            if result["undelivered"]:
                raise Undelivered
            if not self._sending.gone:
                log.info("sent again", **self._ids())
                return result
        return dict(NOBODY)

    def _answer(self) -> Result:
        job = self._job
        session = self._table.session(job.session_id)
        message = self._table.message(job.session_id, job.message_id)
        if message is None:
            log.warning("there is no such message", **self._ids())
            return dict(NOBODY)
        self._sending.move(message.connection_id)
        if session is None or session.state == "revoked":
            log.info("the session has ended", **self._ids())
            self._sending.tell(self._error("sessionEnded", retrying=False))
            self._table.set_message_state(job.session_id, job.message_id, "failed")
            return dict(NOBODY)
        if stored := self._table.answer(job.session_id, job.message_id):
            # Stored by a worker that ended before it could say so, or long ago.
            return self._send_stored(stored, cancelled=self._settle(message) == "cancelled")
        watch = Watch(self._table, job.session_id, message, self._sending, self._clock)
        provider = self._ask(message, watch)
        return self._store(session, message, provider, watch)

    def _ask(self, message: Message, watch: Watch) -> Provider:
        tools, job = self._tools, self._job
        asking = Asking(
            choose=tools.choose,
            key=tools.key,
            sending=self._sending,
            watch=watch,
            begin=self._attempt,
            retried=lambda: tools.count("ChatRetries"),
            clock=self._clock,
            deadline=self._deadline,
            read=tools.read,
        )
        conversation = self._table.conversation(job.session_id, before=message.message_id)
        return asking.ask(prompt.turns(conversation))

    def _store(self, session: Session, message: Message, provider: Provider, watch: Watch) -> Result:
        job, sending = self._job, self._sending
        cancelled, text = watch.cancelled, sending.text
        if not self._table.put_answer(
            session, job.message_id, text, provider.name, provider.model, provider.built_in
        ):
            stored = self._table.answer(job.session_id, job.message_id)
            assert stored is not None, "the condition of put_answer says that it is there"
            return self._send_stored(stored, cancelled)
        state: MessageState = "cancelled" if cancelled else "answered"
        self._table.set_message_state(job.session_id, job.message_id, state)
        watch.look(now=True)  # a client that came back in the last second
        result = self._finish(
            frames.done(
                job.message_id,
                sending.attempt,
                len(text),
                provider=provider.name,
                model=provider.model,
                built_in=provider.built_in,
                cancelled=cancelled,
            )
        )
        self._measure(cancelled)
        log.info(
            state, provider=provider.name, model=provider.model, characters=len(text), **self._ids(), **result
        )
        return result

    def _send_stored(self, stored: Answer, cancelled: bool) -> Result:
        self._sending.begin(self._attempt())
        self._sending.add(stored.text)
        return self._finish(
            frames.done(
                stored.message_id,
                self._sending.attempt,
                len(stored.text),
                provider=stored.provider,
                model=stored.model,
                built_in=stored.built_in,
                cancelled=cancelled,
            )
        )

    def _finish(self, done: frames.Frame) -> Result:
        """A closed connection is nobody to deliver to: its client asks again when he is back.

        The time is that before `done`: who asks after he has seen it asks for it again.
        """
        before = self._clock.milliseconds()
        finished = self._sending.finish(done)
        delivered = finished and not self._sending.gone
        return {
            "deliveries": {self._sending.connection_id: before} if delivered else {},
            "undelivered": not finished,
        }

    def _settle(self, message: Message) -> MessageState:
        """The state of a message whose answer is stored; noted and counted, where its worker did not."""
        if message.state in ("answered", "cancelled"):
            return message.state
        state: MessageState = "cancelled" if message.cancel_requested else "answered"
        self._table.set_message_state(self._job.session_id, self._job.message_id, state)
        self._measure(state == "cancelled")
        return state

    def _fail(self, failure: Failure, error: Exception) -> None:
        """Tell the client, the message's item, the metrics and the log."""
        ends = failure.final or self._last
        self._sending.tell(self._error(failure.code, retrying=not ends))
        self._tools.count("ChatFailures" if ends else "ChatRetries")
        if isinstance(error, Failure):  # of others the handler knows more
            level = log.error if ends else log.warning
            level("no answer" if ends else "no answer yet", **self._ids(), **described(error))
        if ends:
            with suppress(ClientError, BotoCoreError):  # the failure itself is what has to be seen
                self._table.set_message_state(self._job.session_id, self._job.message_id, "failed")

    def _measure(self, cancelled: bool) -> None:
        if not cancelled:
            self._tools.count("ChatAnswers")
        if first := self._sending.first_sent_at:
            waited = max(0, first - self._job.sent_at)
            self._tools.metrics.add_metric(
                name="FirstDeltaMilliseconds", unit=MetricUnit.Milliseconds, value=waited
            )

    def _attempt(self) -> int:
        return self._table.begin_attempt(self._job.session_id, self._job.message_id)

    def _error(self, code: frames.Code, *, retrying: bool) -> frames.Frame:
        return frames.error(code, SAYS[code], self._job.message_id, retrying=retrying)

    def _ids(self) -> dict[str, Any]:
        job = self._job
        return {"session_id": job.session_id, "message_id": job.message_id, "receives": job.receives}
