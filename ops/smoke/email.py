"""Promises of e-mail. What is sent goes to SES's mailbox simulator, which no reputation suffers from."""

from __future__ import annotations

import json
import os
from typing import Any

from ops.mail.sending import SIMULATOR, send
from ops.smoke import Broken, Promise
from ops.smoke.deployment import PLAIN_ENDPOINT, Deployment
from ops.smoke.email_events import searching
from ops.smoke.refusals import refused

PATIENCE_S = 90
"""The simulator on AWS answers within seconds, its complaints sometimes within a minute."""

OUTCOMES = {
    "success": ("Send", "Delivery"),
    "bounce": ("Send", "Bounce"),
    "complaint": ("Send", "Delivery", "Complaint"),
}
"""Address of the simulator -> every event that comes of it, so that none is left behind in the queue."""


def templates_arrive_complete(deployment: Deployment) -> str:
    """Sends both; each variable must have been filled in.

    The local AWS shows the mail itself. AWS shows it to nobody: there, that it was sent and delivered, and
    not told as a Rendering Failure, is all that can be seen.
    """
    import mail_templates

    seen = []
    for name in mail_templates.NAMES:
        message_id = _events_of(deployment, name, "success")
        mail = _in_the_mailbox(message_id)
        if mail is None:
            seen.append(f"{name}: Send and Delivery of {message_id}, no Rendering Failure")
            continue
        expected = mail_templates.render(
            mail_templates.load(name), mail_templates.data(mail_templates.sample(name))
        )
        for part, field in (("subject", "Subject"), ("html", "BodyHtml"), ("text", "BodyText")):
            if mail[field] != getattr(expected, part):
                raise Broken(
                    f"the {part} of {name} is not what this checkout's template and its data make; "
                    "was another version deployed?"
                )
        count = len(mail_templates.variables(mail_templates.MESSAGES[name]))
        seen.append(f"{name}: subject, HTML and text read in the mailbox, {count} variables")
    return "; ".join(seen)


def bounce_is_kept(deployment: Deployment) -> str:
    return f"Bounce of {_events_of(deployment, 'export', 'bounce')} in the queue"


def complaint_is_kept(deployment: Deployment) -> str:
    return f"Complaint of {_events_of(deployment, 'submission', 'complaint')} in the queue"


def rendering_failure_is_kept(deployment: Deployment) -> str:
    """SES takes a mail whose variables have no values, and never sends it (trap 33)."""
    message_id = _events_of(deployment, "export", "success", ("Rendering Failure",), template_data="{}")
    if _in_the_mailbox(message_id):
        raise Broken("a mail without values was sent")
    return f"Rendering Failure of {message_id} in the queue"


def another_sender_is_refused(deployment: Deployment) -> str:
    """Another address of the same domain, which SES itself would let pass."""
    _, at, domain = deployment.outputs["ses_from_email"].rpartition("@")
    outputs = {**deployment.outputs, "ses_from_email": f"somebody-else{at}{domain}"}
    sesv2 = deployment.application("sesv2")
    return refused(
        "Sending as another address", lambda: send(sesv2, outputs, "export", f"success@{SIMULATOR}")
    )


def _events_of(
    deployment: Deployment,
    template: str,
    mailbox: str,
    kinds: tuple[str, ...] = (),
    template_data: str | None = None,
) -> str:
    """Send as the application and wait until all that comes of it is in the queue. Returns the message id."""
    sqs = deployment.deployer("sqs")
    with searching(sqs, deployment.outputs["email_events_queue_url"]) as queue:
        message_id = send(
            deployment.application("sesv2"),
            deployment.outputs,
            template,
            f"{mailbox}@{SIMULATOR}",
            template_data=template_data,
        )
        queue.wait_for(message_id, kinds or OUTCOMES[mailbox], PATIENCE_S)
    return message_id


def _in_the_mailbox(message_id: str) -> dict[str, Any] | None:
    """The mail as the local AWS keeps it; None on AWS, and where it was not sent."""
    from urllib.request import urlopen

    local = os.environ.get(PLAIN_ENDPOINT)
    if not local:
        return None
    with urlopen(f"{local}/_ministack/ses/messages?id={message_id}", timeout=10) as answer:
        accounts: dict[str, list[dict[str, Any]]] = json.load(answer)["messages"]
    found = [mail for mails in accounts.values() for mail in mails if mail["MessageId"] == message_id]
    return found[0] if found else None


PROMISES = (
    Promise("email", "Both mails arrive, every variable filled in", templates_arrive_complete),
    Promise("email", "A bounce is kept in the events queue", bounce_is_kept),
    Promise("email", "A complaint is kept in the events queue", complaint_is_kept),
    Promise("email", "A mail that cannot be filled in is told, not lost", rendering_failure_is_kept),
    Promise("email", "Sending as another address is refused", another_sender_is_refused),
)
