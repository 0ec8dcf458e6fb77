"""The accounts behind the environments: whoever is asked about, an account is always the same."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import ClassVar

import pytest

from environments import ENVIRONMENTS, Account, ConfigurationError, load_accounts
from environments.accounts import MailIdentity
from tests.unit.test_configuration_rules import ACCOUNT, GOOD

OTHER = "444455556666"
SUBSETS = [names for size in (1, 2, 3) for names in itertools.permutations(ENVIRONMENTS, size)]
COMMON = {key: value for key, value in GOOD.items() if key != "CERTIFICATE_ARN"}


def accounts(folder: Path, *names: str, **variables: str) -> dict[str, Account]:
    write(folder / ".env", {**COMMON, **variables})
    return load_accounts(names or ENVIRONMENTS, root=folder, process_env={})


def refused(folder: Path, *names: str, **variables: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        accounts(folder, *names, **variables)
    return caught.value


def own(folder: Path, environment: str, **variables: str) -> None:
    """Values of one environment, in its file: they stand above the common ones."""
    write(folder / f".env.{environment}", variables)


def write(file: Path, variables: dict[str, str]) -> None:
    file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))


class TestOneAccount:
    @pytest.mark.parametrize("names", SUBSETS, ids=",".join)
    def test_it_does_not_depend_on_which_environments_a_run_is_about(
        self, tmp_path: Path, names: tuple[str, ...]
    ) -> None:
        own(tmp_path, "staging", ALERT_EMAIL="staging@example.com", SES_FROM_EMAIL="hello@example.org")
        (found,) = accounts(tmp_path, *names).items()
        assert found == ("account", accounts(tmp_path)["account"])
        assert found[1].environments == ENVIRONMENTS

    def test_what_it_is_made_of(self, tmp_path: Path) -> None:
        own(tmp_path, "staging", ALERT_EMAIL="staging@example.com")
        account = accounts(tmp_path, "dev", MONTHLY_BUDGET_USD="70")["account"]
        assert account.aws_account_id == ACCOUNT
        assert account.aws_region == "eu-central-1"
        assert account.alert_emails == ("alerts@flowency.build", "staging@example.com")
        assert account.settings.monthly_budget_usd == 70
        assert account.identities == (MailIdentity("domain", "flowency.build", None, "mail", "quarantine"),)

    def test_one_protected_environment_protects_it(self, tmp_path: Path) -> None:
        assert accounts(tmp_path, "dev")["account"].protected is True
        off = accounts(tmp_path, "dev", DELETION_PROTECTION="false")
        assert off["account"].protected is False

    def test_an_environment_that_is_not_complete_still_belongs_to_it(self, tmp_path: Path) -> None:
        """prod lacks its domain: that is prod's affair, and no reason to take prod's identity away."""
        own(tmp_path, "prod", SES_FROM_EMAIL="noreply@example.org", DOMAIN_NAME="not a domain")
        account = accounts(tmp_path, "dev")["account"]
        assert account.environments == ENVIRONMENTS
        assert {identity.name for identity in account.identities} == {"flowency.build", "example.org"}


class TestIdentities:
    def test_environments_with_one_sender_domain_share_it(self, tmp_path: Path) -> None:
        own(tmp_path, "dev", SES_FROM_EMAIL="dev@Flowency.Build")
        own(tmp_path, "prod", SES_FROM_EMAIL="hello@flowency.build")
        assert [i.name for i in accounts(tmp_path)["account"].identities] == ["flowency.build"]

    def test_an_address_and_a_domain_are_two(self, tmp_path: Path) -> None:
        own(tmp_path, "dev", SES_IDENTITY="address")
        identities = accounts(tmp_path)["account"].identities
        assert [(i.kind, i.name) for i in identities] == [
            ("address", "noreply@flowency.build"),
            ("domain", "flowency.build"),
        ]

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("SES_HOSTED_ZONE_ID", "Z0123456789"),
            ("SES_MAIL_FROM_SUBDOMAIN", "bounce"),
            ("SES_DMARC_POLICY", "reject"),
        ],
    )
    @pytest.mark.parametrize("names", [("dev",), ("prod",), ENVIRONMENTS], ids=",".join)
    def test_environments_that_disagree_about_one_domain_are_told(
        self, tmp_path: Path, variable: str, value: str, names: tuple[str, ...]
    ) -> None:
        own(tmp_path, "staging", **{variable: value})
        error = refused(tmp_path, *names)
        assert [(p.key, p.environment) for p in error.problems] == [(variable, "staging")]
        assert "differs from dev's" in str(error)

    def test_they_may_differ_where_the_domains_do(self, tmp_path: Path) -> None:
        own(tmp_path, "prod", SES_FROM_EMAIL="noreply@example.org", SES_DMARC_POLICY="reject")
        policies = {i.name: i.dmarc_policy for i in accounts(tmp_path)["account"].identities}
        assert policies == {"flowency.build": "quarantine", "example.org": "reject"}


class TestDisagreements:
    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("AWS_REGION", "us-east-1"),
            ("GITHUB_OIDC_REPOSITORY", "flowency/other"),
            ("MONTHLY_BUDGET_USD", "60"),
            ("COST_ANOMALY_USD", "20"),
            ("CLOUDTRAIL_RETENTION_DAYS", "90"),
            ("CLOUDTRAIL_LOG_RETENTION_DAYS", "30"),
        ],
    )
    def test_what_there_is_one_of_must_be_said_once(self, tmp_path: Path, variable: str, value: str) -> None:
        own(tmp_path, "prod", **{variable: value})
        for name in ENVIRONMENTS:
            error = refused(tmp_path, name)
            assert [(p.key, p.environment) for p in error.problems] == [(variable, "prod")]
            assert "which is in the same account; there is one for both" in str(error)

    def test_all_of_them_are_told_at_once(self, tmp_path: Path) -> None:
        own(tmp_path, "staging", MONTHLY_BUDGET_USD="60")
        own(tmp_path, "prod", MONTHLY_BUDGET_USD="70", SES_DMARC_POLICY="none")
        found = {(p.key, p.environment) for p in refused(tmp_path, "dev").problems}
        assert found == {
            ("MONTHLY_BUDGET_USD", "staging"),
            ("MONTHLY_BUDGET_USD", "prod"),
            ("SES_DMARC_POLICY", "prod"),
        }

    def test_a_value_that_is_not_allowed_is_told_as_that(self, tmp_path: Path) -> None:
        own(tmp_path, "prod", MONTHLY_BUDGET_USD="0")
        (problem,) = refused(tmp_path, "dev").problems
        assert (problem.key, problem.environment, problem.message) == (
            "MONTHLY_BUDGET_USD",
            "prod",
            "is less than 1",
        )


class TestSeveralAccounts:
    PROD: ClassVar = {"AWS_ACCOUNT_ID": OTHER, "AWS_REGION": "us-east-1", "MONTHLY_BUDGET_USD": "500"}

    @pytest.fixture(autouse=True)
    def _apart(self, tmp_path: Path) -> None:
        """prod lives in an account and a region of its own, with another budget."""
        own(tmp_path, "prod", **self.PROD)

    def test_each_has_a_stack_named_after_it(self, tmp_path: Path) -> None:
        found = accounts(tmp_path)
        assert {name: account.environments for name, account in found.items()} == {
            f"account-{ACCOUNT}": ("dev", "staging"),
            f"account-{OTHER}": ("prod",),
        }
        assert found[f"account-{OTHER}"].settings.monthly_budget_usd == 500
        assert found[f"account-{OTHER}"].aws_region == "us-east-1"
        assert {name: account.protected for name, account in found.items()} == {
            f"account-{ACCOUNT}": False,
            f"account-{OTHER}": True,
        }

    @pytest.mark.parametrize(
        ("name", "account_id", "members"),
        [("dev", ACCOUNT, ("dev", "staging")), ("prod", OTHER, ("prod",))],
    )
    def test_a_run_about_one_of_them_knows_only_that(
        self, tmp_path: Path, name: str, account_id: str, members: tuple[str, ...]
    ) -> None:
        (found,) = accounts(tmp_path, name).values()
        assert (found.stack, found.aws_account_id, found.environments) == ("account", account_id, members)

    def test_a_mistake_in_the_other_account_stays_there(self, tmp_path: Path) -> None:
        own(tmp_path, "prod", **self.PROD, ALERT_EMAIL="nobody")
        assert accounts(tmp_path, "dev")["account"].alert_emails == ("alerts@flowency.build",)
        (problem,) = refused(tmp_path, "dev", "prod").problems
        assert (problem.key, problem.environment) == ("ALERT_EMAIL", "prod")
