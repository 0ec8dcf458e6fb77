"""What was sent, to be read by tests: with headers, attachments, configuration set and tags.

Upstream, MiniStack 1.5.33: app.py, _handle_ses_messages_request shows neither of them. The fix keeps them
and shows them; one message can be asked for by its id.

GET /_ministack/ses/messages[?account=123456789012][&id=MESSAGE_ID], without credentials, gives
{"messages": {account: [message, …]}}, oldest first. A message: MessageId, Source, To, CC, BCC, ReplyTo,
Subject, BodyText, BodyHtml, Timestamp (epoch seconds), Type (operation), ConfigurationSetName, Template,
TemplateData, Tags {name: [value]}, Headers [{Name, Value}], Attachments [{FileName, ContentType,
ContentId, Data (base64)}]; members without a value are null or empty. A message that bounces is listed,
one that could not be rendered is not. Messages are kept in memory until the instance stops.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from ops.local_aws.fixes import ses_requests as requests

PATH = "/_ministack/ses/messages"
ADDED = ("ReplyTo", "ConfigurationSetName", "Template", "TemplateData", "Tags", "Headers", "Attachments")


def install() -> None:
    """Wraps the inspection endpoint."""
    import ministack.app as app
    from ministack.services import ses

    inner = app._handle_ses_messages_request

    async def handle_ses_messages_request(method: str, path: str, headers: Any, query_params: Any) -> Any:
        answer = await inner(method, path, headers, query_params)
        if answer is None or answer[0] != 200:
            return answer
        kept = {
            record["MessageId"]: record
            for records in ses._sent_emails.to_dict().values()
            for record in records
        }
        wanted = query_params.get("id")
        shown = {
            account: [
                {**message, **{name: kept[message["MessageId"]].get(name) for name in ADDED}}
                for message in found
                if not wanted or message["MessageId"] in wanted
            ]
            for account, found in json.loads(answer[2])["messages"].items()
        }
        return 200, {"Content-Type": "application/json"}, json.dumps({"messages": shown}).encode()

    app._handle_ses_messages_request = handle_ses_messages_request


def content(request: requests.Request) -> dict[str, Any]:
    """The part of a message that its request says; a template is not rendered yet."""
    to = requests.recipients(request)
    made: dict[str, Any] = {
        "Source": requests.sender(request),
        "To": to["To"],
        "CC": to["Cc"],
        "BCC": to["Bcc"],
        "ReplyTo": list(request.get("ReplyToAddresses") or []),
    }
    message = requests.raw_message(request)
    if message is not None:
        return {**made, **_raw(message)}
    wanted = request.get("Content") or {}
    simple, template = wanted.get("Simple") or {}, wanted.get("Template") or {}
    body = simple.get("Body") or {}
    return {
        **made,
        "Subject": (simple.get("Subject") or {}).get("Data", ""),
        "BodyText": (body.get("Text") or {}).get("Data", ""),
        "BodyHtml": (body.get("Html") or {}).get("Data", ""),
        "Template": requests.template_name(request),
        "TemplateData": template.get("TemplateData"),
        "Headers": list((simple or template).get("Headers") or []),
        "Attachments": [_attachment(one) for one in (simple or template).get("Attachments") or []],
    }


def _raw(message: EmailMessage) -> dict[str, Any]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return {
        "Subject": str(message["Subject"] or ""),
        "BodyText": text.get_content() if text else "",
        "BodyHtml": html.get_content() if html else "",
        "Headers": [{"Name": name, "Value": str(field)} for name, field in message.items()],
        "Attachments": [_attached(part) for part in message.iter_attachments()],
    }


def _attached(part: Any) -> dict[str, Any]:
    return {
        "FileName": part.get_filename(),
        "ContentType": part.get_content_type(),
        "ContentId": part["Content-ID"],
        "Data": base64.b64encode(part.get_payload(decode=True) or b"").decode(),
    }


def _attachment(one: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: one.get(name) for name in ("FileName", "ContentType", "ContentId")}
    return {**shown, "Data": one.get("RawContent")}


def keep(
    message_id: str,
    kind: str,
    configuration_set: str | None,
    tags: Mapping[str, Any],
    made: Mapping[str, Any],
) -> dict[str, Any]:
    """Puts a message among the sent ones and returns its record."""
    from ministack.services import ses

    record = {
        "MessageId": message_id,
        **made,
        "ConfigurationSetName": configuration_set,
        "Tags": dict(tags),
        "Timestamp": time.time(),
        "Type": kind,
    }
    ses._sent_emails_list().append(record)
    return record


def headers(record: Mapping[str, Any]) -> dict[str, str]:
    """The headers that receivers see, by name."""
    own = {header["Name"]: header["Value"] for header in record["Headers"]}
    addressed = {"To": record["To"], "Cc": record["CC"], "Reply-To": record["ReplyTo"]}
    return {
        "From": record["Source"],
        **{name: ", ".join(some) for name, some in addressed.items() if some},
        "Subject": record["Subject"],
        **own,
    }
