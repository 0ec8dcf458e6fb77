"""One deployed dev for all drills, and the table at the end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.drills.ledger import Drill, table
from tests.local import checkout
from tests.local.checkout import Checkout

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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if DRILLS and not os.environ.get("PYTEST_XDIST_WORKER"):
        terminalreporter.section("drills")
        for line in table(DRILLS):
            terminalreporter.write_line(line)
