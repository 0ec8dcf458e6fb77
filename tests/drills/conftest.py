"""One deployed dev for the drills of recovery, and the tables at the end."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.drills import ledger, report
from tests.drills.ledger import Drill
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
FAULT, DRILL = "fault", "drill"
DEPLOYED = ("test_backup_status", "test_restore_objects", "test_restore_table")
"""What uses the `deployed` dev: one story, as otherwise each file is."""


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
    lines = "".join(f"{name}={value}\n" for name, value in SETTINGS.items())
    with checkout.deployed(tmp_path_factory.mktemp("drills"), lines) as made:
        made.ops("--local", "alarms", "confirm", "dev")
        yield Deployed(made)


@pytest.fixture
def drill(request: pytest.FixtureRequest) -> Iterator[Drill]:
    """To be told what was lost and what came back; named by the test."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    made = Drill(name)
    yield made
    reports = request.node.stash.get(REPORT, {})
    made.ends(failed="call" not in reports or reports["call"].failed)
    request.node.user_properties.append((DRILL, json.dumps(asdict(made))))


@dataclass
class Told:
    """What the drills of this run have told, file by file."""

    drills: dict[str, list[Drill]] = field(default_factory=dict)
    faults: dict[str, list[report.Row]] = field(default_factory=dict)

    def add(self, file: str, kind: str, value: str) -> None:
        """Something that a test has told, as JSON."""
        if kind == DRILL:
            self.drills.setdefault(file, []).append(Drill(**json.loads(value)))
        elif kind == FAULT:
            self.faults.setdefault(file, []).append(report.Row(**json.loads(value)))


TOLD = Told()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test tells goes with its report, which also comes from a worker to the process that prints."""
    item.user_properties += [(FAULT, json.dumps(asdict(row))) for row in report.TOLD]
    report.TOLD.clear()
    made = yield
    item.stash.setdefault(REPORT, {})[made.when] = made
    return made


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """The last report of a test has all that it told."""
    if report.when == "teardown":
        for kind, value in report.user_properties:
            TOLD.add(report.nodeid.partition("::")[0], kind, str(value))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each story in one process. (With pytest 9 `--dist loadgroup` does not see the groups.)"""
    from xdist.scheduler import LoadScopeScheduling

    class Stories(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = Path(nodeid.partition("::")[0]).stem
            return "deployed" if file in DEPLOYED else file

    return Stories(config, log)


def pytest_configure() -> None:
    """Drawn once, before there are workers."""
    seed()


def pytest_report_header() -> str:
    return f"{SEED_VARIABLE}={seed()} repeats the drawn faults"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    drills = [drill for file in sorted(TOLD.drills) for drill in TOLD.drills[file]]
    faults = [row for file in sorted(TOLD.faults) for row in TOLD.faults[file]]
    if drills:
        terminalreporter.section("recovery")
        for line in ledger.table(drills):
            terminalreporter.write_line(line)
    if faults:
        terminalreporter.section("faults")
        for line in report.lines(faults):
            terminalreporter.write_line(line)
        terminalreporter.write_line(
            f"{report.tried(faults)} faults tried and survived; {SEED_VARIABLE}={seed()}"
        )
