"""Events of mail from SNS: counts what went wrong, logs all, and never an address."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from functions.mail_events.events import read
from functions.mail_events.settings import Settings
from functions.shared import logs
from functions.shared.settings import load

log = logs.logger("mail_events")

METRICS = {
    "Bounce": "MailBounces",
    "Complaint": "MailComplaints",
    "Reject": "MailRejects",
    "Rendering Failure": "MailRenderingFailures",
}

LEVELS = {"Rendering Failure": log.error, "Reject": log.warning, "Complaint": log.warning}
"""A template that cannot be filled in is our own mistake, and its mail is lost with no other sign (trap 33).
Everything else is INFO: mail bounces every day."""


def handle(event: dict[str, Any], context: object) -> None:
    """Any exception: the event cannot be read. It is tried again, then kept in the failure queue.

    Reads all before it counts the first: what is tried again was not counted.
    """
    settings = load(Settings)
    read_events = [read(record["Sns"]["Message"]) for record in event["Records"]]
    metrics = logs.metrics(settings.environment)
    for mail_event in filter(None, read_events):
        LEVELS.get(mail_event.kind, log.info)(
            "Event of a mail",
            extra={"kind": mail_event.kind, "message_id": mail_event.message_id, **mail_event.details},
        )
        if mail_event.kind in METRICS:
            metrics.add_metric(METRICS[mail_event.kind], MetricUnit.Count, 1)
    if metrics.metric_set:
        metrics.flush_metrics()
