"""A job of the queue: what it asks for, and how long it waits when it could not be done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import BotoCoreError, ClientError

from functions.chat_worker.failures import described
from functions.shared import logs

log = logs.logger("chat_worker")

FIRST_WAIT_S = 5
LONGEST_WAIT_S = 12 * 3600
"""SQS hides no message for longer."""


class NoJob(ValueError):
    """What the queue gave is no job."""


@dataclass(frozen=True)
class Job:
    """Answer this message, or send its answer again, to this connection.

    job_id: SQS's id of it, the same at each redelivery; the job of a message sent again has another.
    sent_at: when it was put into the queue, milliseconds since 1970. receives: this delivery included.
    """

    session_id: str
    message_id: str
    connection_id: str
    job_id: str
    sent_at: int
    receives: int
    receipt: str

    @classmethod
    def of(cls, record: SQSRecord) -> Job:
        """NoJob: the body is not what send_message writes."""
        try:
            body = json.loads(record.body)
            session_id, message_id, connection_id = (
                body[name] for name in ("sessionId", "messageId", "connectionId")
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise NoJob(record.message_id) from None
        if not all(isinstance(value, str) and value for value in (session_id, message_id, connection_id)):
            raise NoJob(record.message_id)
        return cls(
            session_id,
            message_id,
            connection_id,
            job_id=record.message_id,
            sent_at=int(record.attributes.sent_timestamp),
            receives=int(record.attributes.approximate_receive_count),
            receipt=record.receipt_handle,
        )

    def wait_s(self, at_least_s: float = 0) -> int:
        """Until the next delivery: 10 s, 20 s, 40 s, or longer where the provider wants that."""
        return int(min(LONGEST_WAIT_S, max(FIRST_WAIT_S * 2**self.receives, at_least_s + 1)))


class Queue:
    """client: of SQS. max_receives: how often a job is given out before it goes to the dead letters."""

    def __init__(self, client: Any, url: str, max_receives: int) -> None:
        self._client, self._url, self._max = client, url, max_receives

    def last(self, job: Job) -> bool:
        """Whether this was the last delivery of the job."""
        return job.receives >= self._max

    def hide(self, job: Job, seconds: int) -> None:
        """Let the job come back after this time, instead of after the queue's own, which is for crashes.

        After its last delivery it is not hidden at all: SQS moves it to the dead letters when somebody
        asks for it next.
        """
        try:
            self._client.change_message_visibility(
                QueueUrl=self._url,
                ReceiptHandle=job.receipt,
                VisibilityTimeout=0 if self.last(job) else seconds,
            )
        except (ClientError, BotoCoreError) as error:
            log.warning("the job comes back later than it should", **described(error))
