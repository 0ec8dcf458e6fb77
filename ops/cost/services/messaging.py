"""Mail, topics and queues."""

from __future__ import annotations

from collections.abc import Iterator

from environments.ranges import NONE, Range
from ops.cost.metering import Metered, Month, NoAssumptionError
from ops.cost.resources import Resource

REQUESTS_OF_A_MESSAGE = 3
"""Sent, received, deleted."""


def configuration_set(resource: Resource, month: Month) -> Iterator[Metered]:
    """Every mail goes through the environment's set; through the account's, what forgets to name one."""
    yield Metered("ses.messages", month.own.mails if month.own else NONE, "mails")


def topic(resource: Resource, month: Month) -> Iterator[Metered]:
    """Messages that are published; deliveries to queues and functions cost nothing more."""
    yield Metered("sns.publish", _published(resource, month), "messages published")


def subscription(resource: Resource, month: Month) -> Iterator[Metered]:
    """Mails and posts that tell of alarms."""
    protocol = resource.values.get("protocol")
    if protocol in ("email", "email-json"):
        yield Metered("sns.email", _notices(month), "mails about alarms")
    elif protocol in ("http", "https"):
        yield Metered("sns.http", _notices(month), "posts about alarms")
    elif protocol not in ("sqs", "lambda"):
        raise NoAssumptionError(f"deliveries by {protocol} have no price")


def queue(resource: Resource, month: Month) -> Iterator[Metered]:
    """Lambda's polling is metered with its event source."""
    used, label = month.used(), resource.label
    if label.startswith("chat_jobs_queue"):
        messages = used.messages
    elif label.startswith("email_events"):
        messages = used.mail_events + used.bounces
    elif any(name in label for name in ("dead-letters", "failures")):
        messages = used.usage.errors
    else:
        raise NoAssumptionError("how many messages this queue takes is not assumed")
    yield Metered("sqs.requests", messages * REQUESTS_OF_A_MESSAGE, "messages")


def _published(resource: Resource, month: Month) -> Range:
    label = resource.label
    if label.startswith("email_events_deliveries"):
        return month.used().mail_events
    if label.startswith("email_events"):
        return month.used().bounces
    if label.startswith(("monitoring", "security-alarms")):
        return _notices(month)
    raise NoAssumptionError("how many messages this topic takes is not assumed")


def _notices(month: Month) -> Range:
    return month.own.usage.alarm_notices if month.own else month.account.alarm_notices
