"""`ops deploy` and `ops plan` at the command line, with a Terraform and an AWS that are made up.

What is applied is what was shown and judged, by whoever is at the right account, or nothing is.
"""

from __future__ import annotations

import inspect
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
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
from ops.commands import smoke
from ops.deployment import making, saved
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.gates import acknowledgements
from ops.review import terminal
from ops.smoke import Promise, Result
from ops.stacks import Stack
from ops.terraform import Event, OnEvent, Plan, Terraform, Versions
from tests.support.plan_documents import allow, deleted, kept, policy, updated

VERIFY_CALLER = aws.verify_caller
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


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """The commands see this world and nothing of AWS."""
    made = World(tmp_path)

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
    monkeypatch.setattr(making, "_configuration", lambda _: {})
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "OUTPUTS", tmp_path / "outputs")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return made


def ops(*arguments: str) -> Any:
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


class TestWhatIsApplied:
    """It is what was shown, and what the gates judged."""

    @pytest.mark.parametrize("from_file", [True, False])
    def test_another_run_plans_while_the_question_is_open(
        self, world: World, monkeypatch: pytest.MonkeyPatch, from_file: bool
    ) -> None:
        shown, another = world.planned, saved_as(LOSS)

        def meanwhile() -> None:
            for path in world.root.rglob("*.tfplan"):
                path.write_bytes(another)
            for name in ("ops.tfplan", "saved.tfplan"):
                (world.root / "cdktf.out/stacks/dev" / name).write_bytes(another)

        asked(monkeypatch, meanwhile)
        options = ("--plan", world.bundle("dev")) if from_file else ()
        result = ops("deploy", "dev", *options, "--no-smoke")
        assert code_of(result) == ExitCode.OK, result.output
        assert world.applied == [shown]

    @pytest.mark.parametrize("from_file", [True, False])
    @pytest.mark.parametrize("what", ["zip", "stack"])
    def test_another_run_synthesizes_while_the_question_is_open(
        self, world: World, monkeypatch: pytest.MonkeyPatch, from_file: bool, what: str
    ) -> None:
        def meanwhile() -> None:
            if what == "zip":
                world.function.write_bytes(b"another function")
            else:
                (world.root / "cdktf.out/stacks/dev/cdk.tf.json").write_text("{}")

        asked(monkeypatch, meanwhile)
        options = ("--plan", world.bundle("dev")) if from_file else ()
        result = ops("deploy", "dev", *options, "--no-smoke")
        assert code_of(result) == ExitCode.STALE
        assert "synthesized stack" in str(result.exception)
        assert world.applied == []

    def test_what_init_adds_to_the_provider_lock_is_no_other_stack(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lock = world.root / "cdktf.out/stacks/dev/.terraform.lock.hcl"
        asked(monkeypatch, lambda: lock.write_text("the checksum of this platform"))
        assert code_of(ops("deploy", "dev", "--plan", world.bundle("dev"), "--no-smoke")) == ExitCode.OK

    def test_nothing_of_it_stays_in_the_folder(self, world: World) -> None:
        assert code_of(ops("deploy", "dev", "--yes", "--no-smoke")) == ExitCode.OK
        assert [path.name for path in (world.root / "cdktf.out/stacks/dev").iterdir()] == ["cdk.tf.json"]

    def test_the_gates_judge_what_terraform_would_apply(self, world: World) -> None:
        """And not the JSON beside it, which may have been written by whoever packed the file."""
        world.planned = saved_as(LOSS)
        result = ops("deploy", "dev", "--plan", world.bundle("dev", document=HARMLESS), "--yes", "--no-smoke")
        assert code_of(result) == ExitCode.GATED
        assert "aws_dynamodb_table.t" in str(result.exception)
        assert "dev/database/table" in result.output
        assert world.applied == []


def done(address: str, action: str) -> list[Event]:
    hook = {"resource": {"addr": address}, "action": action, "elapsed_seconds": 1}
    return [{"type": kind, "hook": hook} for kind in ("apply_start", "apply_complete")]


TOLD: Event = {"type": "change_summary", "changes": {"operation": "apply", "change": 1, "import": 0}}
TWO = {
    "resource_changes": [
        updated("aws_cloudwatch_dashboard.d", {"a": "1"}, {"a": "2"}),
        updated("aws_dynamodb_table.t", {"a": "1"}, {"a": "2"}),
    ]
}


def document_of(result: Any) -> dict[str, Any]:
    """What `--json` printed."""
    found: dict[str, Any] = json.loads(result.stdout)
    return found


class TestWhatWasDone:
    """It is told at the end, whatever the end."""

    def test_all(self, world: World) -> None:
        world.events = (*done("aws_cloudwatch_dashboard.d", "update"), TOLD)
        result = ops("deploy", "dev", "--yes", "--no-smoke")
        assert "Applied: 1 changed." in result.output
        summary = document_of(ops("deploy", "dev", "--yes", "--no-smoke", "--json"))["summary"]
        assert summary == {"complete": True, "total": 1, "done": 1, "changed": 1, "not_done": []}

    @pytest.mark.parametrize(
        ("fails", "code"),
        [
            (OpsError("It failed.", code=ExitCode.TERRAFORM), ExitCode.TERRAFORM),
            (KeyboardInterrupt(), ExitCode.INTERRUPTED),
        ],
    )
    def test_a_part(self, world: World, fails: BaseException, code: ExitCode) -> None:
        world.planned = saved_as(TWO)
        world.events = tuple(done("aws_cloudwatch_dashboard.d", "update"))
        world.fails = fails
        report = world.root / "report"
        result = ops("deploy", "dev", "--yes", "--json", "--report", str(report))
        assert code_of(result) == code
        left = "1 of 2 done. Not done:\n  - dev/database/table  aws_dynamodb_table.t (update)"
        assert left in result.stderr
        document = document_of(result)
        assert (document["applied"], document["summary"]["done"]) == (False, 1)
        assert [one["construct_path"] for one in document["summary"]["not_done"]] == ["dev/database/table"]
        failure = file.read(report).manifest.failure
        assert failure
        assert (failure.step, failure.code) == ("apply", code)
        assert left in failure.message


DIRTY, NO_GIT = Commit("a" * 40, dirty=True), Commit("", dirty=False)
BY_NAME = ("prod", "account", "account-123456789012")


class TestCommitted:
    """What prod and the account run can be named by a commit."""

    @pytest.mark.parametrize("environment", BY_NAME)
    @pytest.mark.parametrize(
        ("commit", "told"), [(DIRTY, "has changes beside commit aaaaaaaaaaaa"), (NO_GIT, "is of no commit")]
    )
    @pytest.mark.parametrize("from_file", [True, False])
    def test_a_checkout_that_is_none(
        self, world: World, environment: str, commit: Commit, told: str, from_file: bool
    ) -> None:
        world.commit = commit
        options = ("--plan", world.bundle(environment)) if from_file else ()
        result = ops("deploy", environment, *options, "--confirm", environment, "--no-smoke")
        assert code_of(result) == ExitCode.PROTECTED
        assert told in str(result.exception)
        assert world.runs == []

    @pytest.mark.parametrize("changes", [{"dirty": True}, {"commit": ""}])
    def test_a_plan_of_none(self, world: World, changes: dict[str, Any]) -> None:
        """Also where the checkout is in order by now."""
        bundle = world.bundle("prod", **changes)
        result = ops("deploy", "prod", "--plan", bundle, "--confirm", "prod", "--no-smoke")
        assert code_of(result) == ExitCode.PROTECTED
        assert f"What {bundle} was planned from" in str(result.exception)
        assert world.runs == []

    @pytest.mark.parametrize("environment", ["dev", "staging"])
    @pytest.mark.parametrize("commit", [DIRTY, NO_GIT])
    def test_elsewhere_it_is_tried_out(self, world: World, environment: str, commit: Commit) -> None:
        world.commit = commit
        assert code_of(ops("deploy", environment, "--yes", "--no-smoke")) == ExitCode.OK
        bundle = world.bundle(environment)
        assert code_of(ops("deploy", environment, "--plan", bundle, "--yes", "--no-smoke")) == ExitCode.OK
        assert len(world.applied) == 2

    @pytest.mark.parametrize("environment", BY_NAME)
    def test_the_local_aws_takes_anything(
        self, world: World, environment: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "https://127.0.0.1:4566")
        world.commit = DIRTY
        result = ops("deploy", environment, "--confirm", environment, "--no-smoke")
        assert code_of(result) == ExitCode.OK
        assert len(world.applied) == 1

    def test_a_commit_is_deployed(self, world: World) -> None:
        result = ops("deploy", "prod", "--plan", world.bundle("prod"), "--confirm", "prod", "--no-smoke")
        assert code_of(result) == ExitCode.OK
        assert len(world.applied) == 1

    @pytest.mark.parametrize("commit", [DIRTY, NO_GIT])
    def test_who_only_plans_may_look(self, world: World, commit: Commit) -> None:
        world.commit = commit
        assert code_of(ops("plan", "prod")) == ExitCode.OK


class TestStale:
    """A saved plan is not what would be planned now: nothing is applied, and all that differs is named."""

    def test_what_an_earlier_apply_could_not_store_is_stored_and_compared_with(self, world: World) -> None:
        bundle = world.bundle("dev")
        unstored = world.root / "cdktf.out/stacks/dev" / terraform.UNSTORED
        unstored.write_text('{"lineage": "one", "serial": 8}')
        result = ops("deploy", "dev", "--plan", bundle, "--yes", "--no-smoke")
        assert code_of(result) == ExitCode.STALE
        assert "state serial: planned against 7, now 8" in str(result.exception)
        assert "is stored now" in result.output
        assert (world.applied, unstored.exists()) == ([], False)

    def test_other_providers(self, world: World) -> None:
        bundle = world.bundle("dev")
        world.versions = Versions("1.12.0", {"registry.terraform.io/hashicorp/aws": "5.101.0"})
        result = ops("deploy", "dev", "--plan", bundle, "--yes", "--no-smoke")
        assert code_of(result) == ExitCode.STALE
        assert "Terraform: planned with 1.11.4, now 1.12.0" in str(result.exception)
        assert "hashicorp/aws: planned with 5.100.0, now 5.101.0" in str(result.exception)
        assert world.applied == []

    def test_everything_at_once(self, world: World) -> None:
        bundle = world.bundle("dev", aws_account_id="210987654321", lineage="another", commit="c" * 40)
        world.zip = b"another function"
        told = str(ops("deploy", "dev", "--plan", bundle, "--yes", "--no-smoke").exception)
        for what in ("AWS account", "state lineage", "commit", "synthesized stack"):
            assert f"  - {what}: planned" in told
        assert world.applied == []


class TestOlderFiles:
    """What lay at `--out` or `--report` before is never taken for this run's."""

    def test_a_plan_that_failed_as_nobody_foresaw(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bundle = world.bundle("dev")
        monkeypatch.setattr(terraform, "versions", lambda *_: [][0])
        assert isinstance(ops("plan", "dev", "--out", bundle).exception, IndexError)
        found = file.read(Path(bundle))
        assert found.plan == b""
        assert found.manifest.failure
        assert (found.manifest.failure.step, found.manifest.failure.code) == ("plan", ExitCode.FAILED)

    def test_a_plan_that_could_not_be_shown(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        bundle = world.bundle("dev")
        monkeypatch.setattr(terminal, "show", lambda *_: [][0])
        ops("plan", "dev", "--out", bundle)
        assert file.read(Path(bundle)).manifest.failure

    def test_nobody_there_to_answer(self, world: World) -> None:
        report = world.root / "report"
        assert ops("deploy", "dev", "--report", str(report)).exit_code == 1  # `ops` makes 2 of it
        failure = file.read(report).manifest.failure
        assert failure
        assert (failure.code, world.applied) == (ExitCode.USAGE, [])


@pytest.mark.parametrize(
    ("environment", "cause", "code"),
    [
        ("dev", KeyboardInterrupt, ExitCode.INTERRUPTED),
        ("prod", KeyboardInterrupt, ExitCode.INTERRUPTED),
        ("prod", EOFError, ExitCode.USAGE),
    ],
)
def test_ctrl_c_at_the_question(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    environment: str,
    cause: type[BaseException],
    code: ExitCode,
) -> None:
    def typed(*_: object) -> str:
        raise cause

    monkeypatch.setattr(inspect.getmodule(typer.prompt), "visible_prompt_func", typed)
    monkeypatch.setattr(cli, "_end_in_order_when_told_to", lambda: None)
    monkeypatch.setattr(sys, "argv", ["ops", "deploy", environment, "--report", str(world.root / "report")])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code
    assert world.applied == []
    failure = file.read(world.root / "report").manifest.failure
    assert failure
    assert failure.code == code


class TestDryRun:
    """A saved plan is looked at, and nothing is applied, asked or stored."""

    @pytest.fixture(autouse=True)
    def _nothing_happens(self, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        asked(monkeypatch, lambda: pytest.fail("it asked"))
        yield
        assert "apply" not in world.runs
        assert not (world.root / "outputs").exists()

    @pytest.mark.parametrize("environment", ["dev", "prod"])
    def test_one_that_would_be_applied(self, world: World, environment: str) -> None:
        result = ops("deploy", environment, "--plan", world.bundle(environment), "--dry-run")
        assert code_of(result) == ExitCode.OK
        assert "aws_cloudwatch_dashboard.d" in result.output
        assert f"This would be applied to {environment}. Nothing was" in result.output

    def test_one_that_a_gate_stops(self, world: World) -> None:
        world.planned = saved_as(LOSS)
        result = ops("deploy", "dev", "--plan", world.bundle("dev"), "--dry-run")
        assert code_of(result) == ExitCode.GATED
        assert "GATE data-loss" in result.output

    def test_one_that_is_stale_is_shown_and_refused(self, world: World) -> None:
        bundle = world.bundle("dev")
        world.state = StateVersion("one", 8)
        result = ops("deploy", "dev", "--plan", bundle, "--dry-run")
        assert code_of(result) == ExitCode.STALE
        assert "aws_cloudwatch_dashboard.d" in result.output

    def test_a_state_that_could_not_be_stored_stays_where_it_is(self, world: World) -> None:
        bundle = world.bundle("dev")
        unstored = world.root / "cdktf.out/stacks/dev" / terraform.UNSTORED
        unstored.write_text('{"lineage": "one", "serial": 8}')
        result = ops("deploy", "dev", "--plan", bundle, "--dry-run")
        assert code_of(result) == ExitCode.STALE
        assert "errored.tfstate" in str(result.exception)
        assert unstored.exists()

    def test_prod_of_no_commit(self, world: World) -> None:
        result = ops("deploy", "prod", "--plan", world.bundle("prod", dirty=True), "--dry-run")
        assert code_of(result) == ExitCode.PROTECTED

    def test_it_goes_with_a_saved_plan(self, world: World) -> None:
        result = ops("deploy", "dev", "--dry-run")
        assert result.exit_code == ExitCode.USAGE
        assert "ops plan dev" in result.output
        assert world.runs == []


class TestWhoMay:
    @pytest.mark.parametrize("command", ["plan", "deploy"])
    def test_another_account_ends_it_before_terraform(
        self, world: World, monkeypatch: pytest.MonkeyPatch, command: str
    ) -> None:
        answer = {"Account": "210987654321", "Arn": "arn:aws:iam::210987654321:user/x"}
        sts = SimpleNamespace(get_caller_identity=lambda: answer)
        monkeypatch.setattr(aws, "verify_caller", VERIFY_CALLER)
        monkeypatch.setattr(aws, "session", lambda *_: None)
        monkeypatch.setattr(aws, "_source", lambda *_: "a test")
        monkeypatch.setattr(aws, "_client", lambda *_, **__: sts)
        report = world.root / "report"
        result = ops(command, "dev", "--out" if command == "plan" else "--report", str(report))
        assert code_of(result) == ExitCode.AUTHENTICATION
        assert "belong to AWS account 210987654321" in str(result.exception)
        assert world.runs == []
        failure = file.read(report).manifest.failure
        assert failure
        assert (failure.step, failure.code) == ("configuration", ExitCode.AUTHENTICATION)

    @pytest.mark.parametrize("environment", BY_NAME)
    @pytest.mark.parametrize("from_file", [True, False])
    def test_a_yes_is_not_enough(self, world: World, environment: str, from_file: bool) -> None:
        options = ("--plan", world.bundle(environment)) if from_file else ()
        result = ops("deploy", environment, *options, "--yes")
        assert code_of(result) == ExitCode.PROTECTED
        assert f"ops deploy {environment} --confirm {environment}" in result.exception.hint
        assert world.runs == []

    @pytest.mark.parametrize(("typed", "code"), [("prod", ExitCode.OK), ("yes", ExitCode.USAGE)])
    def test_the_name_is_typed(
        self, world: World, monkeypatch: pytest.MonkeyPatch, typed: str, code: ExitCode
    ) -> None:
        asked(monkeypatch, lambda: None, typed)
        result = ops("deploy", "prod", "--no-smoke")
        assert code_of(result) == code
        assert f"AWS account {ACCOUNT_ID}, region {REGION}, as me" in result.output
        assert len(world.applied) == (code is ExitCode.OK)


def test_nothing_to_apply_is_not_asked_about(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, lambda: pytest.fail("it asked"))
    world.planned = saved_as({})
    result = ops("deploy", "prod", "--no-smoke", "--json")
    assert code_of(result) == ExitCode.OK
    assert document_of(result) == {
        "environment": "prod",
        "applied": False,
        "plan": "no changes",
        "outputs": {"table": "t"},
    }


@pytest.mark.parametrize("held", [True, False])
def test_a_broken_promise_is_told_after_the_apply(
    world: World, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    promise = Promise("database", "an item can be read", lambda _: "")
    monkeypatch.setattr(smoke, "run", lambda *_, **__: [Result(promise, held, "nothing")])
    world.events = (*done("aws_cloudwatch_dashboard.d", "update"), TOLD)
    report = world.root / "report"
    result = ops("deploy", "dev", "--yes", "--json", "--report", str(report))
    assert code_of(result) == (ExitCode.OK if held else ExitCode.PROOF)
    document = document_of(result)
    assert (document["applied"], document["summary"]["changed"]) == (True, 1)
    assert [one["held"] for one in document["smoke"]] == [held]
    assert report.exists() is not held
    if not held:
        failure = file.read(report).manifest.failure
        assert failure
        assert (failure.step, failure.code) == ("smoke", ExitCode.PROOF)
        assert "an item can be read" in failure.message
        assert failure.message.endswith("Applied: 1 changed.")


WIDER = {
    "resource_changes": [
        kept("aws_iam_role.r", {"id": "r", "name": "r"}),
        updated(
            "aws_iam_role_policy.p",
            {"name": "p", "role": "r", "policy": policy(allow("s3:GetObject"))},
            {"name": "p", "role": "r", "policy": policy(allow("s3:*", "*"))},
        ),
    ]
}


class TestGates:
    """As `ops plan` and `ops deploy` have them; what each finds is in the tests of the gates."""

    @pytest.fixture(autouse=True)
    def _file(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        load = acknowledgements.load
        monkeypatch.setattr(
            acknowledgements, "load", lambda today: load(today, world.root / "acknowledged.toml")
        )

    @staticmethod
    def said(world: World, result: Any, **changes: str) -> None:
        """Paste the entries that a refusal prints; changes: of what they say."""
        entries = result.exception.hint.partition("\n")[2]
        filled = entries.replace('by = ""', 'by = "Ada"').replace('reason = ""', 'reason = "nobody uses it"')
        for key, value in changes.items():
            filled = re.sub(rf"^{key} = .*$", f"{key} = {value}", filled, flags=re.MULTILINE)
        (world.root / "acknowledged.toml").write_text(filled)

    @pytest.mark.parametrize("command", ["plan", "deploy"])
    @pytest.mark.parametrize(
        ("planned", "code"),
        [
            (WIDER, ExitCode.OK),
            (LOSS, ExitCode.GATED),
            ({"resource_changes": [*WIDER["resource_changes"], *LOSS["resource_changes"]]}, ExitCode.GATED),
        ],
    )
    def test_approval_opens_broadening_alone(
        self, world: World, command: str, planned: Any, code: ExitCode
    ) -> None:
        world.planned = saved_as(planned)
        options = ("--yes", "--no-smoke") if command == "deploy" else ()
        assert code_of(ops(command, "dev", *options)) == ExitCode.GATED
        result = ops(command, "dev", *options, "--approve-broadening")
        assert code_of(result) == code
        if code:
            assert "aws_iam_role_policy" not in str(result.exception)
        assert len(world.applied) == (command == "deploy" and not code)

    @pytest.mark.parametrize(
        ("changes", "code", "told"),
        [
            ({}, ExitCode.OK, "acknowledged by Ada"),
            ({"expires": "2026-01-02"}, ExitCode.GATED, "expired on 2026-01-02; remove it"),
            ({"environment": '"staging"'}, ExitCode.GATED, "GATE data-loss"),
            ({"fingerprint": '"0123456789ab"'}, ExitCode.GATED, "covers nothing here"),
        ],
    )
    def test_an_entry_counts_on_the_day_of_the_deploy(
        self, world: World, changes: dict[str, str], code: ExitCode, told: str
    ) -> None:
        world.planned = saved_as(LOSS)
        out = world.root / "dev.bundle"
        refused = ops("plan", "dev", "--out", str(out))
        assert code_of(refused) == ExitCode.GATED
        assert file.read(out).manifest.gates_closed == 1
        self.said(world, refused, **changes)
        result = ops("deploy", "dev", "--plan", str(out), "--yes", "--no-smoke")
        assert code_of(result) == code
        assert told in result.output
        assert len(world.applied) == (code is ExitCode.OK)

    def test_for_prod_it_has_to_be_committed(self, world: World) -> None:
        world.planned = saved_as(LOSS)
        self.said(world, ops("plan", "prod"))
        for commit, code in ((DIRTY, ExitCode.PROTECTED), (Commit("b" * 40, dirty=False), ExitCode.OK)):
            world.commit = commit
            result = ops("deploy", "prod", "--confirm", "prod", "--no-smoke")
            assert code_of(result) == code
        assert len(world.applied) == 1
