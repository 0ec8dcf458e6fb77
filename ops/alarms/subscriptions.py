"""Subscriptions to the topics of alarms, and their confirmation (trap 50).

Amazon SNS tells an address nothing until its owner has followed the link in a mail, which is good for three
days. Terraform does not wait for that, so an environment may be deployed whose alarms nobody hears.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

PLAIN_ENDPOINT = "LOCAL_AWS_PLAIN_ENDPOINT_URL"


@dataclass(frozen=True)
class Subscription:
    """Somebody who is to hear the alarms of a topic. endpoint: an address, or a URL."""

    topic_arn: str
    protocol: str
    endpoint: str
    confirmed: bool

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return dict(vars(self))


@dataclass(frozen=True)
class Link:
    """What a confirmation link says. token: good for one confirmation."""

    topic_arn: str
    token: str

    @classmethod
    def of(cls, url: str) -> Link | None:
        """Read the address that a mail of SNS has; None if it is no such address."""
        query = parse_qs(urlsplit(url).query)
        topic, token = query.get("TopicArn", [""])[0], query.get("Token", [""])[0]
        return cls(topic, token) if topic.startswith("arn:aws:sns:") and token else None


def topics(outputs: Mapping[str, str]) -> list[str]:
    """ARNs of the topics of alarms of a deployed stack."""
    return [value for name, value in sorted(outputs.items()) if name.endswith("alarm_topic_arn")]


def subscriptions(sns: Any, topic_arn: str) -> Iterator[Subscription]:
    """All of a topic."""
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn):
        for one in page["Subscriptions"]:
            confirmed = one["SubscriptionArn"].startswith("arn:")  # else PendingConfirmation, or Deleted
            yield Subscription(topic_arn, one["Protocol"], one["Endpoint"], confirmed)


def links_are_readable(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a mailbox that can be looked into: that of a local AWS."""
    return PLAIN_ENDPOINT in environ


def links_in_the_mailbox(environ: Mapping[str, str] = os.environ) -> list[Link]:
    """Those of mails that the local AWS keeps; on AWS nobody can read them but their receiver."""
    import json
    from urllib.request import urlopen

    local = environ.get(PLAIN_ENDPOINT)
    if not local:
        return []
    with urlopen(f"{local}/_ministack/ses/messages", timeout=10) as answer:
        accounts: dict[str, list[dict[str, Any]]] = json.load(answer)["messages"]
    bodies = [mail.get("BodyText") or "" for mails in accounts.values() for mail in mails]
    urls = [url for body in bodies for url in re.findall(r"https://\S*Action=ConfirmSubscription\S*", body)]
    return [link for url in urls if (link := Link.of(url))]
