"""Not a fix: what a request to send is about, the same for both versions of the API.

Requests of v1 are turned into v2's SendEmail (API reference of SES v2), so that there is one way through.
Bulk sending is not covered: it stays as it is upstream.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses, parseaddr
from typing import Any
from urllib.parse import parse_qs

Request = dict[str, Any]

OUTBOUND = "/v2/email/outbound-emails"
V1_ACTIONS = ("SendEmail", "SendRawEmail", "SendTemplatedEmail")
CONFIGURATION_SET_HEADER = "X-SES-CONFIGURATION-SET"


def sending(method: str, path: str, body: bytes, query_params: Any) -> Request | None:
    """The request as v2's SendEmail, None where it does not send one message."""
    if path.startswith("/v2/"):
        found = method == "POST" and path.rstrip("/") == OUTBOUND
        return json.loads(body or b"{}") if found else None
    form = {**query_params, **parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)}
    return from_v1(form) if _one(form, "Action") in V1_ACTIONS else None


def from_v1(form: Mapping[str, Any]) -> Request:
    """v1's SendEmail, SendRawEmail and SendTemplatedEmail as v2's SendEmail."""
    action = _one(form, "Action")
    request: Request = {
        "FromEmailAddress": _one(form, "Source"),
        "Destination": {
            kind: _list(form, f"Destination.{kind}.member")
            for kind in ("ToAddresses", "CcAddresses", "BccAddresses")
        },
        "ReplyToAddresses": _list(form, "ReplyToAddresses.member"),
        "ConfigurationSetName": _one(form, "ConfigurationSetName"),
        "FeedbackForwardingEmailAddress": _one(form, "ReturnPath"),
        "EmailTags": [
            {"Name": name, "Value": _one(form, f"Tags.member.{number}.Value")}
            for number, name in enumerate(_list(form, "Tags.member", ".Name"), 1)
        ],
    }
    if action == "SendRawEmail":
        request["Destination"] = {"ToAddresses": _list(form, "Destinations.member")}
        request["Content"] = {"Raw": {"Data": _one(form, "RawMessage.Data")}}
    elif action == "SendTemplatedEmail":
        template = {"TemplateName": _one(form, "Template"), "TemplateData": _one(form, "TemplateData")}
        request["Content"] = {"Template": template}
    else:
        body = {kind: {"Data": _one(form, f"Message.Body.{kind}.Data")} for kind in ("Text", "Html")}
        request["Content"] = {
            "Simple": {"Subject": {"Data": _one(form, "Message.Subject.Data")}, "Body": body}
        }
    return request


def _one(form: Mapping[str, Any], name: str) -> str:
    found = form.get(name, "")
    return str(found[0] if isinstance(found, list) else found)


def _list(form: Mapping[str, Any], prefix: str, suffix: str = "") -> list[str]:
    found: list[str] = []
    while one := _one(form, f"{prefix}.{len(found) + 1}{suffix}"):
        found.append(one)
    return found


def raw_message(request: Request) -> EmailMessage | None:
    """The parsed message of a raw sending."""
    raw = (request.get("Content") or {}).get("Raw")
    if not raw:
        return None
    # The policy `default` makes this class, which the stubs do not say.
    parsed: Any = message_from_bytes(base64.b64decode(raw.get("Data") or ""), policy=default)
    return parsed if isinstance(parsed, EmailMessage) else None


def sender(request: Request) -> str:
    """From, with its display name where it has one."""
    message = raw_message(request)
    return request.get("FromEmailAddress") or str(message["From"] if message else "")


def recipients(request: Request) -> dict[str, list[str]]:
    """To, Cc and Bcc; of a raw message its own where the request names none."""
    named = request.get("Destination") or {}
    message = raw_message(request)
    if message is None or any(named.values()):
        return {kind: list(named.get(f"{kind}Addresses") or []) for kind in ("To", "Cc", "Bcc")}
    return {
        kind: [address for _, address in getaddresses(map(str, message.get_all(kind, [])))]
        for kind in ("To", "Cc", "Bcc")
    }


def addresses(request: Request) -> list[str]:
    """All recipients, without display names."""
    return [parseaddr(one)[1] for kind in recipients(request).values() for one in kind]


def identity_of(address: str) -> str | None:
    """The identity that a sender's address is checked against: its own, else the nearest domain's."""
    from ministack.services import ses, ses_v2

    bare = parseaddr(address)[1]
    if bare in ses_v2._identities:
        return bare
    domains = {name.lower(): name for name in ses_v2._identities if "@" not in name}
    parents = ses._domain_and_parents(bare.rpartition("@")[2].lower())
    return next((domains[parent] for parent in parents if parent in domains), None)


def configuration_set(request: Request) -> str | None:
    """The one named, else the default of the identity."""
    from ministack.services import ses_v2

    message = raw_message(request)
    named = request.get("ConfigurationSetName") or (message and message[CONFIGURATION_SET_HEADER])
    if named:
        return str(named)
    identity = identity_of(sender(request))
    default_set = ses_v2._identities[identity].get("ConfigurationSetName") if identity else None
    return str(default_set) if default_set else None


def template_name(request: Request) -> str | None:
    """Name of the stored template, None for another content."""
    template = (request.get("Content") or {}).get("Template") or {}
    name = template.get("TemplateName") or str(template.get("TemplateArn") or "").rpartition("/")[2]
    return name or None


def arn(kind: str, name: str) -> str:
    """ARN of a resource of SES in the caller's account and region."""
    from ministack.services import ses_v2

    return str(ses_v2._resource_arn(kind, name))
