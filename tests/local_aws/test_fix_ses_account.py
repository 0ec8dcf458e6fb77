"""fixes/ses_account.py"""

from __future__ import annotations

import pytest

from tests.local_aws.cloud import Cloud, refused
from tests.local_aws.mailing import RECIPIENT, Mailing

REGION = "eu-west-1"
"""Settings of the account are regional: here they are in nobody's way."""

PURPOSE = {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.com"}


@pytest.mark.parametrize("reasons", [["BOUNCE"], []])
def test_suppression_is_kept(fixed: Cloud, reasons: list[str]) -> None:
    ses = fixed.client("sesv2", REGION)
    ses.put_account_suppression_attributes(SuppressedReasons=reasons)
    assert ses.get_account()["SuppressionAttributes"] == {"SuppressedReasons": reasons}


def test_an_account_begins_in_production_with_both_reasons(fixed: Cloud) -> None:
    account = fixed.client("sesv2", "eu-north-1").get_account()
    assert account["ProductionAccessEnabled"] is True
    assert account["SendQuota"]["Max24HourSend"] == 50000
    assert account["SuppressionAttributes"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}


def test_a_sandbox_has_its_quota_and_refuses_strangers(fixed: Cloud) -> None:
    ses = fixed.client("sesv2", REGION)
    ses.create_email_identity(EmailIdentity="sandbox.example")
    ses.put_account_details(**PURPOSE, ProductionAccessEnabled=False)
    account = ses.get_account()
    assert account["ProductionAccessEnabled"] is False
    assert (account["SendQuota"]["Max24HourSend"], account["SendQuota"]["MaxSendRate"]) == (200, 1)
    content = {"Simple": {"Subject": {"Data": "a"}, "Body": {"Text": {"Data": "a"}}}}
    message = {"FromEmailAddress": "a@sandbox.example", "Content": content}
    stranger = {"Destination": {"ToAddresses": ["b@example.net"]}}
    assert refused(ses.send_email, **message, **stranger) == "MessageRejected"
    ses.send_email(**message, Destination={"ToAddresses": [RECIPIENT, "b@sandbox.example"]})
    ses.put_account_details(**PURPOSE, ProductionAccessEnabled=True)
    ses.send_email(**message, **stranger)


def test_an_account_can_stop_sending(fixed: Cloud) -> None:
    ses = fixed.client("sesv2", "eu-central-1")
    ses.create_email_identity(EmailIdentity="paused.example")
    request = Mailing(fixed).request(FromEmailAddress="a@paused.example")
    del request["ConfigurationSetName"]
    ses.put_account_sending_attributes(SendingEnabled=False)
    assert ses.get_account()["SendingEnabled"] is False
    assert refused(ses.send_email, **request) == "SendingPausedException"
    ses.put_account_sending_attributes(SendingEnabled=True)
    ses.send_email(**request)


def test_stock_forgets_suppression(stock: Cloud) -> None:
    ses = stock.client("sesv2")
    ses.put_account_suppression_attributes(SuppressedReasons=["BOUNCE"])
    assert ses.get_account()["SuppressionAttributes"] == {"SuppressedReasons": []}
