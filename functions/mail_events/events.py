"""Events of mail as SES publishes them.

Source: SES developer guide, "Examples of event data that Amazon SES publishes to Amazon SNS".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

TRIAL = "Successfully validated SNS topic for Amazon SES"
"""So begins what SES publishes once, in plain text, when a topic becomes a destination of events."""

Detail = dict[str, Any]


@dataclass(frozen=True)
class MailEvent:
    """kind: SES's `eventType`. details: what may be logged: of an address only the domain."""

    kind: str
    message_id: str
    details: Detail


def read(message: str) -> MailEvent | None:
    """The event in a message of SNS; None: SES is only trying the topic.

    ValueError, KeyError: it is not an event of SES.
    """
    if message.startswith(TRIAL):
        return None
    event = json.loads(message)
    kind, mail = event["eventType"], event["mail"]
    told = _DETAILS.get(kind)
    details = {
        "domains": _domains(mail.get("destination", [])),
        "template": (mail.get("tags") or {}).get("template", [None])[0],
    }
    details |= told(event) if told else {}
    return MailEvent(kind, mail["messageId"], {name: value for name, value in details.items() if value})


def _bounce(event: Detail) -> Detail:
    bounce = event["bounce"]
    recipients = bounce["bouncedRecipients"]
    return {
        "domains": _domains(recipient["emailAddress"] for recipient in recipients),
        "bounce_type": bounce["bounceType"],
        "bounce_sub_type": bounce["bounceSubType"],
        "status": sorted({recipient["status"] for recipient in recipients if recipient.get("status")}),
    }


def _complaint(event: Detail) -> Detail:
    complaint = event["complaint"]
    return {
        "domains": _domains(recipient["emailAddress"] for recipient in complaint["complainedRecipients"]),
        "feedback_type": complaint.get("complaintFeedbackType"),
        "complaint_sub_type": complaint.get("complaintSubType"),
    }


def _reject(event: Detail) -> Detail:
    return {"reason": event["reject"]["reason"]}


def _rendering_failure(event: Detail) -> Detail:
    # The message names the missing variable of the template.
    return {"template": event["failure"]["templateName"], "reason": event["failure"]["errorMessage"]}


def _delay(event: Detail) -> Detail:
    delay = event["deliveryDelay"]
    return {
        "domains": _domains(recipient["emailAddress"] for recipient in delay["delayedRecipients"]),
        "delay_type": delay["delayType"],
    }


_DETAILS = {
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Reject": _reject,
    "Rendering Failure": _rendering_failure,
    "DeliveryDelay": _delay,
}


def _domains(addresses: Any) -> list[str]:
    """`Reader <reader@example.com>` is of example.com."""
    return sorted({address.rpartition("@")[2].strip("<> ").lower() for address in addresses})
