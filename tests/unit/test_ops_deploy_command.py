"""`ops deploy`: what is applied is what was shown and judged, and what was done is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import terraform
from ops.bundles import file
from ops.bundles.terraform_plan import StateVersion
from ops.commands import smoke
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.smoke import Promise, Result
from ops.terraform import Versions
from tests.support import deploys
from tests.support.deploys import (
    DIRTY,
    HARMLESS,
    LOSS,
    TOLD,
    World,
    asked,
    code_of,
    document_of,
    done,
    ops,
    saved_as,
)
from tests.support.plan_documents import updated

TWO = {
    "resource_changes": [
        updated("aws_cloudwatch_dashboard.d", {"a": "1"}, {"a": "2"}),
        updated("aws_dynamodb_table.t", {"a": "1"}, {"a": "2"}),
    ]
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    return deploys.enter(monkeypatch, tmp_path)


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

    def test_prod_of_no_commit_is_shown_and_refused(self, world: World) -> None:
        world.commit = DIRTY
        result = ops("deploy", "prod", "--plan", world.bundle("prod"), "--dry-run")
        assert code_of(result) == ExitCode.PROTECTED
        assert "aws_cloudwatch_dashboard.d" in result.output

    def test_it_goes_with_a_saved_plan(self, world: World) -> None:
        result = ops("deploy", "dev", "--dry-run")
        assert result.exit_code == ExitCode.USAGE
        assert "ops plan dev" in result.output
        assert world.runs == []


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
