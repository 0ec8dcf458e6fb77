"""Looking for the events of one message in the queue, without taking anybody else's."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from ops.mail.events import event
from ops.smoke import Broken

HIDDEN_S = 120
"""How long SQS hides what was received, while all of it is read."""
AGAIN_S = 30
"""The same while certain events are waited for. An answer of SQS that was lost on its way hides them, too;
they come again before the patience is over."""
BATCH = 10
"""The most that SQS takes or gives at once."""


class EventsQueue:
    """A search through the queue. `searching` ends it: own events are removed, all others put back."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs, self._url = sqs, url
        self._received: dict[str, tuple[str, dict[str, Any]]] = {}
        """SQS's message id -> the receipt of the last time that it came, and the event."""
        self._own: set[str] = set()

    def wait_for(self, message_id: str, kinds: Collection[str], seconds: float) -> dict[str, dict[str, Any]]:
        """The events of these kinds of a message, by kind. Raises Broken where one does not come in time.

        A Rendering Failure that is not looked for breaks the promise at once: nothing else will come.
        """
        self._own.add(message_id)
        deadline = time.monotonic() + seconds
        while True:
            found = {
                kept["eventType"]: kept
                for _, kept in self._received.values()
                if kept and kept["mail"].get("messageId") == message_id
            }
            if "Rendering Failure" in found and "Rendering Failure" not in kinds:
                raise Broken(f"the mail was not sent: {found['Rendering Failure'].get('failure')}")
            if found.keys() >= set(kinds):
                return found
            if time.monotonic() > deadline:
                raise Broken(
                    f"no {' and no '.join(sorted(set(kinds) - found.keys()))} of {message_id} after "
                    f"{seconds:.0f} s; in the queue: {', '.join(sorted(found)) or 'nothing of it'}"
                )
            self._receive(AGAIN_S)

    def everything(self, most: int) -> list[dict[str, Any]]:
        """The events that are there now, as far as SQS shows them: at least `most`, or all."""
        while len(self._received) < most:
            before = len(self._received)
            self._receive(HIDDEN_S)
            if len(self._received) == before:
                break
        return [kept for _, kept in self._received.values() if kept]

    def end(self) -> None:
        """Remove the events of the messages that were looked for; let others see the rest at once."""
        own: list[str] = []
        others: list[str] = []
        for receipt, kept in self._received.values():
            mine = bool(kept) and kept["mail"].get("messageId") in self._own
            (own if mine else others).append(receipt)
        for batch in _batches(own):
            entries = [{"Id": str(n), "ReceiptHandle": receipt} for n, receipt in enumerate(batch)]
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        for batch in _batches(others):
            hidden = [
                {"Id": str(n), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for n, receipt in enumerate(batch)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=hidden)

    def _receive(self, hidden_s: int) -> None:
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=1, VisibilityTimeout=hidden_s
        )
        for message in answer.get("Messages", []):
            self._received[message["MessageId"]] = (message["ReceiptHandle"], event(message["Body"]))


@contextmanager
def searching(sqs: Any, url: str) -> Iterator[EventsQueue]:
    """A search that leaves the queue as it was, but for the searcher's own events."""
    queue = EventsQueue(sqs, url)
    try:
        yield queue
    finally:
        queue.end()


def _batches(receipts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(receipts), BATCH):
        yield receipts[start : start + BATCH]
