"""fixes/ses_authorization.py"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local_aws.cloud import Caller, Cloud, Statement, allow, refused, unique
from tests.local_aws.mailing import RECIPIENT, Mailing

ACTIONS = ["ses:SendEmail", "ses:SendRawEmail", "ses:SendTemplatedEmail"]


def _role(cloud: Cloud, *statements: Statement) -> Caller:
    return cloud.assume(cloud.role(*statements))


def _sender(mailing: Mailing, *resources: str, **condition: Any) -> Any:
    """A client of v2 that may send with these resources beside the identity."""
    identity = mailing.arn("identity", mailing.domain)
    return _role(mailing.cloud, allow(ACTIONS, [identity, *resources], **condition)).client("sesv2")


def test_a_sender_needs_the_identity_and_the_configuration_set(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    request = mailing.request()
    _sender(mailing, mailing.configuration_set_arn).send_email(**request)
    assert refused(_sender(mailing).send_email, **request) == "AccessDeniedException"
    without_identity = _role(fixed, allow(ACTIONS, mailing.configuration_set_arn)).client("sesv2")
    assert refused(without_identity.send_email, **request) == "AccessDeniedException"
    del request["ConfigurationSetName"]
    _sender(mailing).send_email(**request)


def test_the_default_configuration_set_is_asked_for_too(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    mailing.ses.put_email_identity_configuration_set_attributes(
        EmailIdentity=mailing.domain, ConfigurationSetName=mailing.configuration_set
    )
    request = mailing.request()
    del request["ConfigurationSetName"]
    assert refused(_sender(mailing).send_email, **request) == "AccessDeniedException"
    _sender(mailing, mailing.configuration_set_arn).send_email(**request)


def test_a_sender_is_held_to_one_address(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    only = {"StringEquals": {"ses:FromAddress": f"noreply@{mailing.domain}"}}
    ses = _sender(mailing, mailing.configuration_set_arn, **only)
    ses.send_email(**mailing.request())
    ses.send_email(**mailing.request(FromEmailAddress=f"Wizard <noreply@{mailing.domain}>"))
    other = mailing.request(FromEmailAddress=f"other@{mailing.domain}")
    assert refused(ses.send_email, **other) == "AccessDeniedException"


def test_a_sender_is_held_to_recipients(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    only = {"ForAllValues:StringLike": {"ses:Recipients": "*@simulator.amazonses.com"}}
    ses = _sender(mailing, mailing.configuration_set_arn, **only)
    ses.send_email(**mailing.request())
    stranger = mailing.request(RECIPIENT, "a@example.net")
    assert refused(ses.send_email, **stranger) == "AccessDeniedException"


def test_an_address_identity_goes_before_its_domain(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    address = f"noreply@{mailing.domain}"
    mailing.ses.create_email_identity(EmailIdentity=address)
    ses = _sender(mailing, mailing.configuration_set_arn)
    assert refused(ses.send_email, **mailing.request()) == "AccessDeniedException"
    ses = _sender(mailing, mailing.configuration_set_arn, mailing.arn("identity", address))
    ses.send_email(**mailing.request())


def test_a_template_is_asked_for(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    name = mailing.template()
    request = mailing.request(content=mailing.templated(name, name="Ada"))
    without = _sender(mailing, mailing.configuration_set_arn)
    assert refused(without.send_email, **request) == "AccessDeniedException"
    resources = [mailing.configuration_set_arn, mailing.arn("template", name)]
    _sender(mailing, *resources).send_email(**request)


@pytest.mark.parametrize("action", ["ses:SendEmail", "ses:SendTemplatedEmail"])
def test_a_template_needs_both_actions(fixed: Cloud, action: str) -> None:
    mailing = Mailing(fixed)
    request = mailing.request(content=mailing.templated(mailing.template(), name="Ada"))
    ses = _role(fixed, allow(action, "*")).client("sesv2")
    assert refused(ses.send_email, **request) == "AccessDeniedException"


def test_a_raw_message_needs_both_actions(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    data = f"From: noreply@{mailing.domain}\r\nTo: {RECIPIENT}\r\n\r\nRaw".encode()
    request = mailing.request(content={"Raw": {"Data": data}})
    ses = _role(fixed, allow("ses:SendEmail", "*")).client("sesv2")
    assert refused(ses.send_email, **request) == "AccessDeniedException"
    _sender(mailing, mailing.configuration_set_arn).send_email(**request)


def test_v1_asks_for_the_same(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    name, identity = mailing.template(), mailing.arn("identity", mailing.domain)
    resources = [identity, mailing.configuration_set_arn, mailing.arn("template", name)]
    request = {
        "Source": f"noreply@{mailing.domain}",
        "Destination": {"ToAddresses": [RECIPIENT]},
        "ConfigurationSetName": mailing.configuration_set,
        "Template": name,
        "TemplateData": json.dumps({"name": "Ada"}),
    }
    only = {"StringEquals": {"ses:FromAddress": f"noreply@{mailing.domain}"}}
    ses = _role(fixed, allow("ses:SendTemplatedEmail", resources, **only)).client("ses")
    ses.send_templated_email(**request)
    other = {**request, "Source": f"other@{mailing.domain}"}
    assert refused(ses.send_templated_email, **other) == "AccessDenied"
    for missing in resources:
        rest = [resource for resource in resources if resource != missing]
        ses = _role(fixed, allow("ses:SendTemplatedEmail", rest)).client("ses")
        assert refused(ses.send_templated_email, **request) == "AccessDenied"


def test_who_may_do_nothing_learns_nothing(fixed: Cloud) -> None:
    mailing, ses = Mailing(fixed), fixed.user().client("sesv2")
    assert refused(ses.send_email, **mailing.request()) == "AccessDeniedException"
    assert refused(ses.get_account) == "AccessDeniedException"


def test_no_identity_at_all_is_named_by_the_address(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    nobody = f"a@{unique('nobody')}.example.net"
    request = mailing.request(FromEmailAddress=nobody)
    ses = _sender(mailing, mailing.configuration_set_arn)
    assert refused(ses.send_email, **request) == "AccessDeniedException"
    ses = _sender(mailing, mailing.configuration_set_arn, mailing.arn("identity", nobody))
    assert refused(ses.send_email, **request) == "MessageRejected"


def test_stock_allows_only_every_resource_and_knows_no_sender(stock: Cloud) -> None:
    mailing = Mailing(stock)
    ses = _sender(mailing, mailing.configuration_set_arn)
    assert refused(ses.send_email, **mailing.request()) == "AccessDeniedException"
    only = {"StringEquals": {"ses:FromAddress": f"noreply@{mailing.domain}"}}
    ses = _role(stock, allow(ACTIONS, "*", **only)).client("sesv2")
    assert refused(ses.send_email, **mailing.request()) == "AccessDeniedException"
