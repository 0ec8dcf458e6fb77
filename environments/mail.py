"""The part of the configuration that is about e-mail: `sections.py` has the other parts."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from environments import rules
from environments.settings import Model, Setting


class EmailConfig(Model):
    """The identity that SES verifies for SES_FROM_EMAIL. Environments of one account share it."""

    identity: Annotated[
        Literal["domain", "address"],
        Setting(
            variable="SES_IDENTITY",
            allowed="domain or address",
            purpose=(
                "What SES verifies: the domain of SES_FROM_EMAIL, by DNS records, with DKIM and MAIL FROM;"
                " or that one address, by a link that is mailed to it."
            ),
            example="domain",
        ),
    ] = "domain"
    hosted_zone_id: Annotated[
        Annotated[str, AfterValidator(rules.hosted_zone_is_an_id)] | None,
        Setting(
            variable="SES_HOSTED_ZONE_ID",
            allowed="the id of a public Route 53 zone of this account, such as Z0123456789ABCDEFGHIJ",
            purpose=(
                "The zone of the sender's domain, where DKIM, SPF, MAIL FROM and DMARC records are kept."
                " Not set: `ops email dns` prints them to copy."
            ),
            example="Z0123456789ABCDEFGHIJ",
        ),
    ] = None
    mail_from_subdomain: Annotated[
        str,
        AfterValidator(rules.label_is_a_dns_label),
        Setting(
            variable="SES_MAIL_FROM_SUBDOMAIN",
            allowed="one lower-case label of a domain name",
            purpose="Subdomain of the sender's domain for bounces (MAIL FROM), such as mail.example.com.",
            example="mail",
        ),
    ] = "mail"
    dmarc_policy: Annotated[
        Literal["none", "quarantine", "reject"],
        Setting(
            variable="SES_DMARC_POLICY",
            allowed="none, quarantine or reject",
            purpose="What receivers are asked to do with mail that passes neither SPF nor DKIM.",
            example="reject",
        ),
    ] = "quarantine"
    tracking_domain: Annotated[
        Annotated[str, AfterValidator(rules.domain_is_a_dns_name)] | None,
        Setting(
            variable="SES_TRACKING_DOMAIN",
            allowed="a lower-case domain name with a CNAME to r.<region>.awstrack.me",
            purpose="Domain of the links by which opens and clicks are counted; not set: one of Amazon's.",
            example="links.flowency.build",
        ),
    ] = None


def identity_name(sender: str, kind: Literal["domain", "address"]) -> str:
    """The identity of a sender: the address, or its domain."""
    return sender if kind == "address" else sender.rpartition("@")[2].lower()
