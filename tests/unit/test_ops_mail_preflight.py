"""What SES says, told as findings: each state apart from the others, each with its own next step."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest
from botocore.exceptions import ClientError

from ops import aws
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.mail import dns, preflight
from ops.mail.preflight import Answers, Finding, Level
from tests.support import configuration

ACCOUNT: dict[str, Any] = {
    "SendingEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "ProductionAccessEnabled": True,
    "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0},
}
SANDBOX = {"ProductionAccessEnabled": False, "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0}}
IDENTITY: dict[str, Any] = {
    "VerifiedForSendingStatus": True,
    "DkimAttributes": {"Status": "SUCCESS", "Tokens": ["one", "two", "three"]},
    "MailFromAttributes": {"MailFromDomain": "mail.example.com", "MailFromDomainStatus": "SUCCESS"},
}
SET: dict[str, Any] = {"ConfigurationSetName": "spec-wizard-dev", "SendingOptions": {"SendingEnabled": True}}


def found(
    account: dict[str, Any] = ACCOUNT,
    identity: dict[str, Any] | None = IDENTITY,
    configuration_set: dict[str, Any] | None = SET,
    **variables: str,
) -> tuple[Finding, ...]:
    return preflight.findings(
        configuration.config("dev", **variables), Answers(account, identity, configuration_set)
    )


def amiss(*arguments: Any, **variables: str) -> list[Finding]:
    return [one for one in found(*arguments, **variables) if one.level is not Level.READY]


def test_with_everything_in_place_there_is_nothing_to_do() -> None:
    assert {one.level for one in found()} == {Level.READY}
    assert [one.next_step for one in found()] == [""] * 6


def test_trap_35_the_sandbox_is_told_apart_and_how_to_leave_it() -> None:
    (finding,) = amiss({**ACCOUNT, **SANDBOX})
    assert (finding.level, finding.subject) == (Level.LIMITED, "sandbox")
    assert "200 a day, 1 a second" in finding.seen
    assert "put-account-details --region us-east-1 --production-access-enabled" in finding.next_step


@pytest.mark.parametrize(("status", "seen"), [("PENDING", "is asked for"), ("DENIED", "was denied")])
def test_a_request_to_leave_the_sandbox(status: str, seen: str) -> None:
    account = {**ACCOUNT, **SANDBOX, "Details": {"ReviewDetails": {"Status": status}}}
    (finding,) = amiss(account)
    assert seen in finding.seen
    assert ("put-account-details" in finding.next_step) is (status == "DENIED")


@pytest.mark.parametrize(
    ("change", "level", "seen"),
    [
        ({"SendingEnabled": False}, Level.STOPPED, "paused in this region"),
        ({"SendingEnabled": False, "EnforcementStatus": "SHUTDOWN"}, Level.STOPPED, "SHUTDOWN"),
        ({"EnforcementStatus": "PROBATION"}, Level.LIMITED, "PROBATION"),
    ],
)
def test_a_paused_account(change: dict[str, Any], level: Level, seen: str) -> None:
    (finding,) = amiss({**ACCOUNT, **change})
    assert (finding.level, finding.subject) == (level, "account")
    assert seen in finding.seen
    assert finding.next_step


def test_only_a_pause_of_our_own_is_ended_by_a_command() -> None:
    own = amiss({**ACCOUNT, "SendingEnabled": False})[0].next_step
    theirs = amiss({**ACCOUNT, "SendingEnabled": False, "EnforcementStatus": "SHUTDOWN"})[0].next_step
    assert "put-account-sending-attributes" in own
    assert "put-account-sending-attributes" not in theirs


def test_an_identity_that_was_never_made() -> None:
    (finding,) = amiss(ACCOUNT, None)
    assert (finding.level, finding.subject) == (Level.STOPPED, "identity")
    assert "example.com is not in SES" in finding.seen
    assert "cdktf deploy account" in finding.next_step


def test_trap_35_pending_dkim_stops_a_domain_and_names_the_records() -> None:
    dkim = {"Status": "PENDING", "Tokens": ["one", "two", "three"]}
    findings = amiss(ACCOUNT, {**IDENTITY, "VerifiedForSendingStatus": False, "DkimAttributes": dkim})
    assert [(one.level, one.subject) for one in findings] == [
        (Level.STOPPED, "identity"),
        (Level.LIMITED, "DKIM"),
    ]
    assert all("ops email dns dev" in one.next_step for one in findings)


def test_records_in_a_zone_of_ours_are_not_to_be_copied() -> None:
    findings = amiss(
        ACCOUNT, {**IDENTITY, "DkimAttributes": {"Status": "PENDING"}}, SES_HOSTED_ZONE_ID="Z123"
    )
    assert "Z123 has the records" in findings[0].next_step
    assert "ops email dns" not in findings[0].next_step


def test_an_address_is_verified_by_its_link() -> None:
    findings = amiss(ACCOUNT, {"VerifiedForSendingStatus": False}, SES_IDENTITY="address")
    assert [one.subject for one in findings] == ["identity"]
    assert "noreply@example.com is not verified" in findings[0].seen
    assert "Follow the link" in findings[0].next_step


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "TEMPORARY_FAILURE"])
def test_trap_35_mail_from_without_its_mx_record_limits_only(status: str) -> None:
    mail_from = {"MailFromDomain": "mail.example.com", "MailFromDomainStatus": status}
    (finding,) = amiss(ACCOUNT, {**IDENTITY, "MailFromAttributes": mail_from})
    assert (finding.level, finding.subject) == (Level.LIMITED, "MAIL FROM")
    assert f"mail.example.com ({status})" in finding.seen


def test_mail_from_that_was_never_set() -> None:
    (finding,) = amiss(ACCOUNT, {**IDENTITY, "MailFromAttributes": {}})
    assert (finding.level, finding.subject) == (Level.LIMITED, "MAIL FROM")
    assert "cdktf deploy account" in finding.next_step


@pytest.mark.parametrize(
    ("configuration_set", "seen"),
    [(None, "is not there"), ({**SET, "SendingOptions": {"SendingEnabled": False}}, "is paused")],
)
def test_a_configuration_set_that_takes_no_mail(configuration_set: Any, seen: str) -> None:
    (finding,) = amiss(ACCOUNT, IDENTITY, configuration_set)
    assert (finding.level, finding.subject) == (Level.STOPPED, "configuration set")
    assert seen in finding.seen
    assert "cdktf deploy dev" in finding.next_step


class TestAsking:
    @pytest.fixture
    def sesv2(self, monkeypatch: pytest.MonkeyPatch) -> MagicMock:
        class NotFoundException(ClientError):
            pass

        client = MagicMock()
        client.exceptions.NotFoundException = NotFoundException
        client.get_account.return_value = ACCOUNT
        monkeypatch.setattr(aws, "client", lambda service, region: client)
        return client

    def test_asks_for_the_names_of_the_environment(self, sesv2: MagicMock) -> None:
        preflight.ask(configuration.config("staging", SES_FROM_EMAIL="noreply@Mail.Example.com"))
        assert sesv2.get_email_identity.call_args.kwargs == {"EmailIdentity": "mail.example.com"}
        assert sesv2.get_configuration_set.call_args.kwargs == {"ConfigurationSetName": "spec-wizard-staging"}

    def test_what_is_not_there_is_an_answer(self, sesv2: MagicMock) -> None:
        missing = sesv2.exceptions.NotFoundException({"Error": {"Code": "NotFoundException"}}, "GetIt")
        sesv2.get_email_identity.side_effect = sesv2.get_configuration_set.side_effect = missing
        assert preflight.ask(configuration.config("dev")) == Answers(ACCOUNT, None, None)

    def test_any_other_refusal_is_told(self, sesv2: MagicMock) -> None:
        error = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
        sesv2.get_account.side_effect = ClientError(error, "GetAccount")
        with pytest.raises(OpsError, match="asking SES") as caught:
            preflight.ask(configuration.config("dev"))
        assert caught.value.code is ExitCode.AUTHENTICATION


class TestDns:
    def test_trap_35_the_records_of_a_domain(self) -> None:
        config = configuration.config(
            "dev", SES_MAIL_FROM_SUBDOMAIN="bounce", SES_DMARC_POLICY="reject", AWS_REGION="eu-central-1"
        )
        rows = [(r.purpose, r.name, r.type, r.value) for r in dns.records(config, IDENTITY)]
        assert rows == [
            ("DKIM", "one._domainkey.example.com", "CNAME", "one.dkim.amazonses.com"),
            ("DKIM", "two._domainkey.example.com", "CNAME", "two.dkim.amazonses.com"),
            ("DKIM", "three._domainkey.example.com", "CNAME", "three.dkim.amazonses.com"),
            ("MAIL FROM", "bounce.example.com", "MX", "10 feedback-smtp.eu-central-1.amazonses.com"),
            ("SPF", "bounce.example.com", "TXT", "v=spf1 include:amazonses.com ~all"),
            ("DMARC", "_dmarc.example.com", "TXT", "v=DMARC1; p=reject;"),
        ]

    def test_the_keys_are_where_ses_says(self) -> None:
        """In newer regions the zone has the region in its name."""
        dkim = {"Tokens": ["one"], "SigningHostedZone": "dkim.eu-central-2.amazonses.com"}
        first = dns.records(configuration.config("dev"), {"DkimAttributes": dkim})[0]
        assert first.value == "one.dkim.eu-central-2.amazonses.com"

    def test_an_address_needs_none(self) -> None:
        assert dns.records(configuration.config("dev", SES_IDENTITY="address"), {}) == ()

    def test_they_are_those_that_the_accounts_stack_keeps(self) -> None:
        """Two places know them: the stack that writes them into Route 53 and the table to copy."""
        import json
        import tempfile
        from pathlib import Path

        from constructs_lib import app

        variables = {"SES_HOSTED_ZONE_ID": "Z0123456789"}
        with tempfile.TemporaryDirectory() as directory:
            app.synthesize({}, configuration.accounts("dev", **variables), directory)
            stack = json.loads(Path(directory, "stacks", "account", "cdk.tf.json").read_text("utf-8"))
        kept = {
            (record["name"], record["type"], *record["records"])
            for record in stack["resource"]["aws_route53_record"].values()
            if record["type"] != "CNAME"
        }
        ours = dns.records(configuration.config("dev", **variables), IDENTITY)
        told = {(record.name, record.type, record.value) for record in ours if record.type != "CNAME"}
        assert {row[1:] for row in kept} == {row[1:] for row in told}
        assert len(told) == 3
