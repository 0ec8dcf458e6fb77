"""What a client of the local AWS is told, and which instance is the checkout's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.local_aws import layout
from ops.local_aws.guard import foreign_page
from ops.local_aws.instance import LocalAws


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout."""
    monkeypatch.setattr(layout, "CHECKOUT", tmp_path)
    monkeypatch.delenv("LOCAL_AWS_PORT", raising=False)
    return tmp_path


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    """An instance that seems to run."""
    facts = {"pid": 1, "port": 5001, "plain_port": 5002, "account": "1", "started": 0, "version": "1"}
    monkeypatch.setattr(layout, "running", lambda _: facts)
    (tmp_path / "deployer.json").write_text(json.dumps({"access_key_id": "AKIA", "secret_access_key": "s"}))
    return LocalAws(tmp_path)


def test_the_checkouts_default_port(checkout: Path) -> None:
    assert LocalAws.of_checkout()._port == 4566


def test_the_checkouts_last_port_is_kept(checkout: Path) -> None:
    (checkout / ".local-aws").mkdir()
    (checkout / ".local-aws" / "ports.json").write_text('{"port": 45661, "plain_port": 45662}')
    assert LocalAws.of_checkout()._port == 45661


def test_the_checkouts_chosen_port(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_AWS_PORT", "5566")
    assert LocalAws.of_checkout()._port == 5566


@pytest.mark.parametrize("value", ["x", "0", "80", "65535", "-1", "4566.0"])
def test_a_port_that_cannot_be(checkout: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LOCAL_AWS_PORT", value)
    with pytest.raises(OpsError, match="LOCAL_AWS_PORT") as caught:
        LocalAws.of_checkout()
    assert caught.value.code is ExitCode.LOCAL_AWS
    assert value in caught.value.message


def test_nothing_is_said_of_an_instance_that_does_not_run(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="not running") as caught:
        LocalAws(tmp_path).environment()
    assert caught.value.code is ExitCode.LOCAL_AWS


def test_the_environment_of_a_client(running: LocalAws) -> None:
    base = {
        "PATH": "/bin",
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
        "AWS_ACCESS_KEY_ID": "production",
    }
    found = running.client_environment(base)
    assert found["PATH"] == "/bin"
    assert found["AWS_ENDPOINT_URL"] == "https://127.0.0.1:5001"
    assert found["LOCAL_AWS_PLAIN_ENDPOINT_URL"] == "http://127.0.0.1:5002"
    assert found["AWS_ACCESS_KEY_ID"] == "AKIA"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & found.keys()


def test_loopback_stays_out_of_proxies(running: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "internal.example")
    assert running.environment()["NO_PROXY"] == "internal.example,127.0.0.1,localhost"
    for name in ("HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name)
    for name in ("https_proxy", "http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert "NO_PROXY" not in running.environment()


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"origin": "http://localhost:5173"}, False),
        ({"origin": "https://127.0.0.1"}, False),
        ({"origin": "https://localhost.evil.example"}, True),
        ({"origin": "https://evil.example", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "null"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "none"}, False),
    ],
)
def test_a_foreign_web_page_is_recognised(headers: dict[str, str], foreign: bool) -> None:
    assert foreign_page(headers) is foreign
