"""Mail identity: what SES verifies once per account and region, with the DNS records that this takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cdktf import Fn, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from cdktf_cdktf_provider_aws.sesv2_account_suppression_attributes import Sesv2AccountSuppressionAttributes
from cdktf_cdktf_provider_aws.sesv2_configuration_set import (
    Sesv2ConfigurationSet,
    Sesv2ConfigurationSetDeliveryOptions,
    Sesv2ConfigurationSetReputationOptions,
    Sesv2ConfigurationSetSuppressionOptions,
)
from cdktf_cdktf_provider_aws.sesv2_email_identity import (
    Sesv2EmailIdentity,
    Sesv2EmailIdentityDkimSigningAttributes,
)
from cdktf_cdktf_provider_aws.sesv2_email_identity_feedback_attributes import (
    Sesv2EmailIdentityFeedbackAttributes,
)
from cdktf_cdktf_provider_aws.sesv2_email_identity_mail_from_attributes import (
    Sesv2EmailIdentityMailFromAttributes,
)
from constructs import Construct

from environments import Account, naming
from environments.accounts import MailIdentity

SUPPRESSED = ["BOUNCE", "COMPLAINT"]
DKIM_KEYS = 3
RECORD_TTL_S = 1800
REGIONS_WITH_A_DKIM_DOMAIN = frozenset(
    {
        *("af-south-1", "ap-northeast-3", "ap-south-2", "ap-southeast-3", "ap-southeast-5"),
        *("ca-west-1", "eu-central-2", "eu-south-1", "il-central-1", "me-central-1"),
    }
)
"""Elsewhere it is dkim.amazonses.com. Source: AWS General Reference, "Amazon SES endpoints and quotas"."""


@dataclass(frozen=True)
class DnsRecord:
    """A record that mail from a domain needs. `name` is complete, without the dot at its end."""

    id: str
    name: str
    type: str
    value: str


class MailIdentities(Construct):
    """Every sender's domain or address, and what holds for all mail of the account.

    Attributes: `names`; `dns_records`: dicts of name, type, value and kept_by_route53, for people to copy
    where the zone is not ours; `configuration_set_name`.
    """

    def __init__(self, scope: Construct, id_: str, *, account: Account) -> None:
        super().__init__(scope, id_)
        self._account = account
        Sesv2AccountSuppressionAttributes(self, "suppression", suppressed_reasons=SUPPRESSED)
        defaults = self._create_configuration_set()
        self.names = [identity.name for identity in account.identities]
        self.dns_records: list[dict[str, str | bool]] = []
        for identity in account.identities:
            self._verify(identity, defaults)

        self.configuration_set_name: str = defaults.configuration_set_name

    def _create_configuration_set(self) -> Sesv2ConfigurationSet:
        """For mail that names none: it, too, is counted, goes by TLS only and spares who bounced (trap 31).

        The environments name their own, which reports each event.
        """
        return Sesv2ConfigurationSet(
            self,
            "defaults",
            configuration_set_name=naming.configuration_set(naming.ACCOUNT),
            delivery_options=Sesv2ConfigurationSetDeliveryOptions(tls_policy="REQUIRE"),
            reputation_options=Sesv2ConfigurationSetReputationOptions(reputation_metrics_enabled=True),
            suppression_options=Sesv2ConfigurationSetSuppressionOptions(suppressed_reasons=SUPPRESSED),
        )

    def _verify(self, identity: MailIdentity, defaults: Sesv2ConfigurationSet) -> None:
        """An address is verified by a link that SES mails to it, a domain by its DKIM records."""
        scope = Construct(self, identity.name.replace("@", "-at-").replace(".", "-"))
        domain = identity.kind == "domain"
        verified = Sesv2EmailIdentity(
            scope,
            "identity",
            email_identity=identity.name,
            configuration_set_name=defaults.configuration_set_name,
            dkim_signing_attributes=(
                Sesv2EmailIdentityDkimSigningAttributes(next_signing_key_length="RSA_2048_BIT")
                if domain
                else None
            ),
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if self._account.protected else None,
        )
        # A bounce of mail whose configuration set reports to nobody still reaches the sender's mailbox.
        Sesv2EmailIdentityFeedbackAttributes(
            scope, "feedback", email_identity=verified.email_identity, email_forwarding_enabled=True
        )
        if domain:
            self._authenticate(scope, identity, verified)

    def _authenticate(self, scope: Construct, identity: MailIdentity, verified: Sesv2EmailIdentity) -> None:
        """MAIL FROM in the sender's own domain, so that SPF speaks for it, and the records (trap 35).

        Where SES does not find the MX record, it sends with a MAIL FROM of its own: DKIM still speaks for the
        domain and DMARC still passes, while REJECT_MESSAGE would lose each mail until the record is there.
        """
        mail_from = Sesv2EmailIdentityMailFromAttributes(
            scope,
            "mail-from",
            email_identity=verified.email_identity,
            mail_from_domain=f"{identity.mail_from_subdomain}.{identity.name}",
            behavior_on_mx_failure="USE_DEFAULT_VALUE",
        )
        for record in self._records(identity, verified, mail_from.mail_from_domain):
            self.dns_records.append(
                {
                    "name": record.name,
                    "type": record.type,
                    "value": record.value,
                    "kept_by_route53": identity.hosted_zone_id is not None,
                }
            )
            if identity.hosted_zone_id:
                # No allow_overwrite: a record of somebody else makes the apply fail, and stays as it is.
                Route53Record(
                    scope,
                    record.id,
                    zone_id=identity.hosted_zone_id,
                    name=record.name,
                    type=record.type,
                    ttl=RECORD_TTL_S,
                    records=[record.value],
                )

    def _records(
        self, identity: MailIdentity, verified: Sesv2EmailIdentity, mail_from: str
    ) -> Iterable[DnsRecord]:
        """DKIM tokens are unknown until the identity is made: three by index, never by value (trap 35)."""
        region = self._account.aws_region
        keys = (
            f"dkim.{region}.amazonses.com" if region in REGIONS_WITH_A_DKIM_DOMAIN else "dkim.amazonses.com"
        )
        for index in range(DKIM_KEYS):
            token = Fn.element(verified.dkim_signing_attributes.tokens, index)
            yield DnsRecord(
                f"dkim-{index}", f"{token}._domainkey.{identity.name}", "CNAME", f"{token}.{keys}"
            )
        yield DnsRecord("mail-from-mx", mail_from, "MX", f"10 feedback-smtp.{region}.amazonses.com")
        yield DnsRecord("mail-from-spf", mail_from, "TXT", "v=spf1 include:amazonses.com ~all")
        # Of the whole domain, not of our mail alone: the policy holds for whoever else sends from it.
        yield DnsRecord("dmarc", f"_dmarc.{identity.name}", "TXT", f"v=DMARC1; p={identity.dmarc_policy};")
