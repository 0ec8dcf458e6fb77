"""Where `ops deploy` and `ops plan` refuse, and what they write then."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from ops import aws, cli, terraform
from ops.bundles import file
from ops.bundles.origin import Commit
from ops.exit_codes import ExitCode
from ops.gates import acknowledgements
from ops.review import terminal
from tests.support import deploys
from tests.support.deploys import (
    ACCOUNT_ID,
    BY_NAME,
    DIRTY,
    LOSS,
    NO_GIT,
    REGION,
    World,
    asked,
    code_of,
    ops,
    saved_as,
)
from tests.support.plan_documents import allow, kept, policy, updated

VERIFY_CALLER = aws.verify_caller  # the made-up world has another
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


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    return deploys.enter(monkeypatch, tmp_path)


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

    @pytest.mark.parametrize("from_file", [True, False])
    def test_an_edit_that_was_made_while_it_was_planned(
        self, world: World, monkeypatch: pytest.MonkeyPatch, from_file: bool
    ) -> None:
        """It may be an acknowledgement, which the review has read."""
        options = ("--plan", world.bundle("prod")) if from_file else ()
        monkeypatch.setattr(terminal, "show", lambda *_: setattr(world, "commit", DIRTY))
        result = ops("deploy", "prod", *options, "--confirm", "prod", "--no-smoke")
        assert code_of(result) == ExitCode.PROTECTED
        assert world.applied == []

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
