"""One deployed dev for the drills of recovery, and the tables at the end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.drills import report
from tests.drills.ledger import Drill, table
from tests.local import checkout
from tests.local.checkout import Checkout
from tests.support.fault_schedule import SEED_VARIABLE, seed

SETTINGS = {
    "DYNAMODB_POINT_IN_TIME_RECOVERY": "true",
    "DYNAMODB_BILLING_MODE": "PROVISIONED",
    "DELETION_PROTECTION": "true",
    "BACKUP_ENABLED": "true",
    "ENABLE_CLOUDFRONT": "false",
}
"""What dev has otherwise for a drill: prod's protection and backups, auto scaling, and nothing that takes
minutes to make."""

REPORT = pytest.StashKey[dict[str, pytest.CollectReport]]()
DRILLS: list[Drill] = []


@dataclass(frozen=True)
class Deployed:
    """A deployed dev in a checkout of its own."""

    here: Checkout

    def client(self, service: str) -> Any:
        """A boto3 client of the deploy user."""
        return self.here.local_aws.client(service)

    def outputs(self) -> dict[str, str]:
        """What is deployed now."""
        found: dict[str, str] = json.loads(self.here.ops("--local", "outputs", "dev", "--json"))
        return found


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with checkout.running(tmp_path_factory.mktemp("drills")) as made:
        lines = "".join(f"{name}={value}\n" for name, value in SETTINGS.items())
        (made.root / ".env.dev").write_text(lines)
        made.ops("local", "start")
        made.ops("--local", "bootstrap", "dev")
        made.cdktf("deploy", "account", "dev", "--auto-approve")
        yield Deployed(made)


@pytest.fixture
def drill(request: pytest.FixtureRequest) -> Iterator[Drill]:
    """To be told what was lost and what came back; named by the test."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    made = Drill(name)
    DRILLS.append(made)
    yield made
    reports = request.node.stash.get(REPORT, {})
    made.ends(failed="call" not in reports or reports["call"].failed)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash.setdefault(REPORT, {})[report.when] = report
    return report


def pytest_report_header() -> str:
    return f"{SEED_VARIABLE}={seed()} repeats the drawn faults"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    if DRILLS:
        terminalreporter.section("recovery")
        for line in table(DRILLS):
            terminalreporter.write_line(line)
    if report.ROWS:
        terminalreporter.section("faults")
        for line in report.lines(report.ROWS):
            terminalreporter.write_line(line)
        terminalreporter.write_line(
            f"{report.tried(report.ROWS)} faults tried and survived; {SEED_VARIABLE}={seed()}"
        )
