"""A batch of a stream, taken record by record up to the first that fails."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, FailureResponse, SuccessResponse


class NotReached(Exception):
    """A record before this one failed."""


class InOrder(BatchProcessor):
    """Leaves everything after a failure to the next attempt.

    Lambda delivers all of that again, whatever became of it: it goes on from the lowest sequence number that
    is reported. What was counted beyond it would be counted twice. Where the first record of a batch fails,
    all of them have, and the processor raises BatchProcessingError; Lambda then halves the batch until the
    record is alone, and tries that one until its retries are used up.
    Source: Lambda developer guide, "Configuring partial batch response with DynamoDB and Lambda".
    """

    def __init__(self) -> None:
        super().__init__(event_type=EventType.DynamoDBStreams)

    def _process_record(self, record: dict[str, Any]) -> SuccessResponse | FailureResponse:
        if not self.fail_messages:
            return super()._process_record(record)
        return self.failure_handler(
            self._to_batch_type(record, event_type=self.event_type), (NotReached, NotReached(), None)
        )
