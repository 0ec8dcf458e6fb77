"""Events of sent mail, published to the event destinations of a configuration set.

Upstream, MiniStack 1.5.33: services/ses_v2.py, _put_event_destination keeps event destinations and
nothing ever publishes to them; a topic that SES may not publish to is taken. The fix refuses such a topic
and greets an accepted one with the message that SES sends; `happened` publishes an event to SNS, as far
as the policies of the topic and of its key let ses.amazonaws.com, and counts it in CloudWatch.

The records are those of the Developer Guide, "Contents of event data that Amazon SES publishes to Amazon
SNS". Opens, clicks, subscriptions, rejects and delivery delays never happen here.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ops.local_aws.fixes import ses_requests as requests

PRINCIPAL = "ses.amazonaws.com"
SUBJECT = "Amazon SES Email Event Notification"
GREETING = "Successfully validated SNS topic for Amazon SES event publishing."

TYPES = {
    "Send": "SEND",
    "Delivery": "DELIVERY",
    "Bounce": "BOUNCE",
    "Complaint": "COMPLAINT",
    "Rendering Failure": "RENDERING_FAILURE",
}
"""Name in event destinations by name in event records."""


@dataclass(frozen=True)
class Mail:
    """The message that an event is about. headers: none where it could not be rendered."""

    message_id: str
    source: str
    identity: str
    destination: list[str]
    configuration_set: str
    tags: dict[str, list[str]]
    headers: dict[str, str] | None


def install() -> None:
    """Wraps what creates and replaces event destinations."""
    from ministack.services import ses_v2

    inner = ses_v2._put_event_destination

    def put_event_destination(name: str, dest_name: str, definition: Any, *, create: bool) -> Any:
        topic = ((definition or {}).get("SnsDestination") or {}).get("TopicArn")
        if topic and name in ses_v2._config_sets and not _may_publish(topic, name):
            return ses_v2._json_err("BadRequestException", f"Could not publish to SNS topic <{topic}>.")
        refused = inner(name, dest_name, definition, create=create)
        if refused is None and topic:
            _publish(topic, name, GREETING, "")
        return refused

    ses_v2._put_event_destination = put_event_destination


def happened(kind: str, mail: Mail, detail: dict[str, Any]) -> None:
    """Publishes one event to the destinations that are enabled for it.

    kind: a key of TYPES; detail: the event's own object, by its name.
    """
    from ministack.services import ses_v2

    kept = ses_v2._config_sets.get(mail.configuration_set) or {}
    for destination in (kept.get("EventDestinations") or {}).values():
        if not destination["Enabled"] or TYPES[kind] not in destination["MatchingEventTypes"]:
            continue
        if "SnsDestination" in destination:
            record = {"eventType": kind, **detail, "mail": _mail_object(mail)}
            topic = destination["SnsDestination"]["TopicArn"]
            _publish(topic, mail.configuration_set, json.dumps(record), SUBJECT)
        elif "CloudWatchDestination" in destination:
            _count(kind, destination["CloudWatchDestination"], mail)


def timestamp() -> str:
    """Now, as event records write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _mail_object(mail: Mail) -> dict[str, Any]:
    from ministack.core.responses import get_account_id

    record: dict[str, Any] = {
        "timestamp": timestamp(),
        "source": mail.source,
        "sourceArn": requests.arn("identity", mail.identity),
        "sendingAccountId": get_account_id(),
        "messageId": mail.message_id,
        "destination": mail.destination,
        "headersTruncated": False,
    }
    if mail.headers is not None:
        listed = {name: [one.strip() for one in text.split(",")] for name, text in mail.headers.items()}
        record["headers"] = [{"name": name, "value": text} for name, text in mail.headers.items()]
        record["commonHeaders"] = {
            "from": [mail.source],
            **{name.lower(): listed[name] for name in ("To", "Cc") if name in listed},
            "messageId": mail.message_id,
            "subject": mail.headers.get("Subject", ""),
        }
    return {**record, "tags": mail.tags}


def _may_publish(topic: str, configuration_set: str) -> bool:
    from ministack.core.responses import get_account_id
    from ministack.services import sns

    source = requests.arn("configuration-set", configuration_set)
    return sns._topic_by_arn_any_scope(topic) is not None and bool(
        sns.topic_policy_allows(topic, PRINCIPAL, source, get_account_id())
    )


def _publish(topic: str, configuration_set: str, text: str, subject: str) -> None:
    from ministack.services import sns

    # SES drops without a word what it may not publish.
    if _may_publish(topic, configuration_set):
        sns.publish_internal(topic, text, subject)


def _count(kind: str, destination: dict[str, Any], mail: Mail) -> None:
    from ministack.services import cloudwatch

    dimensions = {
        one["DimensionName"]: (mail.tags.get(one["DimensionName"]) or [one["DefaultDimensionValue"]])[0]
        for one in destination.get("DimensionConfigurations") or []
    }
    name = kind.replace(" ", "")
    cloudwatch._store_datum("AWS/SES", name, dimensions, time.time(), "Count", 1.0, None, None, None)
