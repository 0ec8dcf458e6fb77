"""Events of sent mail, as SES writes them.

Source: SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

AS_IT_SHOULD = ("Send", "Delivery", "Open", "Click")
"""Kinds of events that tell of no trouble."""


@dataclass(frozen=True)
class Occurrence:
    """What happened to a mail. at: when it was sent (ISO 8601); reason: empty where SES gives none."""

    at: str
    kind: str
    to: tuple[str, ...]
    reason: str
    message_id: str

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def event(body: str) -> dict[str, Any]:
    """An event of SES as it lies in the queue; {} for anything else.

    SES greets a new event destination with a message that is plain text.
    """
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return (
        found
        if isinstance(found, dict) and isinstance(found.get("mail"), dict) and "eventType" in found
        else {}
    )


def occurrences(events: Iterable[Mapping[str, Any]], *, every: bool) -> list[Occurrence]:
    """Oldest first; only those that tell of trouble, unless `every`."""
    found = [
        Occurrence(
            at=str(one["mail"].get("timestamp", "")),
            kind=str(one["eventType"]),
            to=tuple(one["mail"].get("destination", ())),
            reason=_reason(one),
            message_id=str(one["mail"].get("messageId", "")),
        )
        for one in events
        if every or one["eventType"] not in AS_IT_SHOULD
    ]
    return sorted(found, key=lambda occurrence: occurrence.at)


def _reason(event: Mapping[str, Any]) -> str:
    """The one phrase of an event's own object that says most."""
    bounce, complaint = event.get("bounce", {}), event.get("complaint", {})
    recipients = bounce.get("bouncedRecipients") or [{}]
    said = (
        recipients[0].get("diagnosticCode"),
        "/".join(bounce[part] for part in ("bounceType", "bounceSubType") if part in bounce),
        complaint.get("complaintFeedbackType"),
        event.get("failure", {}).get("errorMessage"),
        event.get("reject", {}).get("reason"),
        event.get("deliveryDelay", {}).get("delayType"),
    )
    return next((text for text in said if text), "")
