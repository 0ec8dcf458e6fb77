"""The DNS records by which a sender's domain proves itself, as rows to copy. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from environments import EnvironmentConfig

SPF = "v=spf1 include:amazonses.com ~all"


@dataclass(frozen=True)
class Record:
    """purpose: DKIM, MAIL FROM, SPF or DMARC; name: in full, without a dot at the end."""

    purpose: str
    name: str
    type: str
    value: str

    def as_json(self) -> dict[str, str]:
        """For programs."""
        return asdict(self)


def records(config: EnvironmentConfig, identity: Mapping[str, Any]) -> tuple[Record, ...]:
    """Every record of the domain; none where only an address is verified.

    identity: GetEmailIdentity's answer. SES tells the names of the DKIM records; the others follow from the
    configuration (SES developer guide, "Using a custom MAIL FROM domain" and "Complying with DMARC").
    """
    if config.email.identity == "address":
        return ()
    domain = config.ses_from_email.rpartition("@")[2].lower()
    mail_from = f"{config.email.mail_from_subdomain}.{domain}"
    return (
        *_dkim(domain, identity.get("DkimAttributes", {})),
        Record("MAIL FROM", mail_from, "MX", f"10 feedback-smtp.{config.aws_region}.amazonses.com"),
        Record("SPF", mail_from, "TXT", SPF),
        Record("DMARC", f"_dmarc.{domain}", "TXT", f"v=DMARC1; p={config.email.dmarc_policy};"),
    )


def _dkim(domain: str, dkim: Mapping[str, Any]) -> Iterable[Record]:
    zone = dkim.get("SigningHostedZone") or "dkim.amazonses.com"
    for token in dkim.get("Tokens", []):
        yield Record("DKIM", f"{token}._domainkey.{domain}", "CNAME", f"{token}.{zone}")
