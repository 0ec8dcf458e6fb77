"""The configuration of mail: what is allowed, and what is left to its default."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments import EnvironmentConfig, load
from tests.unit.test_configuration_rules import GOOD, refused


def accepted(folder: Path, environment: str = "dev", **variables: str) -> EnvironmentConfig:
    return load(environment, root=folder, process_env={**GOOD, **variables})


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("SES_IDENTITY", "Domain", "is not allowed"),
        ("SES_IDENTITY", "email", "is not allowed"),
        ("SES_HOSTED_ZONE_ID", "hostedzone/Z123", "is not the id of a hosted zone"),
        ("SES_HOSTED_ZONE_ID", "example.com", "is not the id of a hosted zone"),
        ("SES_MAIL_FROM_SUBDOMAIN", "mail.", "is not a label of a domain name"),
        ("SES_MAIL_FROM_SUBDOMAIN", "mail.eu", "is not a label of a domain name"),
        ("SES_MAIL_FROM_SUBDOMAIN", "Mail", "is not a label of a domain name"),
        ("SES_MAIL_FROM_SUBDOMAIN", "-mail", "is not a label of a domain name"),
        ("SES_MAIL_FROM_SUBDOMAIN", "m" * 64, "is not a label of a domain name"),
        ("SES_MAIL_FROM_SUBDOMAIN", "mail\n", "is not a label of a domain name"),
        ("SES_DMARC_POLICY", "p=reject", "is not allowed"),
        ("SES_DMARC_POLICY", "Reject", "is not allowed"),
        ("SES_TRACKING_DOMAIN", "https://links.example.com", "is not a domain name"),
        ("SES_TRACKING_DOMAIN", "links", "is not a domain name"),
    ],
)
def test_refused(tmp_path: Path, variable: str, value: str, text: str) -> None:
    error = refused(tmp_path, "dev", **{variable: value})
    assert [(problem.key, problem.message) for problem in error.problems] == [(variable, text)]
    assert str(error).count("set it in: process environment, .env.dev, .env, environments/dev.py") == 1


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_with_nothing_set_the_senders_domain_is_verified_and_its_mail_protected(
    tmp_path: Path, environment: str
) -> None:
    email = accepted(tmp_path, environment).email
    assert email.model_dump() == {
        "identity": "domain",
        "hosted_zone_id": None,
        "mail_from_subdomain": "mail",
        "dmarc_policy": "quarantine",
        "tracking_domain": None,
    }


@pytest.mark.parametrize(
    ("variable", "field", "value"),
    [
        ("SES_IDENTITY", "identity", "address"),
        ("SES_HOSTED_ZONE_ID", "hosted_zone_id", "Z0123456789ABCDEFGHIJ"),
        ("SES_MAIL_FROM_SUBDOMAIN", "mail_from_subdomain", "bounce-1"),
        ("SES_DMARC_POLICY", "dmarc_policy", "none"),
        ("SES_DMARC_POLICY", "dmarc_policy", "reject"),
        ("SES_TRACKING_DOMAIN", "tracking_domain", "links.flowency.build"),
    ],
)
def test_what_is_set_holds(tmp_path: Path, variable: str, field: str, value: str) -> None:
    assert getattr(accepted(tmp_path, **{variable: value}).email, field) == value


def test_one_line_gives_each_environment_its_own_tracking_domain(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SES_TRACKING_DOMAIN={environment}.links.example.com\n")
    for environment in ("dev", "prod"):
        assert accepted(tmp_path, environment).email.tracking_domain == f"{environment}.links.example.com"
