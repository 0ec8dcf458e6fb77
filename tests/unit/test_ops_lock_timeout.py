"""`--lock-timeout` of `ops plan`, `ops deploy` and `ops drift`: what is taken, and that Terraform is told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from ops import account, aws, cli, stacks, synth, terraform
from ops.exit_codes import ExitCode
from ops.stacks import Stack
from ops.terraform import Terraform

COMMANDS = ("plan", "deploy", "drift")

each_command = pytest.mark.parametrize("command", COMMANDS)


class Locking(Exception):
    """Terraform would take the lock now."""


class Fake(Terraform):
    """Comes as far as the lock, and says how long it would wait for it."""

    def init(self) -> None:
        pass

    def store_unstored(self) -> bool:
        return False

    def plan(self, *_: Any, **__: Any) -> Any:
        raise Locking(self.lock_timeout)

    difference = plan


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Fake]:
    """Every Terraform that a command makes; nothing else of AWS or of the stack is there."""
    found: list[Fake] = []

    def make(*arguments: Any, **named: Any) -> Fake:
        found.append(Fake(*arguments, **named))
        return found[-1]

    (tmp_path / "cdk.tf.json").write_text("{}")
    monkeypatch.setattr(stacks, "find", lambda name: Stack(name, name, "123456789012", "us-east-1"))
    monkeypatch.setattr(stacks, "account_of", lambda name: None)
    monkeypatch.setattr(account, "require", lambda *_: None)
    monkeypatch.setattr(aws, "verify_caller", lambda *_: SimpleNamespace(account_id="123456789012", arn="x"))
    monkeypatch.setattr(synth, "synthesize", lambda name: tmp_path)
    monkeypatch.setattr(synth, "prepared", lambda name: tmp_path)
    monkeypatch.setattr(terraform, "Terraform", make)
    return found


def ops(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, arguments)


@each_command
@pytest.mark.parametrize("value", ["0s", "30s", "10m", "1h"])
def test_terraform_is_told(command: str, value: str, made: list[Fake]) -> None:
    result = ops(command, "dev", "--lock-timeout", value)
    assert isinstance(result.exception, Locking), result.output
    assert {one.lock_timeout for one in made} == {value}


@each_command
def test_without_it_terraform_is_told_nothing(command: str, made: list[Fake]) -> None:
    """So that TF_CLI_ARGS_plan, which somebody may have set, still counts."""
    assert isinstance(ops(command, "dev").exception, Locking)
    assert {one.lock_timeout for one in made} == {None}


@each_command
@pytest.mark.parametrize(
    "value", ["", "10", "m", "-1m", "1.5m", "10 m", "10ms", "1h30m", "10M", "٣m", "10m\n", "10m -lock=false"]
)
def test_anything_else_is_refused_with_what_is_allowed(command: str, value: str, made: list[Fake]) -> None:
    result = ops(command, "dev", f"--lock-timeout={value}")
    assert result.exit_code == ExitCode.USAGE
    told = " ".join(result.output.replace("│", " ").split())
    assert "--lock-timeout" in told
    assert "Allowed: a whole number with s, m or h" in told
    assert made == []
