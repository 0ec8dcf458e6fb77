"""Sending one message: by v2's SendEmail and v1's SendEmail, SendRawEmail and SendTemplatedEmail.

Upstream, MiniStack 1.5.33: services/ses_v2.py, handle_request ignores the configuration set, headers,
attachments and reply addresses of a message; services/ses.py, _render_template leaves a variable that has
no value in the text, knows no blocks, and the message counts as sent; no event is published
(services/ses.py, _send_notifications serves only the topics of v1 identities). The fix sends through the
configuration set, the default of the identity included, renders as SES does, and publishes the events.
A template with a missing variable is accepted, not delivered, and told as a Rendering Failure.

No mail leaves the machine. Every address is delivered to, but for those of the mailbox simulator:
bounce@, complaint@ and suppressionlist@simulator.amazonses.com (Developer Guide, "Using the mailbox
simulator"). What was delivered is at /_ministack/ses/messages (see ses_messages).
"""

from __future__ import annotations

import json
from email.utils import parseaddr
from typing import Any

from ops.local_aws.fixes import ses_events as events
from ops.local_aws.fixes import ses_identities as identities
from ops.local_aws.fixes import ses_messages as messages
from ops.local_aws.fixes import ses_requests as requests
from ops.local_aws.fixes.ses_account import sending_enabled
from ops.local_aws.fixes.ses_rendering import InvalidTemplateError, MissingAttributeError, render


class RefusedError(Exception):
    """SES does not take the message: codes of v1 and v2, status in v2, text."""

    def __init__(self, v1: str, v2: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.v1, self.v2, self.status = v1, v2, status


def install() -> None:
    """Replaces the four operations."""
    from ministack.core import iam_evaluator
    from ministack.core.responses import json_response
    from ministack.services import ses, ses_v2

    inner = ses_v2.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        request = requests.sending(method, path, body, query_params)
        if request is None:
            return await inner(method, path, headers, body, query_params)
        # The router does it for v1 only.
        iam_evaluator.pin_request_caller(headers, query_params)
        try:
            return json_response({"MessageId": _send(request, "v2.SendEmail")})
        except RefusedError as error:
            return ses_v2._json_err(error.v2, str(error), error.status)

    def v1(action: str) -> Any:
        def handle(form: Any) -> Any:
            try:
                message_id = _send(requests.from_v1(form), action)
            except RefusedError as error:
                return ses._error(error.v1, str(error), 400)
            result = f"<{action}Result><MessageId>{message_id}</MessageId></{action}Result>"
            return ses._xml(200, f"{action}Response", result)

        return handle

    ses_v2.handle_request = handle_request
    ses._send_email = v1("SendEmail")
    ses._send_raw_email = v1("SendRawEmail")
    ses._send_templated_email = v1("SendTemplatedEmail")


def _send(request: requests.Request, kind: str) -> str:
    """Id of the message. Raises RefusedError."""
    from ministack.core.responses import new_uuid

    configuration_set = _usable_configuration_set(request)
    template = _template(request)
    _refuse_unverified(request)
    # As SES writes its ids.
    message_id = f"0100{new_uuid().replace('-', '')[:12]}-{new_uuid()}-000000"
    content = messages.content(request)
    source, recipients = requests.sender(request), requests.addresses(request)
    tags = _tags(request, configuration_set)

    def mail(headers: dict[str, str] | None) -> events.Mail:
        identity = requests.identity_of(source) or ""
        name = configuration_set or ""
        return events.Mail(message_id, source, identity, recipients, name, tags, headers)

    if template is not None:
        try:
            content.update(_rendered(request, template))
        except MissingAttributeError as error:
            reason = f"Attribute '{error.args[0]}' is not present in the rendering data."
            failure = {"errorMessage": reason, "templateName": requests.template_name(request) or ""}
            events.happened("Rendering Failure", mail(None), {"failure": failure})
            return message_id
    record = messages.keep(message_id, kind, configuration_set, tags, content)
    _tell(mail(messages.headers(record)), recipients)
    return message_id


def _usable_configuration_set(request: requests.Request) -> str | None:
    from ministack.services import ses_v2

    name = requests.configuration_set(request)
    kept = ses_v2._config_sets.get(name) if name else None
    if name and kept is None:
        text = f"Configuration set <{name}> does not exist."
        raise RefusedError("ConfigurationSetDoesNotExist", "NotFoundException", text, 404)
    if not sending_enabled():
        text = "Email sending is disabled for the account."
        raise RefusedError("AccountSendingPausedException", "SendingPausedException", text)
    if kept and not kept["SendingOptions"]["SendingEnabled"]:
        text = f"Sending is disabled for configuration set <{name}>."
        raise RefusedError("ConfigurationSetSendingPausedException", "SendingPausedException", text)
    return name


def _template(request: requests.Request) -> dict[str, str] | None:
    """Parts by their names in the store, None for a content that needs no rendering."""
    from ministack.services import ses_v2

    wanted = (request.get("Content") or {}).get("Template")
    if wanted is None:
        return None
    found, _, refused = ses_v2._resolve_send_template(wanted)
    if refused is not None:
        missing = refused[0] == 404
        text = json.loads(refused[2])["message"]
        codes = (
            ("TemplateDoesNotExist", "NotFoundException")
            if missing
            else ("ValidationError", "BadRequestException")
        )
        raise RefusedError(*codes, text, refused[0])
    return dict(found)


def _refuse_unverified(request: requests.Request) -> None:
    from ministack.services import ses

    identities.refresh()
    sender, recipients = requests.sender(request), requests.addresses(request)
    if any("@" not in address for address in [parseaddr(sender)[1], *recipients]):
        raise RefusedError("InvalidParameterValue", "BadRequestException", "Missing final '@domain'")
    if not recipients:
        raise RefusedError("InvalidParameterValue", "BadRequestException", "Recipient count is less than 1.")
    if rejected := ses._message_rejection(sender, recipients):
        raise RefusedError("MessageRejected", "MessageRejected", rejected)


def _rendered(request: requests.Request, template: dict[str, str]) -> dict[str, str]:
    """Raises MissingAttributeError and RefusedError."""
    try:
        data = json.loads(request["Content"]["Template"].get("TemplateData") or "{}")
        parts = {"Subject": "SubjectPart", "BodyText": "TextPart", "BodyHtml": "HtmlPart"}
        return {name: render(template.get(part) or "", data) for name, part in parts.items()}
    except (InvalidTemplateError, json.JSONDecodeError) as error:
        text = f"Template or template data is not valid: {error}"
        raise RefusedError("InvalidParameterValue", "BadRequestException", text) from error


def _tags(request: requests.Request, configuration_set: str | None) -> dict[str, list[str]]:
    """The message's own tags and those that SES adds."""
    from ministack.core import iam_evaluator

    source_ip, _ = iam_evaluator._request_origin.get()
    automatic = {
        "ses:configuration-set": configuration_set or "",
        "ses:source-ip": source_ip,
        "ses:from-domain": parseaddr(requests.sender(request))[1].rpartition("@")[2],
        "ses:caller-identity": _caller(iam_evaluator.caller_arn()),
    }
    own = {tag["Name"]: tag["Value"] for tag in request.get("EmailTags") or []}
    return {name: [text] for name, text in {**automatic, **own}.items() if text}


def _caller(arn: str) -> str:
    """Name of the user or the role."""
    parts = arn.rpartition(":")[2].split("/")
    return parts[1] if parts[0] == "assumed-role" else parts[-1]


def _tell(mail: events.Mail, recipients: list[str]) -> None:
    from ministack.services import ses

    events.happened("Send", mail, {"send": {}})
    for recipient in recipients:
        local, _, domain = recipient.lower().partition("@")
        outcomes: Any = (("Delivery", None),)
        if domain == ses._SIMULATOR_DOMAIN:
            outcomes = ses._SIMULATOR_OUTCOMES.get(local.split("+")[0], outcomes)
        for kind, subtype in outcomes:
            detail = ses._notification_detail(kind, recipient, events.timestamp(), subtype)
            events.happened(kind, mail, detail)
    ses._send_notifications(mail.message_id, mail.source, recipients)
