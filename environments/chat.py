"""The part of the configuration that is about the chat and its functions; others are in `sections.py`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator

from environments import function_code, rules
from environments.settings import Model, Rule, Setting, WholeNumber, between, comma_separated

FUNCTIONS = (
    "authorizer",
    "connect",
    "disconnect",
    "send_message",
    "chat_worker",
    "stream_consumer",
    "mail_events",
    "secret_age",
    "error_log",
)
"""Folders of `functions/`: the Lambda functions of an environment."""


def chat_domain_has_its_certificate(certificate: str | None, domain: str | None) -> str | None:
    return "is needed, because CHAT_DOMAIN_NAME is set" if domain and not certificate else None


def chat_certificate_has_its_domain(domain: str | None, certificate: str | None) -> str | None:
    return "is needed, because CHAT_CERTIFICATE_ARN is set" if certificate and not domain else None


def chat_zone_has_its_domain(zone: str | None, domain: str | None) -> str | None:
    return "needs CHAT_DOMAIN_NAME, whose address it would hold" if zone and not domain else None


def built_in_model_has_no_address(url: str | None, provider: str) -> str | None:
    return "is of no use with CHAT_PROVIDER=built-in" if url and provider == "built-in" else None


class ChatConfig(Model):
    """The WebSocket API, and the model that answers."""

    provider: Annotated[
        Literal["anthropic", "openai", "built-in"],
        Setting(
            variable="CHAT_PROVIDER",
            allowed="anthropic, openai or built-in",
            purpose=(
                "Whose model answers in the chat. Where its API key is not set yet, the built-in model"
                " answers and says so."
            ),
            example="anthropic",
        ),
    ] = "anthropic"
    model: Annotated[
        Annotated[str, AfterValidator(rules.model_is_a_name)] | None,
        Setting(
            variable="CHAT_MODEL",
            allowed="the provider's name of a model: letters, digits, and . _ : / -, at most 128",
            purpose="Which of the provider's models answers; not set: one that suits a conversation.",
            example="claude-sonnet-4-5",
        ),
    ] = None
    provider_url: Annotated[
        Annotated[str, AfterValidator(rules.url_is_https_or_local)] | None,
        Setting(
            variable="CHAT_PROVIDER_URL",
            allowed="an https address without query; http only for this machine (localhost)",
            purpose="Where the provider's API is, where it is not at the provider: a gateway of your own.",
            example="https://models.example.com",
        ),
    ] = None
    throttle_burst: Annotated[
        WholeNumber,
        between(1, 5000),
        Setting(
            variable="CHAT_THROTTLE_BURST",
            allowed="a whole number from 1 to 5000",
            purpose="How many messages of all clients together the WebSocket API takes at one moment.",
            example="500",
        ),
    ] = 500
    throttle_rate: Annotated[
        WholeNumber,
        between(1, 10_000),
        Setting(
            variable="CHAT_THROTTLE_RATE",
            allowed="a whole number from 1 to 10000",
            purpose="How many messages of all clients together the WebSocket API takes in a second.",
            example="100",
        ),
    ] = 100
    worker_timeout_s: Annotated[
        WholeNumber,
        between(10, 900),
        Setting(
            variable="CHAT_WORKER_TIMEOUT_S",
            allowed="whole seconds from 10 to 900",
            purpose="How long one answer may take.",
            example="120",
        ),
    ] = 120
    worker_concurrency: Annotated[
        WholeNumber,
        between(2, 1000),
        Setting(
            variable="CHAT_WORKER_CONCURRENCY",
            allowed="a whole number from 2 to 1000",
            purpose="How many answers are given at once; further messages wait in the queue.",
            example="50",
        ),
    ] = 50
    domain_name: Annotated[
        Annotated[str, AfterValidator(rules.domain_is_a_dns_name)] | None,
        Setting(
            variable="CHAT_DOMAIN_NAME",
            allowed="a lower-case domain name of two labels or more; another for each environment",
            purpose="The address of the WebSocket API; not set: one of Amazon's.",
            example="chat.flowency.build",
        ),
    ] = None
    certificate_arn: Annotated[
        Annotated[str, AfterValidator(rules.certificate_is_an_acm_arn)] | None,
        Setting(
            variable="CHAT_CERTIFICATE_ARN",
            allowed=(
                "arn:aws:acm:<AWS_REGION>:<AWS_ACCOUNT_ID>:certificate/<UUID>, together with CHAT_DOMAIN_NAME"
            ),
            purpose="The certificate of CHAT_DOMAIN_NAME.",
            example="arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
        ),
    ] = None
    hosted_zone_id: Annotated[
        Annotated[str, AfterValidator(rules.hosted_zone_is_an_id)] | None,
        Setting(
            variable="CHAT_HOSTED_ZONE_ID",
            allowed="the id of a public Route 53 zone of this account, such as Z0123456789ABCDEFGHIJ",
            purpose="The zone in which the address of CHAT_DOMAIN_NAME is kept.",
            example="Z0123456789ABCDEFGHIJ",
        ),
    ] = None

    between_fields: ClassVar[tuple[Rule, ...]] = (
        Rule(("certificate_arn", "domain_name"), chat_domain_has_its_certificate),
        Rule(("domain_name", "certificate_arn"), chat_certificate_has_its_domain),
        Rule(("hosted_zone_id", "domain_name"), chat_zone_has_its_domain),
        Rule(("provider_url", "provider"), built_in_model_has_no_address),
    )


class FunctionsConfig(Model):
    """The code of the Lambda functions."""

    code: Annotated[
        tuple[Annotated[str, AfterValidator(rules.code_is_a_function_and_its_place)], ...],
        BeforeValidator(comma_separated),
        AfterValidator(rules.code_names_each_function_once),
        Setting(
            variable="FUNCTION_CODE",
            allowed=(
                f"<function>=<place>, separated by commas without spaces; functions: {', '.join(FUNCTIONS)};"
                " a place is the path of a .zip file from the checkout, or s3://<bucket>/<key>.zip, with"
                " ?versionId=<version> behind it where the bucket has versions"
            ),
            purpose=(
                "Code of the application's own instead of what functions/ has. Its handler, too, is"
                " functions.<function>.handler.handle, on Python 3.13 and arm64."
            ),
            example="chat_worker=s3://flowency-builds/worker.zip?versionId=abc123",
        ),
    ] = ()

    between_fields: ClassVar[tuple[Rule, ...]] = (Rule(("code",), function_code.files_are_zips),)
