"""`ops --local`, `ops local env` and `ops up` lead to the local AWS and nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from rich.console import Console
from typer.testing import CliRunner

import environments
from ops import aws, local_target
from ops.commands import bootstrap, local, up
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.local_aws import layout
from ops.local_aws.example import EXAMPLE_VALUES
from ops.local_aws.instance import LocalAws

FOREIGN = {
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAPRODUCTION",
    "AWS_SECRET_ACCESS_KEY": "production",
    "AWS_SESSION_TOKEN": "production",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_CA_BUNDLE": "company.pem",
    "AWS_ROLE_ARN": "arn:aws:iam::210987654321:role/production",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "token",
    "AWS_ENDPOINT_URL": "https://elsewhere.example",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
    "AWS_ENDPOINT_URL_DYNAMODB": "https://elsewhere.example",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "LOCAL_AWS_PLAIN_ENDPOINT_URL": "http://elsewhere.example",
    "AWS_ACCOUNT_ID": "210987654321",
    "ENVIRONMENT": "prod",
    "DOMAIN_NAME": "production.example",
}
"""A shell from which somebody deploys to production."""


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """That shell; what a test does to the environment is undone."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        del os.environ[name]
    os.environ.update(FOREIGN)
    (tmp_path / "config").write_text(
        "[default]\nregion = eu-west-1\nendpoint_url = https://elsewhere.example\n"
        "[profile production]\nregion = eu-west-1\n"
    )
    os.environ["AWS_CONFIG_FILE"] = str(tmp_path / "config")


@pytest.fixture
def running(foreign: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LocalAws:
    """The checkout's local AWS, which seems to run."""
    facts = {"pid": 1, "port": 5001, "plain_port": 5002, "account": "1", "started": 0, "version": "1"}
    monkeypatch.setattr(layout, "running", lambda _: facts)
    (tmp_path / "deployer.json").write_text(
        json.dumps({"access_key_id": "AKIALOCAL", "secret_access_key": "s"})
    )
    instance = LocalAws(tmp_path)
    monkeypatch.setattr(LocalAws, "of_checkout", lambda: instance)
    return instance


def changed(before: dict[str, str]) -> dict[str, str]:
    """What a shell's environment is after `eval "$(ops local env)"`."""
    text = CliRunner().invoke(local.app, ["env"], catch_exceptions=False).output
    done = subprocess.run(
        ["/bin/sh", "-euc", f"{text}\nenv -0"], env=before, capture_output=True, text=True, check=True
    )
    return dict(entry.split("=", 1) for entry in done.stdout.split("\0") if entry)


def test_the_shell_and_the_option_set_the_same(running: LocalAws) -> None:
    before = dict(os.environ)
    shell = changed(before)
    local_target.use()
    own_to_the_shell = {"PWD", "OLDPWD", "SHLVL", "_"}
    assert {name: value for name, value in shell.items() if name not in own_to_the_shell} == {
        name: value for name, value in os.environ.items() if name not in own_to_the_shell
    }


def test_json_says_the_same(running: LocalAws) -> None:
    shown = json.loads(CliRunner().invoke(local.app, ["env", "--json"], catch_exceptions=False).output)
    assert shown == local_target.variables().assigned
    assert shown.items() >= EXAMPLE_VALUES.items()


def test_the_lines_say_what_they_are_for(running: LocalAws) -> None:
    first = CliRunner().invoke(local.app, ["env"]).output.splitlines()[0]
    assert first.startswith("# ")
    assert "example" in first
    assert "never for AWS" in first


def test_nothing_of_another_aws_is_left(running: LocalAws) -> None:
    assert local_target.use() == dict(EXAMPLE_VALUES)
    left = {name for name, value in FOREIGN.items() if os.environ.get(name) == value}
    assert left == set()
    assert os.environ["AWS_ENDPOINT_URL"] == "https://127.0.0.1:5001"
    assert os.environ["LOCAL_AWS_PLAIN_ENDPOINT_URL"] == "http://127.0.0.1:5002"


def test_clients_go_there(running: LocalAws) -> None:
    """Ours and boto3's own, also with another endpoint and region in ~/.aws/config."""
    local_target.use()
    for client in (aws.client("s3", EXAMPLE_VALUES["AWS_REGION"]), boto3.session.Session().client("sts")):
        assert client.meta.endpoint_url == "https://127.0.0.1:5001"
        assert client._request_signer._credentials.access_key == "AKIALOCAL"
        assert client._request_signer._credentials.token is None


def test_the_configuration_is_the_example(running: LocalAws) -> None:
    local_target.use()
    config = environments.load("dev")
    assert (config.aws_account_id, config.aws_region) == ("123456789012", "us-east-1")


def test_nothing_is_set_while_it_does_not_run(
    foreign: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(LocalAws, "of_checkout", lambda: LocalAws(tmp_path))
    before = dict(os.environ)
    with pytest.raises(OpsError, match="not running") as caught:
        local_target.use()
    assert caught.value.code is ExitCode.LOCAL_AWS
    assert dict(os.environ) == before


def test_up_asks_nobody_before_it_is_led_there(running: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first request of `ops up` is that of the remote state."""
    seen: list[Any] = []

    def ensure(config: Any, on_progress: Any) -> list[Any]:
        seen.append((config.aws_account_id, os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_ACCESS_KEY_ID"]))
        return []

    monkeypatch.setattr(LocalAws, "start", lambda self: self.status())
    monkeypatch.setattr(bootstrap, "ensure", ensure)
    config = up._start(Console(quiet=True))
    assert config.environment == "dev"
    assert seen == [("123456789012", "https://127.0.0.1:5001", "AKIALOCAL")]
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & os.environ.keys()
