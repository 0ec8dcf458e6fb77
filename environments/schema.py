"""The configuration of one environment: typed, frozen, each field with its variable and its rules.

The inner models are in `sections.py`, `delivery.py`, `mail.py`, `chat.py`, `alerts.py`, `backup.py` and
`account.py`, the rules for single values in `rules.py`; the rules between values of several models are the
functions here.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator

from environments import rules, signing_keys
from environments.account import AccountConfig
from environments.alerts import AlertsConfig
from environments.backup import BackupConfig
from environments.chat import ChatConfig, FunctionsConfig
from environments.delivery import CdnConfig
from environments.mail import EmailConfig, identity_name
from environments.sections import DatabaseConfig, LogConfig, SecurityConfig, StateConfig, StorageConfig
from environments.settings import SWITCH, Model, Rule, Setting, Switch

__all__ = [
    "AccountConfig",
    "AlertsConfig",
    "BackupConfig",
    "CdnConfig",
    "ChatConfig",
    "DatabaseConfig",
    "EmailConfig",
    "EnvironmentConfig",
    "EnvironmentName",
    "FunctionsConfig",
    "LogConfig",
    "SecurityConfig",
    "StateConfig",
    "StorageConfig",
]

EnvironmentName = Literal["dev", "staging", "prod"]

_EMAIL = "one e-mail address, at most 254 characters"
_Email = Annotated[str, AfterValidator(rules.email_is_an_address)]


def certificate_is_in_the_same_account(arn: str | None, account: str) -> str | None:
    """CloudFront takes certificates of its own account only."""
    if arn is None or rules.certificate_account(arn) == account:
        return None
    return f"belongs to another account than AWS_ACCOUNT_ID ({account})"


def certificate_has_its_domain(domain: str | None, arn: str | None) -> str | None:
    return "is needed, because CERTIFICATE_ARN is set" if arn and not domain else None


def prod_has_a_domain(domain: str | None, environment: str, cloudfront: bool) -> str | None:
    """With its default certificate CloudFront falls back to TLSv1, whatever minimum is set."""
    if domain or not cloudfront or environment != "prod":
        return None
    return "is needed in prod, where CloudFront must not fall back to TLSv1"


def domain_has_a_certificate(
    arn: str | None, domain: str | None, cloudfront: bool, hosted_zone: str | None
) -> str | None:
    """Without the zone a new certificate would never be validated, and the apply would hang."""
    if arn or hosted_zone or not domain or not cloudfront:
        return None
    return "is needed with DOMAIN_NAME, unless HOSTED_ZONE_ID names the zone in which one can be validated"


def prod_downloads_are_private(signed: bool, environment: str, cloudfront: bool) -> str | None:
    if signed or not cloudfront or environment != "prod":
        return None
    return "would make the specifications public, which is not allowed in prod"


def logs_have_a_bucket(cdn_logs: bool, cloudfront: bool, bucket_logs: bool) -> str | None:
    if cdn_logs and cloudfront and not bucket_logs:
        return "needs S3_ACCESS_LOGS=true: its bucket takes these logs, too"
    return None


def public_keys_are_usable(file: str, cloudfront: bool, signed: bool) -> str | None:
    """A file that is not there is no mistake: the key is made after the first deployment."""
    return signing_keys.problem(file) if cloudfront and signed else None


def prod_origins_are_public_and_https(origins: tuple[str, ...], environment: str) -> str | None:
    bad = [o for o in origins if o.startswith("http://") or rules.is_local_origin(o)]
    return f"has {bad[0]}, which is not allowed in prod" if bad and environment == "prod" else None


def chat_certificate_is_of_the_place(arn: str | None, account: str, region: str) -> str | None:
    """API Gateway takes regional certificates of its own account and region only."""
    if arn is None or arn.split(":")[3:5] == [region, account]:
        return None
    return f"is not of AWS_REGION ({region}) and AWS_ACCOUNT_ID ({account})"


def chat_has_a_domain_of_its_own(domain: str | None, downloads: str | None) -> str | None:
    return "is DOMAIN_NAME, where the downloads are" if domain and domain == downloads else None


def prod_secrets_can_be_recovered(days: int, environment: str) -> str | None:
    return "is less than 7, which is not allowed in prod" if days < 7 and environment == "prod" else None


class EnvironmentConfig(Model):
    """Everything that makes one environment different from another."""

    environment: Annotated[
        EnvironmentName,
        Setting(
            variable="ENVIRONMENT",
            allowed="dev, staging or prod; several of them separated by commas without spaces, or all",
            purpose="Which environments a run is about.",
            example="dev",
        ),
    ]
    aws_account_id: Annotated[
        str,
        AfterValidator(rules.account_id_has_twelve_digits),
        AfterValidator(rules.account_id_is_not_all_zeros),
        Setting(
            variable="AWS_ACCOUNT_ID",
            allowed=f"12 digits; {rules.EXAMPLE_ACCOUNT} only on the local AWS",
            purpose="The AWS account. A run with the credentials of any other account is refused.",
            example=rules.EXAMPLE_ACCOUNT,
        ),
    ]
    aws_region: Annotated[
        str,
        AfterValidator(rules.region_is_in_the_aws_partition),
        Setting(
            variable="AWS_REGION",
            allowed=f"a region of the partition aws: {', '.join(sorted(rules.REGIONS))}",
            purpose="The AWS region of everything that has one.",
            example="us-east-1",
        ),
    ]
    ses_from_email: Annotated[
        _Email,
        Setting(
            variable="SES_FROM_EMAIL",
            allowed=_EMAIL,
            purpose="Sender of the exports and confirmations.",
            example="noreply@flowency.build",
        ),
    ]
    alert_email: Annotated[
        _Email,
        Setting(
            variable="ALERT_EMAIL",
            allowed=_EMAIL,
            purpose="Who is told of alarms.",
            example="alerts@flowency.build",
        ),
    ]
    domain_name: Annotated[
        Annotated[str, AfterValidator(rules.domain_is_a_dns_name)] | None,
        Setting(
            variable="DOMAIN_NAME",
            allowed=(
                "a lower-case domain name of two labels or more, without scheme, wildcard or trailing dot;"
                " another for each environment; needed in prod with CloudFront"
            ),
            purpose="The web address of the downloads, and the default of CORS_ORIGINS.",
            example="wizard.flowency.build",
        ),
    ] = None
    certificate_arn: Annotated[
        Annotated[
            str,
            AfterValidator(rules.certificate_is_an_acm_arn),
            AfterValidator(rules.certificate_is_in_us_east_1),
        ]
        | None,
        Setting(
            variable="CERTIFICATE_ARN",
            allowed=(
                "arn:aws:acm:us-east-1:<AWS_ACCOUNT_ID>:certificate/<UUID>, together with DOMAIN_NAME;"
                " needed with DOMAIN_NAME and CloudFront where HOSTED_ZONE_ID is not set"
            ),
            purpose="The certificate of DOMAIN_NAME for CloudFront.",
            example="arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
        ),
    ] = None
    enable_cloudfront: Annotated[
        Switch,
        Setting(
            variable="ENABLE_CLOUDFRONT",
            allowed=SWITCH,
            purpose="Deliver the downloads through CloudFront.",
            example="true",
        ),
    ] = True
    protected: Annotated[
        Switch,
        Setting(
            variable="DELETION_PROTECTION",
            allowed=SWITCH,
            purpose=(
                "Refuse to destroy what holds data. To destroy a protected environment: set this to false,"
                " deploy, then destroy."
            ),
            example="true",
        ),
    ] = True
    database: DatabaseConfig = DatabaseConfig()
    storage: StorageConfig
    backup: BackupConfig = BackupConfig()
    cdn: CdnConfig = CdnConfig()
    email: EmailConfig = EmailConfig()
    security: SecurityConfig = SecurityConfig()
    chat: ChatConfig = ChatConfig()
    functions: FunctionsConfig = FunctionsConfig()
    alerts: AlertsConfig = AlertsConfig()
    logs: LogConfig = LogConfig()
    state: StateConfig = StateConfig()
    account: AccountConfig = AccountConfig()

    @property
    def mail_identity(self) -> str:
        """What SES verifies for SES_FROM_EMAIL: the address, or its domain."""
        return identity_name(self.ses_from_email, self.email.identity)

    between_fields: ClassVar[tuple[Rule, ...]] = (
        Rule(("certificate_arn", "aws_account_id"), certificate_is_in_the_same_account),
        Rule(("domain_name", "certificate_arn"), certificate_has_its_domain),
        Rule(("domain_name", "environment", "enable_cloudfront"), prod_has_a_domain),
        Rule(
            ("certificate_arn", "domain_name", "enable_cloudfront", "cdn.hosted_zone_id"),
            domain_has_a_certificate,
        ),
        Rule(("cdn.signed_urls", "environment", "enable_cloudfront"), prod_downloads_are_private),
        Rule(("cdn.access_logs", "enable_cloudfront", "storage.access_logs"), logs_have_a_bucket),
        Rule(("cdn.public_key_file", "enable_cloudfront", "cdn.signed_urls"), public_keys_are_usable),
        Rule(("storage.cors_origins", "environment"), prod_origins_are_public_and_https),
        Rule(("chat.domain_name", "domain_name"), chat_has_a_domain_of_its_own),
        Rule(("chat.certificate_arn", "aws_account_id", "aws_region"), chat_certificate_is_of_the_place),
        Rule(("security.secret_recovery_window_days", "environment"), prod_secrets_can_be_recovered),
    )
