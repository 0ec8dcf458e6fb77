"""fixes/ses_sending.py"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local_aws.cloud import Cloud, refused, unique
from tests.local_aws.mailing import RECIPIENT, Mailing, sent


def _v1(mailing: Mailing, **more: Any) -> dict[str, Any]:
    return {
        "Source": f"noreply@{mailing.domain}",
        "Destination": {"ToAddresses": [RECIPIENT]},
        "ConfigurationSetName": mailing.configuration_set,
        **more,
    }


def test_a_template_is_rendered_by_either_version(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    name = mailing.template(html="{{#if link}}<a href='{{link}}'>{{name}}</a>{{/if}}")
    data = {"name": "Ada & Co", "link": "https://example.com/?a=1&b=2"}
    v2 = mailing.send(content=mailing.templated(name, **data))
    v1 = fixed.client("ses").send_templated_email(
        **_v1(mailing, Template=name, TemplateData=json.dumps(data))
    )["MessageId"]
    for message_id in (v1, v2):
        (message,) = sent(fixed, message_id)
        assert message["Subject"] == "For Ada & Co"
        assert message["BodyText"] == "Dear Ada & Co"
        assert message["BodyHtml"] == "<a href='https://example.com/?a=1&b=2'>Ada & Co</a>"
        assert message["ConfigurationSetName"] == mailing.configuration_set
    assert sorted(mailing.kinds()) == ["Delivery", "Delivery", "Send", "Send"]


def test_a_missing_variable_is_accepted_and_not_delivered(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    name = mailing.template(text="{{name}} {{reference}}")
    v2 = mailing.send(content=mailing.templated(name, name="Ada"))
    v1 = fixed.client("ses").send_templated_email(
        **_v1(mailing, Template=name, TemplateData=json.dumps({"name": "Ada"}))
    )["MessageId"]
    failures = mailing.events()
    assert [(one["eventType"], one["mail"]["messageId"]) for one in failures] == [
        ("Rendering Failure", v2),
        ("Rendering Failure", v1),
    ]
    assert failures[0]["failure"] == {
        "errorMessage": "Attribute 'reference' is not present in the rendering data.",
        "templateName": name,
    }
    assert "headers" not in failures[0]["mail"]
    assert sent(fixed, v1) == sent(fixed, v2) == []


def test_v1_sends_simple_and_raw(fixed: Cloud) -> None:
    mailing, ses = Mailing(fixed), fixed.client("ses")
    body = {"Text": {"Data": "Text"}, "Html": {"Data": "<p>"}}
    simple = ses.send_email(**_v1(mailing, Message={"Subject": {"Data": "A"}, "Body": body}))["MessageId"]
    (message,) = sent(fixed, simple)
    assert (message["Subject"], message["BodyText"], message["BodyHtml"]) == ("A", "Text", "<p>")
    data = f"From: noreply@{mailing.domain}\r\nTo: {RECIPIENT}\r\nSubject: B\r\n\r\nRaw"
    raw = ses.send_raw_email(RawMessage={"Data": data.encode()})["MessageId"]
    (message,) = sent(fixed, raw)
    assert (message["Subject"], message["BodyText"], message["To"]) == ("B", "Raw", [RECIPIENT])


def test_the_identitys_default_configuration_set_is_used(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    request = mailing.request()
    del request["ConfigurationSetName"]
    mailing.ses.send_email(**request)
    assert mailing.kinds() == []
    mailing.ses.put_email_identity_configuration_set_attributes(
        EmailIdentity=mailing.domain, ConfigurationSetName=mailing.configuration_set
    )
    message_id = mailing.ses.send_email(**request)["MessageId"]
    assert sorted(mailing.kinds()) == ["Delivery", "Send"]
    assert sent(fixed, message_id)[0]["ConfigurationSetName"] == mailing.configuration_set


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"FromEmailAddress": "a@nobody.example.net"}, "MessageRejected"),
        ({"ConfigurationSetName": "missing"}, "NotFoundException"),
        ({"Content": {"Template": {"TemplateName": "missing", "TemplateData": "{}"}}}, "NotFoundException"),
        ({"Destination": {"ToAddresses": ["nobody"]}}, "BadRequestException"),
        ({"Destination": {}}, "BadRequestException"),
    ],
)
def test_v2_refuses_what_aws_refuses(fixed: Cloud, wrong: dict[str, Any], code: str) -> None:
    mailing = Mailing(fixed)
    assert refused(mailing.ses.send_email, **{**mailing.request(), **wrong}) == code
    assert mailing.kinds() == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"Source": "a@nobody.example.net"}, "MessageRejected"),
        ({"ConfigurationSetName": "missing"}, "ConfigurationSetDoesNotExist"),
        ({"Template": "missing"}, "TemplateDoesNotExist"),
    ],
)
def test_v1_refuses_what_aws_refuses(fixed: Cloud, wrong: dict[str, Any], code: str) -> None:
    mailing = Mailing(fixed)
    request = _v1(mailing, Template=mailing.template(), TemplateData='{"name": "a"}')
    assert refused(fixed.client("ses").send_templated_email, **{**request, **wrong}) == code


def test_template_data_must_be_json(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    content = {"Template": {"TemplateName": mailing.template(), "TemplateData": "{"}}
    assert refused(mailing.ses.send_email, **mailing.request(content=content)) == "BadRequestException"


def test_a_configuration_set_can_stop_sending(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    put = mailing.ses.put_configuration_set_sending_options
    put(ConfigurationSetName=mailing.configuration_set, SendingEnabled=False)
    assert refused(mailing.ses.send_email, **mailing.request()) == "SendingPausedException"


def test_stock_delivers_a_text_with_a_variable_left_in_it(stock: Cloud) -> None:
    v1, v2, name, domain = (
        stock.client("ses"),
        stock.client("sesv2"),
        unique("template"),
        unique("d") + ".example",
    )
    v2.create_email_identity(EmailIdentity=domain)
    v1.create_template(Template={"TemplateName": name, "SubjectPart": "a", "TextPart": "{{name}}"})
    message_id = v2.send_email(
        FromEmailAddress=f"a@{domain}",
        Destination={"ToAddresses": [RECIPIENT]},
        Content={"Template": {"TemplateName": name, "TemplateData": "{}"}},
        ConfigurationSetName="missing",
    )["MessageId"]
    (text,) = (one["BodyText"] for one in sent(stock) if one["MessageId"] == message_id)
    assert text == "{{name}}"
