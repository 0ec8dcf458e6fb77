"""`ops local`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.commands import local
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.local_aws import instance, layout
from ops.local_aws.example import EXAMPLE_VALUES

VALUES = {"AWS_ENDPOINT_URL": "https://127.0.0.1:1", "AWS_CA_BUNDLE": "/with space/and 'quote'/ca.pem"}


class Fake(instance.LocalAws):
    """An instance that only notes what it is asked."""

    asked: list[str]

    def status(self) -> instance.Status:
        return instance.Status(False, self.directory, self.account, None, None)

    def environment(self) -> dict[str, str]:
        return VALUES

    def stop(self, timeout_s: float = 0) -> bool:
        self.asked.append("stop")
        return True

    def reset(self) -> None:
        self.asked.append("reset")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the instance was asked to do."""
    fake = Fake(tmp_path)
    fake.asked = []
    monkeypatch.setattr(instance.LocalAws, "of_checkout", lambda: fake)
    return fake.asked


def _run(*arguments: str, **more: Any) -> Any:
    return CliRunner().invoke(local.app, arguments, catch_exceptions=True, **more)


def test_env_is_for_eval(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere.example")
    script = (
        _run("env").output
        + 'printf "%s|%s|%s" "$AWS_CA_BUNDLE" "${AWS_PROFILE-unset}" "${AWS_ENDPOINT_URL_S3-unset}"'
    )
    before = {"AWS_PROFILE": "production", "AWS_ENDPOINT_URL_S3": "https://elsewhere.example"}
    done = subprocess.run(["/bin/sh", "-euc", script], capture_output=True, text=True, check=True, env=before)
    assert done.stdout == f"{VALUES['AWS_CA_BUNDLE']}|unset|unset"


def test_env_as_json(asked: list[str]) -> None:
    assert json.loads(_run("env", "--json").output) == VALUES | EXAMPLE_VALUES


def test_status_as_json(asked: list[str], tmp_path: Path) -> None:
    found = json.loads(_run("status", "--json").output)
    assert found["running"] is False
    assert found["directory"] == str(tmp_path)


@pytest.mark.parametrize("command", ["stop", "reset"])
def test_the_rest_speaks_json_too(asked: list[str], command: str) -> None:
    yes = ["--yes"] if command == "reset" else []
    assert json.loads(_run(command, "--json", *yes).output)["running"] is False


def test_reset_asks(asked: list[str]) -> None:
    refusal = _run("reset", input="n\n").exception
    assert isinstance(refusal, OpsError)
    assert refusal.code is ExitCode.USAGE
    assert asked == []
    assert _run("reset", input="y\n").exit_code == 0
    assert asked == ["reset"]


def test_the_command_is_light() -> None:
    code = (
        "import sys, ops.commands.local;"
        "heavy = {'boto3', 'botocore', 'ministack', 'cryptography', 'ssl'};"
        "sys.exit(str(heavy & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=layout.CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "set()"
