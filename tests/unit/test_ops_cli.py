"""However a command ends: one message on stderr, the documented exit code, no traceback."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

import environments
from ops import cli, local_target, paths, synth
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.local_aws.instance import LocalAws

Run = Callable[..., int]

KNOWN = [code for code in ExitCode if code not in (ExitCode.OK, ExitCode.CHANGES, ExitCode.INTERRUPTED)]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """run(*arguments): the exit code of `ops` with these arguments, in this process."""
    monkeypatch.setattr(cli, "_end_in_order_when_told_to", lambda: None)

    def main(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["ops", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return main


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, run: Run) -> Callable[[BaseException], int]:
    """failing(error): the exit code of a command in which this error comes up."""

    def end(error: BaseException) -> int:
        def fail(environment: str, *, sensitive: bool) -> dict[str, str]:
            raise error

        monkeypatch.setattr("ops.commands.outputs.deployed", fail)
        return run("outputs", "dev")

    return end


@pytest.mark.parametrize("code", KNOWN)
def test_a_known_failure_is_one_message_and_its_code(
    failing: Any, capfd: pytest.CaptureFixture[str], code: ExitCode
) -> None:
    assert failing(OpsError("It [broke].", hint="Mend [it].", code=code)) == code
    out, error = capfd.readouterr()
    assert (out, error) == ("", "Error: It [broke].\nMend [it].\n")


def test_no_key_is_in_the_log(failing: Any, capfd: pytest.CaptureFixture[str]) -> None:
    key = "sk-" + "a1B2" * 8
    failing(OpsError(f"Error: {key} is refused", hint=f"Try another than {key}."))
    error = capfd.readouterr().err
    assert key not in error
    assert (
        error == "Error: Error: (looks like a secret) is refused\nTry another than (looks like a secret).\n"
    )


def test_a_long_message_is_not_wrapped(failing: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Commands in hints are copied."""
    failing(OpsError("word " * 100, hint="x" * 300))
    assert capfd.readouterr().err.count("\n") == 2


def test_a_refused_configuration(failing: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(environments.ConfigurationError) as refused:
        environments.load("foo", process_env={})
    assert failing(refused.value) == ExitCode.CONFIGURATION
    error = capfd.readouterr().err
    assert error == f"Error: {refused.value}\n"
    assert "Traceback" not in error


def test_ctrl_c(failing: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert failing(KeyboardInterrupt()) == ExitCode.INTERRUPTED
    error = capfd.readouterr().err
    assert "Interrupted." in error
    assert "Run the command again" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_anywhere(failing: Any, capfd: pytest.CaptureFixture[str], number: int) -> None:
    assert failing(OSError(number, "full", "plan.json")) == ExitCode.OUTPUT
    assert capfd.readouterr().err.startswith("Error: The disk is full (plan.json).\n")


def test_ctrl_c_at_a_question(failing: Any) -> None:
    """Typer's answer to it is the same as to nobody there, but for where it comes from."""
    abort = typer.Abort()
    abort.__context__ = KeyboardInterrupt()
    assert failing(abort) == ExitCode.INTERRUPTED


def test_a_question_that_nobody_answers(failing: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert failing(typer.Abort()) == ExitCode.USAGE
    assert "Aborted" in capfd.readouterr().err


@pytest.mark.parametrize("arguments", [["no-such-command"], ["outputs"], ["outputs", "dev", "--format", "x"]])
def test_a_command_line_that_is_not_understood(run: Run, arguments: list[str]) -> None:
    assert run(*arguments) == ExitCode.USAGE


def test_an_unforeseen_error_shows_where_it_was(monkeypatch: pytest.MonkeyPatch, failing: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError("a defect"))


class TestProcess:
    """What only a process of its own shows."""

    @staticmethod
    def ops(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=paths.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_an_unforeseen_error_is_a_traceback_and_1(self) -> None:
        done = self.ops(
            "import sys; from ops import cli, synth; synth.prepared = lambda environment: 1 / 0; "
            "sys.argv[1:] = ['outputs', 'dev']; cli.main()"
        )
        assert done.returncode == ExitCode.FAILED
        assert "Traceback" in done.stderr
        assert "ZeroDivisionError" in done.stderr

    def test_help_is_light(self) -> None:
        """boto3, pydantic and ministack together are a second."""
        done = self.ops(
            "import sys; from ops import cli; sys.argv[1:] = ['--help']\n"
            "try: cli.main()\n"
            "finally: print(*sys.modules, file=sys.stderr)"
        )
        heavy = {"boto3", "botocore", "pydantic", "ministack", "hypercorn", "cdktf", "jsii", "constructs_lib"}
        heavy |= {"cryptography", "asyncio", "ssl"}
        assert done.returncode == ExitCode.OK
        assert heavy & set(done.stderr.split()) == set()
        for command in ("up", "down", "bootstrap", "smoke", "outputs", "state", "local"):
            assert command in done.stdout


class TestLocalOption:
    @pytest.fixture(autouse=True)
    def _checkout(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(LocalAws, "of_checkout", lambda: LocalAws(tmp_path))

    def test_with_nothing_running(self, run: Run, capfd: pytest.CaptureFixture[str]) -> None:
        assert run("--local", "outputs", "dev") == ExitCode.LOCAL_AWS
        error = capfd.readouterr().err
        assert "is not running" in error
        assert "ops local start" in error

    def test_does_not_keep_the_local_aws_from_being_started(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr(LocalAws, "stop", lambda self: asked.append("stop"))
        assert run("--local", "local", "stop") == ExitCode.OK
        assert run("--local", "down") == ExitCode.OK
        assert asked == ["stop", "stop"]

    def test_leads_the_command_there(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        monkeypatch.setattr(local_target, "use", lambda: asked.append("use"))
        monkeypatch.setattr(
            "ops.commands.outputs.deployed", lambda environment, **_: asked.append("outputs") or {}
        )
        assert run("--local", "outputs", "dev") == ExitCode.OK
        assert asked == ["use", "outputs"]


@pytest.mark.parametrize("name", ["foo", "all", "dev,staging", "", "../dev"])
@pytest.mark.parametrize(
    "command", [["smoke"], ["outputs"], ["bootstrap"], ["state", "lock"], ["state", "unlock"]], ids=" ".join
)
def test_an_environment_that_is_none(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    command: list[str],
    name: str,
) -> None:
    monkeypatch.setattr(synth.subprocess, "run", lambda *_, **__: pytest.fail("main.py was started"))
    assert run(*command, "--", name) == ExitCode.CONFIGURATION
    error = capfd.readouterr().err
    assert repr(name) in error
    assert "dev, staging" in error
    assert "Traceback" not in error
