"""Queues, topics and mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.inventory.model import Lister, pages


def _topics(sns: Any) -> Iterator[str]:
    yield from (topic["TopicArn"] for topic in pages(sns, "list_topics", "Topics"))


def _subscriptions(sns: Any) -> Iterator[tuple[str, str]]:
    for subscription in pages(sns, "list_subscriptions", "Subscriptions"):
        name = f"{subscription['TopicArn']} -> {subscription['Protocol']} {subscription['Endpoint']}"
        yield name, subscription["SubscriptionArn"]


def _queues(sqs: Any) -> Iterator[str]:
    yield from pages(sqs, "list_queues", "QueueUrls")


def _configuration_sets(ses: Any) -> Iterator[str]:
    yield from pages(ses, "list_configuration_sets", "ConfigurationSets")


def _templates(ses: Any) -> Iterator[str]:
    yield from (template["Name"] for template in pages(ses, "list_templates", "TemplatesMetadata"))


def _identities(ses: Any) -> Iterator[str]:
    yield from (
        identity["IdentityName"] for identity in pages(ses, "list_email_identities", "EmailIdentities")
    )


LISTERS = (
    Lister("topic", "sns", _topics),
    Lister("subscription", "sns", _subscriptions),
    Lister("queue", "sqs", _queues),
    Lister("configuration set", "sesv2", _configuration_sets),
    Lister("template", "ses", _templates),
    Lister("identity", "sesv2", _identities),
)
