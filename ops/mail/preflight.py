"""Can an environment send mail? What SES answers, turned into findings with a next step each.

`findings` is pure; `ask` makes the calls. The fields are those of API v2: GetAccount, GetEmailIdentity and
GetConfigurationSet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from environments import EnvironmentConfig

Answer = Mapping[str, Any]


class Level(StrEnum):
    """How bad a finding is."""

    READY = "ready"
    """As it must be."""
    LIMITED = "limited"
    """Mail is sent, but not to everybody, or receivers may doubt it."""
    STOPPED = "stopped"
    """No mail is sent."""


@dataclass(frozen=True)
class Finding:
    """subject: what was looked at; seen: what SES says of it; next_step: empty where there is none."""

    level: Level
    subject: str
    seen: str
    next_step: str = ""


@dataclass(frozen=True)
class Answers:
    """What SES said. None: it is not there."""

    account: Answer
    identity: Answer | None
    configuration_set: Answer | None


def findings(config: EnvironmentConfig, answers: Answers) -> tuple[Finding, ...]:
    """One finding for each thing looked at, in the order in which they are mended."""
    return (
        *_sending(config.aws_region, answers.account),
        *_identity(config, answers.identity),
        *_configuration_set(config, answers.configuration_set),
        *_sandbox(config, answers.account),
    )


def ask(config: EnvironmentConfig) -> Answers:
    """Ask SES. Raises OpsError."""
    from environments import naming
    from ops.aws import aws_errors, client

    sesv2 = client("sesv2", config.aws_region)

    def found(operation: str, **arguments: str) -> Answer | None:
        try:
            answer: Answer = getattr(sesv2, operation)(**arguments)
        except sesv2.exceptions.NotFoundException:
            return None
        return answer

    with aws_errors("asking SES whether mail can be sent"):
        return Answers(
            account=sesv2.get_account(),
            identity=found("get_email_identity", EmailIdentity=config.mail_identity),
            configuration_set=found(
                "get_configuration_set", ConfigurationSetName=naming.configuration_set(config.environment)
            ),
        )


def _sending(region: str, account: Answer) -> Iterator[Finding]:
    status = account.get("EnforcementStatus", "HEALTHY")
    if status == "SHUTDOWN":
        yield Finding(
            Level.STOPPED,
            "account",
            "AWS has paused sending because of the mail that was sent (SHUTDOWN)",
            "Read the support case that AWS opened, mend the cause, and answer there.",
        )
    elif not account.get("SendingEnabled", False):
        yield Finding(
            Level.STOPPED,
            "account",
            "sending is paused in this region",
            f"aws sesv2 put-account-sending-attributes --region {region} --sending-enabled",
        )
    elif status == "PROBATION":
        yield Finding(
            Level.LIMITED,
            "account",
            "under review because of bounces or complaints (PROBATION)",
            "Look for the cause in the events queue before AWS pauses sending.",
        )
    else:
        yield Finding(Level.READY, "account", "sending is enabled")


def _identity(config: EnvironmentConfig, identity: Answer | None) -> Iterator[Finding]:
    name = config.mail_identity
    if identity is None:
        yield Finding(
            Level.STOPPED,
            "identity",
            f"{name} is not in SES",
            "Deploy the account's stack: cdktf deploy account",
        )
        return
    if identity.get("VerifiedForSendingStatus"):
        yield Finding(Level.READY, "identity", f"{name} is verified")
    else:
        yield Finding(Level.STOPPED, "identity", f"{name} is not verified", _how_to_verify(config))
    if config.email.identity == "domain":
        yield _dkim(config, identity.get("DkimAttributes", {}))
        yield _mail_from(config, identity.get("MailFromAttributes", {}))


def _how_to_verify(config: EnvironmentConfig) -> str:
    if config.email.identity == "domain":
        return _publish(config)
    return (
        f"Follow the link that Amazon mailed to {config.ses_from_email} (valid for 24 hours). Lost? "
        f"aws ses verify-email-identity --region {config.aws_region} "
        f"--email-address {config.ses_from_email} sends another."
    )


def _publish(config: EnvironmentConfig) -> str:
    if config.email.hosted_zone_id:
        return (
            f"Route 53 zone {config.email.hosted_zone_id} has the records; wait up to 72 hours. "
            "Does the domain's registrar name that zone's servers?"
        )
    return (
        f"Copy the records of `ops email dns {config.environment}` to the domain's DNS; wait up to 72 hours."
    )


def _dkim(config: EnvironmentConfig, dkim: Answer) -> Finding:
    status = dkim.get("Status", "NOT_STARTED")
    if status == "SUCCESS":
        return Finding(Level.READY, "DKIM", "the keys are in the DNS")
    return Finding(Level.LIMITED, "DKIM", f"the keys are not seen in the DNS ({status})", _publish(config))


def _mail_from(config: EnvironmentConfig, mail_from: Answer) -> Finding:
    domain, status = mail_from.get("MailFromDomain"), mail_from.get("MailFromDomainStatus")
    if not domain:
        return Finding(
            Level.LIMITED,
            "MAIL FROM",
            "is Amazon's own, so SPF does not speak for the sender's domain",
            "Deploy the account's stack: cdktf deploy account",
        )
    if status == "SUCCESS":
        return Finding(Level.READY, "MAIL FROM", f"{domain} has its records")
    return Finding(Level.LIMITED, "MAIL FROM", f"no MX record seen for {domain} ({status})", _publish(config))


def _configuration_set(config: EnvironmentConfig, found: Answer | None) -> Iterator[Finding]:
    if found is None:
        yield Finding(
            Level.STOPPED,
            "configuration set",
            "is not there",
            f"Deploy the environment: cdktf deploy {config.environment}",
        )
    elif not found.get("SendingOptions", {}).get("SendingEnabled", True):
        name = found["ConfigurationSetName"]
        yield Finding(
            Level.STOPPED,
            "configuration set",
            f"sending through {name} is paused",
            f"cdktf deploy {config.environment} enables it again; find out first who paused it, and why.",
        )
    else:
        yield Finding(Level.READY, "configuration set", f"{found['ConfigurationSetName']} takes mail")


def _sandbox(config: EnvironmentConfig, account: Answer) -> Iterator[Finding]:
    quota = account.get("SendQuota", {})
    limit = f"{quota.get('Max24HourSend', 0):.0f} a day, {quota.get('MaxSendRate', 0):.0f} a second"
    if account.get("ProductionAccessEnabled"):
        yield Finding(Level.READY, "sandbox", f"left; {limit}")
        return
    review = account.get("Details", {}).get("ReviewDetails", {}).get("Status")
    if review == "PENDING":
        yield Finding(
            Level.LIMITED, "sandbox", f"production access is asked for; until then {limit}", "Wait."
        )
        return
    denied = "; a request was denied, see the support case" if review == "DENIED" else ""
    yield Finding(
        Level.LIMITED,
        "sandbox",
        f"only verified recipients and the mailbox simulator, {limit}{denied}",
        f"aws sesv2 put-account-details --region {config.aws_region} --production-access-enabled "
        "--mail-type TRANSACTIONAL --website-url https://YOUR-SITE "
        "--use-case-description 'WHAT YOU SEND, AND TO WHOM'",
    )
