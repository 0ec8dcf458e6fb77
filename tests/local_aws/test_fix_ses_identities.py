"""fixes/ses_identities.py"""

from __future__ import annotations

import json
from typing import Any

from ops.local_aws.example import REGION
from ops.local_aws.instance import LocalAws
from tests.local_aws.cloud import Cloud, refused, unique
from tests.local_aws.mailing import Mailing, Queue


def _record(cloud: Cloud, zone: str, name: str, kind: str, text: str, action: str = "CREATE") -> None:
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": text}]}
    change = {"Action": action, "ResourceRecordSet": record}
    cloud.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})


def _zone(cloud: Cloud, name: str) -> str:
    made = cloud.client("route53").create_hosted_zone(Name=name, CallerReference=name)
    return str(made["HostedZone"]["Id"])


def _domain() -> str:
    return f"{unique('identity')}.example"


def test_a_domain_comes_with_tokens_and_the_wanted_key_length(fixed: Cloud) -> None:
    ses, domain = fixed.client("sesv2"), _domain()
    wanted = {"NextSigningKeyLength": "RSA_1024_BIT"}
    made = ses.create_email_identity(EmailIdentity=domain, DkimSigningAttributes=wanted)
    assert made["IdentityType"] == "DOMAIN"
    shown = ses.get_email_identity(EmailIdentity=domain)
    assert shown["DkimAttributes"] == made["DkimAttributes"]
    assert len(set(shown["DkimAttributes"].pop("Tokens"))) == 3
    assert shown["DkimAttributes"] == {
        "SigningEnabled": True,
        "Status": "SUCCESS",
        "SigningAttributesOrigin": "AWS_SES",
        "NextSigningKeyLength": "RSA_1024_BIT",
        "CurrentSigningKeyLength": "RSA_1024_BIT",
    }
    assert (shown["VerificationStatus"], shown["VerifiedForSendingStatus"]) == ("SUCCESS", True)


def test_an_identity_keeps_its_attributes(fixed: Cloud) -> None:
    mailing = Mailing(fixed)
    ses, domain, name = mailing.ses, _domain(), mailing.configuration_set
    ses.create_email_identity(EmailIdentity=domain, ConfigurationSetName=name)
    ses.put_email_identity_feedback_attributes(EmailIdentity=domain, EmailForwardingEnabled=False)
    wanted = {"MailFromDomain": f"bounce.{domain}", "BehaviorOnMxFailure": "REJECT_MESSAGE"}
    ses.put_email_identity_mail_from_attributes(EmailIdentity=domain, **wanted)
    shown = ses.get_email_identity(EmailIdentity=domain)
    assert (shown["ConfigurationSetName"], shown["FeedbackForwardingStatus"]) == (name, False)
    assert shown["MailFromAttributes"] == {**wanted, "MailFromDomainStatus": "SUCCESS"}
    ses.put_email_identity_configuration_set_attributes(EmailIdentity=domain)
    ses.put_email_identity_mail_from_attributes(EmailIdentity=domain)
    shown = ses.get_email_identity(EmailIdentity=domain)
    assert "ConfigurationSetName" not in shown
    assert shown["MailFromAttributes"] == {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}


def test_an_address_is_verified_at_once_and_has_no_dkim(fixed: Cloud) -> None:
    ses, address = fixed.client("sesv2"), f"noreply@{_domain()}"
    ses.create_email_identity(EmailIdentity=address)
    shown = ses.get_email_identity(EmailIdentity=address)
    assert (shown["IdentityType"], shown["VerifiedForSendingStatus"]) == ("EMAIL_ADDRESS", True)
    assert shown["DkimAttributes"]["Tokens"] == []
    assert shown["DkimAttributes"]["Status"] == "NOT_STARTED"


def test_a_domain_in_a_zone_of_ours_waits_for_all_three_records(fixed: Cloud) -> None:
    ses, domain = fixed.client("sesv2"), _domain()
    zone = _zone(fixed, domain)
    tokens = ses.create_email_identity(EmailIdentity=domain)["DkimAttributes"]["Tokens"]
    for token in tokens:
        pending = ses.get_email_identity(EmailIdentity=domain)
        assert (pending["VerificationStatus"], pending["VerifiedForSendingStatus"]) == ("PENDING", False)
        assert pending["DkimAttributes"]["Status"] == "PENDING"
        assert refused(ses.send_email, **_message(domain)) == "MessageRejected"
        name = f"{token}._domainkey.{domain}"
        _record(fixed, zone, name, "CNAME", f"{token}.dkim.amazonses.com")
    assert ses.get_email_identity(EmailIdentity=domain)["VerificationStatus"] == "SUCCESS"
    ses.send_email(**_message(domain))
    listed = ses.list_email_identities(PageSize=1000)["EmailIdentities"]
    assert [one["VerificationStatus"] for one in listed if one["IdentityName"] == domain] == ["SUCCESS"]
    _record(fixed, zone, name, "CNAME", f"{token}.dkim.amazonses.com", "DELETE")
    assert refused(ses.send_email, **_message(domain)) == "MessageRejected"


def _message(domain: str) -> dict[str, Any]:
    return {
        "FromEmailAddress": f"a@{domain}",
        "Destination": {"ToAddresses": ["b@example.net"]},
        "Content": {"Simple": {"Subject": {"Data": "a"}, "Body": {"Text": {"Data": "a"}}}},
    }


def test_mail_from_waits_for_its_mx_record(fixed: Cloud) -> None:
    ses, domain = fixed.client("sesv2"), _domain()
    zone, mail_from = _zone(fixed, domain), f"bounce.{domain}"
    ses.create_email_identity(EmailIdentity=domain)
    ses.put_email_identity_mail_from_attributes(EmailIdentity=domain, MailFromDomain=mail_from)
    for status in ("PENDING", "SUCCESS"):
        shown = ses.get_email_identity(EmailIdentity=domain)["MailFromAttributes"]
        assert shown["MailFromDomainStatus"] == status
        if status == "PENDING":
            _record(fixed, zone, mail_from, "MX", f"10 feedback-smtp.{REGION}.amazonses.com")


def test_an_identity_is_made_once(fixed: Cloud) -> None:
    ses, domain = fixed.client("sesv2"), _domain()
    ses.create_email_identity(EmailIdentity=domain)
    assert refused(ses.create_email_identity, EmailIdentity=domain) == "AlreadyExistsException"
    missing = {"EmailIdentity": _domain(), "EmailForwardingEnabled": True}
    assert refused(ses.put_email_identity_feedback_attributes, **missing) == "NotFoundException"


def test_both_versions_know_the_same_identities(fixed: Cloud) -> None:
    v1, v2, domain, address = fixed.client("ses"), fixed.client("sesv2"), _domain(), f"a@{_domain()}"
    made = v2.create_email_identity(EmailIdentity=domain)
    v1.verify_email_identity(EmailAddress=address)
    assert {domain, address} <= set(v1.list_identities()["Identities"])
    dkim = v1.get_identity_dkim_attributes(Identities=[domain])["DkimAttributes"][domain]
    assert dkim["DkimTokens"] == made["DkimAttributes"]["Tokens"]
    assert dkim["DkimVerificationStatus"] == "Success"
    statuses = v1.get_identity_verification_attributes(Identities=[domain])["VerificationAttributes"]
    assert statuses[domain]["VerificationStatus"] == "Success"
    assert v2.get_email_identity(EmailIdentity=address)["IdentityType"] == "EMAIL_ADDRESS"
    v1.delete_identity(Identity=domain)
    v2.delete_email_identity(EmailIdentity=address)
    assert refused(v2.get_email_identity, EmailIdentity=domain) == "NotFoundException"
    assert address not in v1.list_identities()["Identities"]


def test_a_sender_survives_a_restart(instance: LocalAws) -> None:
    instance.start()
    mailing = Mailing(Cloud(instance))
    name = mailing.template()
    wanted = {"EmailIdentity": mailing.domain, "ConfigurationSetName": mailing.configuration_set}
    mailing.ses.put_email_identity_configuration_set_attributes(**wanted)
    before = mailing.ses.get_email_identity(EmailIdentity=mailing.domain)
    instance.stop()
    instance.start()
    cloud = Cloud(instance)
    ses = cloud.client("sesv2")
    after = ses.get_email_identity(EmailIdentity=mailing.domain)
    assert {**before, "ResponseMetadata": None} == {**after, "ResponseMetadata": None}
    assert cloud.client("ses").list_identities()["Identities"] == [mailing.domain]
    request = mailing.request(content=mailing.templated(name, name="Ada"))
    ses.send_email(**request)
    assert [json.loads(body)["eventType"] for body in Queue(cloud, name=mailing.queue.name).drain()] == [
        "Send",
        "Delivery",
    ]


def test_stock_forgets_the_configuration_set_and_knows_no_mail_from(stock: Cloud) -> None:
    ses, domain = stock.client("sesv2"), _domain()
    ses.create_configuration_set(ConfigurationSetName="default")
    ses.create_email_identity(EmailIdentity=domain, ConfigurationSetName="default")
    assert "ConfigurationSetName" not in ses.get_email_identity(EmailIdentity=domain)
    put = ses.put_email_identity_mail_from_attributes
    assert refused(put, EmailIdentity=domain, MailFromDomain=f"bounce.{domain}") == "NotFoundException"
    assert domain not in stock.client("ses").list_identities()["Identities"]
