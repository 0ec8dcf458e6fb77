"""The queue's consumer: each record is a message to be answered. Protocol: docs/chat.md.

How a message is answered once and none is lost, while SQS delivers at least once and clients come back:

- The answer is given under a lock per message id (`once`, kind "answer"). A second delivery meanwhile is Busy
  and comes back later; one after a crash takes over when the crashed invocation's time is over.
- It is stored under a condition before `done` is sent. So a worker killed at any moment leaves either no
  answer, and the next delivery asks again, or a stored one, which the next delivery sends.
- The lock remembers which connection has got the whole answer, and when. A job that finds the message
  answered sends the stored answer, unless its connection has got it since the job was made: so the
  redelivery of a done job sends nothing, while a client that asks again for an old answer gets it. That,
  too, is done once per job (kind "delivery").
- Towards the client that is "at least once": what was cut short is sent again from its beginning, under a
  larger `attempt`; a frame may be posted twice, with the same `offset`. Both are visible to the client.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.chat_worker import jobs
from functions.chat_worker.answering import Answering, Tools
from functions.chat_worker.clock import Clock
from functions.chat_worker.connection import Connections
from functions.chat_worker.failures import Failure, Undelivered, described
from functions.chat_worker.jobs import Job, NoJob
from functions.chat_worker.keys import ApiKey
from functions.chat_worker.once import Busy, Once
from functions.chat_worker.providers import choice
from functions.chat_worker.settings import Settings
from functions.shared import clients, logs
from functions.shared.settings import load
from functions.shared.table import Table

log = logs.logger("chat_worker")

FAREWELL_S = 5
"""Kept of the invocation's time: to tell the client, to store, to give the job back."""


def handle(event: dict[str, Any], context: Any) -> Any:
    """Partial batch response: the records that come back. Nothing is raised for what a record does."""
    worker = _worker()
    # One per invocation: Powertools keeps a record's failure in it.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    try:
        return process_partial_response(
            event,
            record_handler=lambda record: worker.work(record, context),
            processor=processor,
            context=context,
        )
    finally:
        if worker.tools.metrics.metric_set:
            worker.tools.metrics.flush_metrics()


class Worker:
    """One per execution environment."""

    def __init__(self, tools: Tools, queue: jobs.Queue, once: Once) -> None:
        self.tools, self._queue, self._once = tools, queue, once

    def work(self, record: SQSRecord, context: Any) -> None:
        """Do one record's job. What it raises makes the record come back, or go to the dead letters."""
        try:
            job = Job.of(record)
        except NoJob as error:
            log.error("the queue gave what is no job", sqs_message_id=str(error))
            raise
        try:
            self._answer(job, context)
        except Failure as failure:
            if not failure.final:
                self._queue.hide(job, job.wait_s(failure.retry_after_s or 0))
                raise
        except Busy as busy:
            log.info("in progress elsewhere", message_id=job.message_id, receives=job.receives)
            self._queue.hide(job, self._wait_for(busy, job))
            raise
        except Exception as error:
            # Answering has told the client and the log of its own; this is for what is around it.
            log.error("the job is not done", message_id=job.message_id, **described(error))
            self._queue.hide(job, job.wait_s())
            raise

    def _answer(self, job: Job, context: Any) -> None:
        deadline = self.tools.clock.now() + context.get_remaining_time_in_millis() / 1000 - FAREWELL_S
        answering = Answering(self.tools, job, last=self._queue.last(job), deadline=deadline)
        result, ran = self._once.run("answer", job.session_id, job.message_id, context, answering.answer)
        if not ran:
            again = partial(answering.replay, result["deliveries"])
            self._once.run("delivery", job.session_id, job.job_id, context, again)
        elif result["undelivered"]:
            raise Undelivered

    def _wait_for(self, busy: Busy, job: Job) -> int:
        """First a short while, in which most answers end; then until the other can no longer be at it.

        So that a job that only waits is not given out so often that it goes to the dead letters.
        """
        left_s = max(0.0, (busy.until - self.tools.clock.milliseconds()) / 1000)
        wait_s = job.wait_s()
        return wait_s if job.receives == 1 else max(wait_s, int(left_s) + 1)


@cache
def _worker() -> Worker:
    settings, clock = load(Settings), Clock()
    tools = Tools(
        table=Table(settings.table_name),
        connections=Connections(clients.client("apigatewaymanagementapi", settings.connections_url), clock),
        key=ApiKey(clients.client("secretsmanager"), settings.api_key_secret_arn, clock),
        choose=lambda key: choice.provider(settings, key),
        metrics=logs.metrics(settings.environment),
        clock=clock,
    )
    queue = jobs.Queue(clients.client("sqs"), settings.jobs_queue_url, settings.max_receives)
    return Worker(tools, queue, Once(settings.table_name, clients.client("dynamodb")))
