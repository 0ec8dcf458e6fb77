"""The price of the real stacks: nothing in them is without one, and the figures that the documents give."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from constructs_lib.monitoring import metrics
from constructs_lib.monitoring.subjects import NAMESPACE
from environments import usage
from ops import cli
from ops.bundles.file import Bundle
from ops.bundles.manifest import Manifest
from ops.cost import bill, prices, report, resources
from ops.cost import run as cost_run
from ops.cost.catalogue import FREE, METERS
from ops.cost.estimate import Estimate
from ops.cost.services import monitoring
from ops.deployment import making, reviewing
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.paths import ROOT
from tests.support import configuration, goldens
from tests.support.configuration import ENVIRONMENTS
from tests.support.plans.builders import change, plan
from tests.support.synthesized import Synthesized, account_stack, stack

PRICES = prices.load()
USAGES, ACCOUNT = usage.load()
STACKS = (*ENVIRONMENTS, usage.ACCOUNT)
OTHER_CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000001"
ZONE = "Z0123456789ABCDEFGHIJ"

VARIANTS: dict[str, dict[str, str]] = {
    "as it is": {},
    "everything on": {
        "CLOUDFRONT_WAF": "true",
        "CLOUDFRONT_ACCESS_LOGS": "true",
        "S3_ACCESS_LOGS": "true",
        "BACKUP_ENABLED": "true",
        "DYNAMODB_BILLING_MODE": "PROVISIONED",
        "DYNAMODB_TABLE_GENERATION": "2",
        "CERTIFICATE_ARN": "",
        "HOSTED_ZONE_ID": ZONE,
        "SES_HOSTED_ZONE_ID": ZONE,
        "CHAT_DOMAIN_NAME": "chat-{environment}.example.com",
        "CHAT_CERTIFICATE_ARN": OTHER_CERTIFICATE,
        "CHAT_HOSTED_ZONE_ID": ZONE,
        "ALERT_URL": "https://events.example.com/x",
        "SIGNING_PUBLIC_KEY_FILE": str(configuration.PUBLIC_KEY_FILE),
    },
    "another region": {"AWS_REGION": "eu-central-1"},
    "without CloudFront": {"ENABLE_CLOUDFRONT": "false", "CLOUDFRONT_ACCESS_LOGS": "false"},
}


def synthesized(name: str, **changes: str) -> Synthesized:
    return account_stack(**changes) if name == usage.ACCOUNT else stack(name, **changes)


def estimates(
    *names: str, free_tier: bool = False, members: tuple[str, ...] = ENVIRONMENTS, **changes: str
) -> dict[str, Estimate]:
    region = changes.get("AWS_REGION", "us-east-1")
    stacks = [
        bill.Stack(name, region, resources.of_stack(synthesized(name, **changes).json)) for name in names
    ]
    return bill.of_account(stacks, PRICES, USAGES, ACCOUNT, members=members, free_tier=free_tier)


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS.keys())
@pytest.mark.parametrize("name", STACKS)
def test_nothing_in_a_stack_is_without_a_price(name: str, changes: dict[str, str]) -> None:
    (found,) = estimates(name, **changes).values()
    assert found.unpriced == (), found.reasons
    assert found.total.low > 0


def test_the_tables_hold_every_type_that_the_constructs_may_make_and_no_other() -> None:
    """From the imports: a type behind a switch that no variant above turns on is found, too."""
    imported = {
        f"aws_{name}"
        for path in (ROOT / "constructs_lib").rglob("*.py")
        for name in re.findall(
            r"^from cdktf_cdktf_provider_aws\.(\w+) import", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        if name != "provider"
    }
    assert (METERS.keys() | FREE.keys()) - {"terraform_data"} == imported


def test_a_resource_that_somebody_adds_without_a_price_is_named() -> None:
    document = stack("dev").json
    document["resource"]["aws_nat_gateway"] = {"network_gateway_0A1B2C3D": {"subnet_id": "s"}}
    added = bill.Stack("dev", "us-east-1", resources.of_stack(document))
    found = bill.of_account([added], PRICES, USAGES, ACCOUNT, members=ENVIRONMENTS)["dev"]
    assert found.unpriced == ("aws_nat_gateway.network_gateway_0A1B2C3D",)
    assert found.total == estimates("dev")["dev"].total


def test_the_functions_emit_as_many_metrics_as_is_assumed() -> None:
    secrets = sum("read-" not in path for path in stack("dev").all("aws_secretsmanager_secret")) - 1
    count = sum(
        len(family.names) * (secrets if "Secret" in dimensions else 1)
        for family in metrics.CATALOGUE
        if family.namespace == NAMESPACE
        for dimensions in family.dimensions
    )
    assert {one.own_metrics.high for one in USAGES.values()} == {Decimal(count)}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_alarms_cost_what_the_monitoring_page_says(environment: str) -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    said = re.search(r"(\d+) metrics in (\d+) alarms ([\d.]+)", text)
    assert said
    charges = [
        one for one in estimates(environment)[environment].charges if one.key == "cloudwatch.alarm-metric"
    ]
    assert sum(one.low for one in charges) == float(said[1])
    assert len(charges) == int(said[2])
    assert round(sum(one.amount.low for one in charges), 2) == float(said[3])


def test_the_fixed_floor_of_prod_is_more_than_the_design_s() -> None:
    """10.40 there, 14.08 here, both before anybody uses it much; docs/cost.md says where the rest is from."""
    found = estimates("prod")["prod"]
    assert found.services["KMS"].low >= 4.00  # a fourth key, for the backups
    assert found.services["Secrets Manager"].low == 1.20
    metrics_in_alarms = sum(one.low for one in found.charges if one.key == "cloudwatch.alarm-metric")
    assert metrics_in_alarms == 41  # the design counts 24
    with_acl = estimates("prod", CLOUDFRONT_WAF="true")["prod"]
    assert with_acl.services["WAF"].low == 7.00  # the design has three rules, the ACL two


def test_what_an_environment_turns_on_shows_in_its_bill() -> None:
    assert "Backup" in estimates("prod")["prod"].services
    assert "Backup" not in estimates("staging")["staging"].services
    provisioned = estimates("dev", DYNAMODB_BILLING_MODE="PROVISIONED")["dev"].services["DynamoDB"]
    # One unit each for table and index, read and write, for 730 hours: 1.14.
    assert provisioned.low == 1.14
    assert estimates("dev")["dev"].services["DynamoDB"].low < 0.05


def test_stacks_of_an_account_share_what_is_free_of_charge() -> None:
    alone = estimates("dev", free_tier=True)["dev"].total
    shared = estimates(*STACKS, free_tier=True)["dev"].total
    paid = estimates("dev")["dev"].total
    assert alone.low < shared.low < paid.low
    assert alone.high < shared.high < paid.high


def dashboard_with(count: int) -> list[bill.Stack]:
    """dev, whose dashboard shows so many metrics, each in two widgets."""
    document = stack("dev").json
    (board,) = document["resource"]["aws_cloudwatch_dashboard"].values()
    metrics = [["SpecWizard", f"M{number}", "Environment", "dev"] for number in range(count)]
    widget = {"properties": {"metrics": [*metrics, [{"expression": "m0*2"}]]}}
    board["dashboard_body"] = json.dumps({"widgets": [widget, widget, {"properties": {"markdown": "x"}}]})
    return [bill.Stack("dev", "us-east-1", resources.of_stack(document))]


def test_a_dashboard_of_more_than_fifty_metrics_is_not_free() -> None:
    def paid(stacks: list[bill.Stack], *, free_tier: bool = True) -> float:
        found = bill.of_account(stacks, PRICES, USAGES, ACCOUNT, members=ENVIRONMENTS, free_tier=free_tier)[
            "dev"
        ]
        return sum(one.amount.high for one in found.charges if one.key.startswith("cloudwatch.dashboard"))

    ours = [bill.Stack("dev", "us-east-1", resources.of_stack(stack("dev").json))]
    assert [paid(ours), paid(dashboard_with(51)), paid(dashboard_with(50))] == [3.0, 3.0, 0.0]
    assert paid(dashboard_with(50), free_tier=False) == 3.0


def test_the_monitoring_page_counts_the_dashboards_metrics() -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    said = re.search(r"only of up to (\d+) metrics\s+each, and this one has (\d+)", text)
    assert said
    body = stack("dev").only("aws_cloudwatch_dashboard")["dashboard_body"]
    assert int(said[1]) == monitoring.FREE_DASHBOARD_METRICS
    assert int(said[2]) == len(monitoring.metrics_of(body) or ())


def test_the_document_shows_the_estimate_of_the_example_configuration() -> None:
    headers, rows = report.table(estimates(*STACKS))
    _, free = report.table(estimates(*STACKS, free_tier=True))
    lines = [headers, ["---", *["--:" for _ in STACKS]], *rows, ["total with `--free-tier`", *free[-1][1:]]]
    goldens.check_part("docs/cost.md", "estimate", "".join(f"| {' | '.join(line)} |\n" for line in lines))


def run(*arguments: str, monkeypatch: pytest.MonkeyPatch, **changes: str) -> str:
    for name, value in configuration.variables(**changes).items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(cli.app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_prints_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = json.loads(run("cost", "all", "--json", monkeypatch=monkeypatch))
    expected = estimates(*STACKS)
    assert list(printed["stacks"]) == list(STACKS)
    assert {name: one["total"] for name, one in printed["stacks"].items()} == {
        name: {"low": one.total.low, "high": one.total.high} for name, one in expected.items()
    }


def test_one_environment_takes_its_part_of_the_free_tier_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others of the account are synthesized for that, and not shown."""
    printed = run("cost", "dev", "--free-tier", "--detail", monkeypatch=monkeypatch)
    shared = estimates(*STACKS, free_tier=True)["dev"]
    assert report.money(shared.total) in printed
    assert "shared with the account's other environments: staging, prod." in printed
    assert "dev/database/table" in printed
    assert "prod/database/table" not in printed


@pytest.fixture
def two_accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dev and staging in one account, prod in another; staging says too little to be synthesized."""
    values = configuration.variables(SPEC_WIZARD_ENV_DIR=str(tmp_path))
    for name in ("AWS_ACCOUNT_ID", "SES_FROM_EMAIL", "CERTIFICATE_ARN"):
        values.pop(name)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    certificate = "arn:aws:acm:us-east-1:{}:certificate/00000000-0000-0000-0000-000000000000"
    for environment, account in (
        ("dev", "123456789012"),
        ("staging", "123456789012"),
        ("prod", "210987654321"),
    ):
        own = {
            "AWS_ACCOUNT_ID": account,
            "SES_FROM_EMAIL": "noreply@example.com",
            "CERTIFICATE_ARN": "" if environment == "staging" else certificate.format(account),
        }
        lines = "".join(f"{name}={value}\n" for name, value in own.items())
        (tmp_path / f".env.{environment}").write_text(lines, encoding="utf-8")


def test_each_account_has_its_own_stack_and_its_own_free_tier(two_accounts: None) -> None:
    found = cost_run.estimates(["prod", "dev", "account"], free_tier=True)
    assert list(found.estimates) == ["prod", "dev", "account-123456789012", "account-210987654321"]
    assert found.notes == ("staging is not configured completely: it takes no part of the free tier here.",)
    # prod has its account for itself, and that account's trail records nobody else.
    alone = estimates("prod", "account", free_tier=True, members=("prod",))["prod"].total
    assert found.estimates["prod"].total == alone


def test_the_review_of_an_accounts_plan_counts_that_accounts_environments(
    two_accounts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its trail costs what `ops cost` says, and not what all environments together would."""
    monkeypatch.setenv("ENVIRONMENT", "dev,prod")
    trail = change("aws_cloudtrail.audit-trail_8AEAD1CA", "create", None, {})
    names = ["account-123456789012", "account-210987654321"]
    expected = cost_run.estimates(["dev", "prod", "account"]).estimates
    for name in names:
        manifest = Manifest(environment=name, aws_region="us-east-1", made=datetime(2026, 1, 2, tzinfo=UTC))
        made = reviewing.review(
            Bundle(manifest, b"plan", plan(trail), configuration=making.configuration_of(name))
        )
        assert made.cost
        assert made.cost.after.services["CloudTrail"] == expected[name].services["CloudTrail"]
    assert len({expected[name].services["CloudTrail"] for name in names}) == 2


@pytest.mark.parametrize("name", ["production", "dev,staging", "accounts"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(OpsError, match="neither an environment nor an account's stack") as refusal:
        cost_run.estimates([name])
    assert refusal.value.code == ExitCode.CONFIGURATION
