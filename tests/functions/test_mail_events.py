"""functions/mail_events: counted, logged, and no address in a log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.mail_events import handler
from tests.functions.emf import of_environment, printed
from tests.functions.support import Log, logged
from tests.local_aws.cloud import Cloud
from tests.local_aws.mailing import Mailing

ADDRESS = "ada.lovelace@Readers.example"
MAIL = {
    "timestamp": "2025-06-15T15:06:40.000Z",
    "source": "Wizard <noreply@wizard.example>",
    "messageId": "0100019-mail",
    "destination": [ADDRESS],
    "commonHeaders": {"to": [f"Ada <{ADDRESS}>"], "subject": "Your specification"},
    "tags": {"ses:configuration-set": ["spec-wizard-dev"], "template": ["spec-wizard-dev-export"]},
}
EVENTS: dict[str, dict[str, Any]] = {
    "Bounce": {
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": f"Ada <{ADDRESS}>",
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": f"smtp; 550 5.1.1 <{ADDRESS}> no such user",
                }
            ],
        }
    },
    "Complaint": {
        "complaint": {
            "complainedRecipients": [{"emailAddress": ADDRESS}],
            "complaintFeedbackType": "abuse",
            "complaintSubType": None,
        }
    },
    "Reject": {"reject": {"reason": "Bad content"}},
    "Rendering Failure": {
        "failure": {
            "templateName": "spec-wizard-dev-submission",
            "errorMessage": "Attribute 'reference' is not present in the rendering data.",
        }
    },
    "DeliveryDelay": {
        "deliveryDelay": {
            "delayType": "MailboxFull",
            "delayedRecipients": [{"emailAddress": ADDRESS, "status": "4.2.2"}],
        }
    },
    "Subscription": {"subscription": {"contactList": "readers", "source": "UnsubscribeHeader"}},
}
"""As SES publishes them (developer guide, "Examples of event data that Amazon SES publishes to SNS")."""


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    monkeypatch.setenv("ENVIRONMENT", "dev")
    return logged(handler.log, monkeypatch)


def handle(*messages: str | dict[str, Any]) -> None:
    """As SNS invokes."""
    texts = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    handler.handle(
        {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text}} for text in texts]}, None
    )


def event(kind: str) -> dict[str, Any]:
    return {"eventType": kind, "mail": MAIL, **EVENTS[kind]}


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("Bounce", "MailBounces"),
        ("Complaint", "MailComplaints"),
        ("Reject", "MailRejects"),
        ("Rendering Failure", "MailRenderingFailures"),
    ],
)
def test_what_went_wrong_is_counted(kind: str, metric: str, capsys: pytest.CaptureFixture[str]) -> None:
    handle(event(kind))
    output = capsys.readouterr().out
    assert of_environment(output) == {metric: (1,)}
    assert [found.unit for found in printed(output)] == ["Count"]


@pytest.mark.parametrize("kind", ["DeliveryDelay", "Subscription"])
def test_other_events_are_logged_and_not_counted(
    kind: str, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    handle(event(kind))
    assert capsys.readouterr().out == ""
    assert [(line["kind"], line["level"]) for line in log.lines] == [(kind, "INFO")]


@pytest.mark.parametrize("kind", EVENTS)
def test_no_address_is_in_the_log_but_its_domain_is(kind: str, log: Log) -> None:
    handle(event(kind))
    assert "ada" not in log.text.lower().replace("readers", "")
    assert "@" not in log.text
    (line,) = log.lines
    assert line["message_id"] == MAIL["messageId"]
    assert line["domains"] == ["readers.example"]


def test_the_log_says_why(log: Log) -> None:
    handle(event("Bounce"), event("Complaint"), event("Reject"), event("Rendering Failure"))
    bounce, complaint, reject, rendering = log.lines
    assert (bounce["bounce_type"], bounce["bounce_sub_type"]) == ("Permanent", "General")
    assert (bounce["status"], bounce["template"]) == (["5.1.1"], "spec-wizard-dev-export")
    assert complaint["feedback_type"] == "abuse"
    assert reject["reason"] == "Bad content"
    assert rendering["template"] == "spec-wizard-dev-submission"
    assert "'reference'" in rendering["reason"]


def test_trap_33_a_template_that_cannot_be_filled_in_is_an_error_of_ours(log: Log) -> None:
    """Level ERROR takes it into the log group of errors; the mail itself vanishes."""
    handle(*(event(kind) for kind in EVENTS))
    assert [line["kind"] for line in log.errors] == ["Rendering Failure"]


def test_the_trial_message_of_ses_is_no_failure(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    handle("Successfully validated SNS topic for Amazon SES event publishing.")
    assert (capsys.readouterr().out, log.text) == ("", "")


@pytest.mark.parametrize(
    "message", ["no JSON", "{}", '{"eventType": "Bounce"}', json.dumps({"eventType": "Bounce", "mail": MAIL})]
)
def test_an_unreadable_message_fails_before_anything_is_counted(
    message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is invoked again with the same records, and then kept in the failure queue."""
    with pytest.raises((KeyError, ValueError)):
        handle(event("Bounce"), message)
    assert capsys.readouterr().out == ""


def test_real_events_of_the_local_ses_are_read(
    aws: Cloud, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    mailing = Mailing(aws)
    bounced = mailing.send("bounce@simulator.amazonses.com")
    complained = mailing.send("complaint@simulator.amazonses.com")
    template = mailing.template(text="{{name}} {{reference}}")
    unfilled = mailing.send(content=mailing.templated(template, name="Ada"))
    wrong = {"Bounce", "Complaint", "Rendering Failure"}
    handle(*(one for one in mailing.events() if one["eventType"] in wrong))
    assert of_environment(capsys.readouterr().out) == {
        "MailBounces": (1,),
        "MailComplaints": (1,),
        "MailRenderingFailures": (1,),
    }
    assert {line["kind"]: line["message_id"] for line in log.lines} == {
        "Bounce": bounced,
        "Complaint": complained,
        "Rendering Failure": unfilled,
    }
    assert [line["template"] for line in log.errors] == [template]
