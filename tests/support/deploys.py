"""`ops plan` and `ops deploy` in a world of their own: Terraform, AWS and git are made up."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ops import account, aws, cli, paths, stacks, synth, terraform
from ops.bundles import file, origin, stack
from ops.bundles.file import Bundle
from ops.bundles.manifest import Manifest
from ops.bundles.origin import Commit
from ops.bundles.terraform_plan import StateVersion
from ops.deployment import making, saved
from ops.stacks import Stack
from ops.terraform import Event, OnEvent, Plan, Terraform, Versions
from tests.support.plan_documents import deleted, updated

DIRTY, NO_GIT = Commit("a" * 40, dirty=True), Commit("", dirty=False)
BY_NAME = ("prod", "account", "account-123456789012")
ACCOUNT_ID, REGION = "123456789012", "us-east-1"
CODE = {
    "resource": {
        "aws_cloudwatch_dashboard": {"d": {"//": {"metadata": {"path": "dev/monitoring/dashboard"}}}},
        "aws_dynamodb_table": {"t": {"//": {"metadata": {"path": "dev/database/table"}}}},
    }
}
HARMLESS = {"resource_changes": [updated("aws_cloudwatch_dashboard.d", {"a": "1"}, {"a": "2"})]}
LOSS = {"resource_changes": [deleted("aws_dynamodb_table.t", {"id": "t"})]}


def saved_as(document: Mapping[str, Any], note: str = "") -> bytes:
    """Terraform's file of a plan, as much of it as `ops` reads; `note` makes another file of it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("tfstate", json.dumps({"lineage": "one", "serial": 7}))
        archive.writestr("document", json.dumps(document))
        archive.writestr("note", note)
    return buffer.getvalue()


class World:
    """A checkout with a deployed stack.

    planned: what Terraform plans; applied: the plan files that were applied; events, fails: what an apply
    says, and how it ends; runs: Terraform's subcommands.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.code: Mapping[str, Any] = CODE
        self.zip = b"a function"
        self.commit = Commit("a" * 40, dirty=False)
        self.state = StateVersion("one", 7)
        self.versions = Versions("1.11.4", {"registry.terraform.io/hashicorp/aws": "5.100.0"})
        self.planned = saved_as(HARMLESS)
        self.events: tuple[Event, ...] = ()
        self.fails: BaseException | None = None
        self.applied: list[bytes] = []
        self.runs: list[str] = []

    def synthesize(self, name: str) -> Path:
        """Write the stack as the sources have it, its function too; the folder."""
        directory = self.root / "cdktf.out/stacks" / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "cdk.tf.json").write_text(json.dumps(self.code))
        self.function.parent.mkdir(exist_ok=True)
        self.function.write_bytes(self.zip)
        return directory

    @property
    def function(self) -> Path:
        """The zip of one function."""
        return self.root / "cdktf.out/functions/one.zip"

    def bundle(self, environment: str, **changes: Any) -> str:
        """The name of a bundle of what Terraform plans; changes: of its manifest, or its document."""
        document = changes.pop("document", HARMLESS)
        manifest = Manifest(
            environment=environment,
            aws_account_id=ACCOUNT_ID,
            aws_region=REGION,
            made=datetime.now(UTC),
            commit=self.commit.sha,
            dirty=self.commit.dirty,
            terraform=self.versions.terraform,
            providers=self.versions.providers,
            lineage=self.state.lineage,
            serial=self.state.serial,
            stack=stack.fingerprint(self.synthesize(environment)),
        ).model_copy(update=changes)
        path = self.root / "saved.bundle"
        file.write(path, Bundle(manifest, self.planned, document, dict(self.code)))
        return str(path)


def enter(monkeypatch: pytest.MonkeyPatch, root: Path) -> World:
    """From now on the commands see a new world in this folder, and nothing of AWS."""
    made = World(root)

    class Fake(Terraform):
        def init(self) -> None:
            made.runs.append("init")

        def plan(self, *_: Any, **__: Any) -> Plan:
            made.runs.append("plan")
            path = self.directory / self.plan_file
            path.write_bytes(made.planned)
            return self.shown(path)

        def shown(self, file: Path) -> Plan:
            with zipfile.ZipFile(file) as archive:
                return Plan.of(file, json.loads(archive.read("document")))

        def store_unstored(self) -> bool:
            if not self.unstored.exists():
                return False
            made.state = StateVersion.of(json.loads(self.unstored.read_text()))
            self.unstored.unlink()
            return True

        def apply(self, plan: Plan, on_event: OnEvent = lambda event: None) -> None:
            made.runs.append("apply")
            made.applied.append(plan.file.read_bytes())
            for event in made.events:
                on_event(event)
            if made.fails:
                raise made.fails

        def outputs(self, *, sensitive: bool = False) -> dict[str, str]:
            return {"table": "t"}

    monkeypatch.setattr(stacks, "find", lambda name: Stack(name, name, ACCOUNT_ID, REGION))
    monkeypatch.setattr(stacks, "account_of", lambda name: None)
    monkeypatch.setattr(account, "require", lambda *_: None)
    monkeypatch.setattr(aws, "verify_caller", lambda *_: SimpleNamespace(account_id=ACCOUNT_ID, arn="me"))
    monkeypatch.setattr(synth, "synthesize", made.synthesize)
    monkeypatch.setattr(terraform, "Terraform", Fake)
    monkeypatch.setattr(terraform, "versions", lambda *_: made.versions)
    monkeypatch.setattr(origin, "commit", lambda: made.commit)
    monkeypatch.setattr(saved, "_state", lambda _: made.state)
    monkeypatch.setattr(making, "configuration_of", lambda _: {})
    monkeypatch.setattr(paths, "ROOT", root)
    monkeypatch.setattr(paths, "OUTPUTS", root / "outputs")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return made


def ops(*arguments: str) -> Any:
    """`ops …` in this process; the result as Typer's runner has it."""
    return CliRunner().invoke(cli.app, arguments)


def code_of(result: Any) -> int:
    """The exit code that `ops` would end with."""
    return getattr(result.exception, "code", result.exit_code)


def asked(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object], answer: Any = True) -> None:
    """Somebody answers the question, and something happens before."""

    def ask(*_: Any, **__: Any) -> Any:
        meanwhile()
        return answer

    for how in ("confirm", "prompt"):
        monkeypatch.setattr(typer, how, ask)


def done(address: str, action: str) -> list[Event]:
    """What Terraform says of an operation that ended well."""
    hook = {"resource": {"addr": address}, "action": action, "elapsed_seconds": 1}
    return [{"type": kind, "hook": hook} for kind in ("apply_start", "apply_complete")]


TOLD: Event = {"type": "change_summary", "changes": {"operation": "apply", "change": 1, "import": 0}}


def document_of(result: Any) -> dict[str, Any]:
    """What `--json` printed."""
    found: dict[str, Any] = json.loads(result.stdout)
    return found
