"""fixes/ses_messages.py"""

from __future__ import annotations

import base64
from email.message import EmailMessage
from typing import Any

from tests.local_aws.cloud import Cloud
from tests.local_aws.mailing import RECIPIENT, Mailing, sent

PDF = b"%PDF-1.7\n\xff"

HEADERS = [{"Name": "List-Unsubscribe", "Value": "<https://example.com/u>"}]

ATTACHMENT = {"FileName": "specification.pdf", "ContentType": "application/pdf", "RawContent": PDF}


def _attached(message: dict[str, Any]) -> tuple[str, str, bytes]:
    (one,) = message["Attachments"]
    return one["FileName"], one["ContentType"], base64.b64decode(one["Data"])


def test_a_templated_message_shows_everything(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    name = mailing.template()
    content = mailing.templated(name, name="Ada")
    content["Template"].update(Headers=HEADERS, Attachments=[ATTACHMENT])
    tags = [{"Name": "kind", "Value": "export"}]
    message_id = mailing.send(content=content, ReplyToAddresses=["help@example.com"], EmailTags=tags)
    (message,) = sent(fixed, message_id)
    assert isinstance(message.pop("Timestamp"), float)
    assert _attached(message) == ("specification.pdf", "application/pdf", PDF)
    assert message["Tags"]["kind"] == ["export"]
    assert {**message, "Attachments": [], "Tags": {}} == {
        "MessageId": message_id,
        "Source": f"noreply@{mailing.domain}",
        "To": [RECIPIENT],
        "CC": [],
        "BCC": [],
        "ReplyTo": ["help@example.com"],
        "Subject": "For Ada",
        "BodyText": "Dear Ada",
        "BodyHtml": "<p>Ada</p>",
        "Type": "v2.SendEmail",
        "ConfigurationSetName": mailing.configuration_set,
        "Template": name,
        "TemplateData": '{"name": "Ada"}',
        "Headers": HEADERS,
        "Tags": {},
        "Attachments": [],
    }


def test_a_simple_message_shows_headers_and_attachments(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    simple = mailing.request()["Content"]["Simple"]
    content = {"Simple": {**simple, "Headers": HEADERS, "Attachments": [ATTACHMENT]}}
    (message,) = sent(fixed, mailing.send(content=content))
    assert (message["Subject"], message["BodyText"], message["Headers"]) == ("Subject", "Text", HEADERS)
    assert _attached(message) == ("specification.pdf", "application/pdf", PDF)


def test_a_raw_message_is_taken_apart(fixed: Cloud) -> None:
    mailing, mail = Mailing(fixed), EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"noreply@{mailing.domain}", RECIPIENT, "Grüße"
    mail.set_content("Text\n")
    mail.add_alternative("<p>Html</p>\n", subtype="html")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="specification.pdf")
    request = mailing.request(content={"Raw": {"Data": mail.as_bytes()}})
    del request["FromEmailAddress"], request["Destination"]
    (message,) = sent(fixed, mailing.ses.send_email(**request)["MessageId"])
    assert (message["Subject"], message["To"]) == ("Grüße", [RECIPIENT])
    assert (message["BodyText"], message["BodyHtml"]) == ("Text\n", "<p>Html</p>\n")
    assert _attached(message) == ("specification.pdf", "application/pdf", PDF)


def test_messages_are_listed_in_order(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    made = [mailing.send() for _ in range(3)]
    assert [one["MessageId"] for one in sent(fixed)][-3:] == made
    assert sent(fixed, "unknown") == []


def test_stock_shows_neither_headers_nor_attachments(stock: Cloud) -> None:
    ses, domain = stock.client("sesv2"), "stock.example"
    ses.create_email_identity(EmailIdentity=domain)
    body = {"Subject": {"Data": "a"}, "Body": {"Text": {"Data": "a"}}}
    ses.send_email(
        FromEmailAddress=f"a@{domain}",
        Destination={"ToAddresses": [RECIPIENT]},
        Content={"Simple": {**body, "Headers": HEADERS, "Attachments": [ATTACHMENT]}},
    )
    assert not {"Headers", "Attachments", "ConfigurationSetName"} & sent(stock)[-1].keys()
