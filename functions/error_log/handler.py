"""Errors of the application's log, copied into the log group that keeps them longer.

At least once: where a write fails, CloudWatch Logs sends the same events again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from functions.error_log import payload
from functions.error_log.batches import acceptable, batches, by_day, stream_name
from functions.error_log.settings import Settings
from functions.shared import clients, logs
from functions.shared.settings import load

log = logs.logger("error_log")


def handle(event: dict[str, Any], context: object) -> None:
    """Write the events of a subscription's message, and print how many there were."""
    settings = load(Settings)
    received = payload.read(event)
    if received is None:
        return
    events = acceptable(received.events, datetime.now(UTC))
    if skipped := len(received.events) - len(events):
        log.warning("Events are too old or too new to be written", skipped=skipped)
    for day, of_day in by_day(events).items():
        stream = stream_name(day, received.stream)
        for batch in batches(of_day):
            _write(settings.error_log_group, stream, batch)
            _count(settings.environment, len(batch))


def _write(group: str, stream: str, batch: Sequence[payload.LogEvent]) -> None:
    client = clients.client("logs")
    arguments = {
        "logGroupName": group,
        "logStreamName": stream,
        "logEvents": [event._asdict() for event in batch],
    }
    try:
        answer = client.put_log_events(**arguments)
    except client.exceptions.ResourceNotFoundException:
        _create(group, stream)
        answer = client.put_log_events(**arguments)
    if rejected := answer.get("rejectedLogEventsInfo"):
        log.warning("CloudWatch Logs did not take all events", rejected=rejected)


def _create(group: str, stream: str) -> None:
    """The day's first error of a stream; another execution may have been faster."""
    client = clients.client("logs")
    try:
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    except client.exceptions.ResourceAlreadyExistsException:
        return


def _count(environment: str, written: int) -> None:
    metrics = logs.metrics(environment)
    metrics.add_metric("ErrorsLogged", MetricUnit.Count, written)
    metrics.flush_metrics()
