"""A batch of the table's change stream: each record counts once, in the batch in which it succeeds."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from functions.shared import logs
from functions.shared.settings import load
from functions.stream_consumer.in_order import InOrder
from functions.stream_consumer.kpis import Measure, measures
from functions.stream_consumer.settings import Settings

log = logs.logger("stream_consumer")


def handle(event: dict[str, Any], context: object) -> Any:
    """Print the metrics of the records up to the first that fails; answer which failed.

    BatchProcessingError: the first one did, so that nothing was counted.
    """
    settings = load(Settings)
    processor = InOrder()
    with processor(records=event["Records"], handler=_look_at):
        outcomes = processor.process()
    metrics = logs.metrics(settings.environment)
    for status, counted, _ in outcomes:
        for name, unit, value in counted if status == "success" else ():
            metrics.add_metric(name, unit, value)
    if metrics.metric_set:
        metrics.flush_metrics()
    return processor.response()


def _look_at(record: DynamoDBRecord) -> list[Measure]:
    try:
        return measures(record)
    except Exception as error:
        # Its kind only: what a record holds does not go into a log.
        log.error(
            "A record of the stream cannot be counted",
            sequence_number=record["dynamodb"]["SequenceNumber"],
            error=type(error).__name__,
        )
        raise
