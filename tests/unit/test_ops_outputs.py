"""Outputs in the three formats, each read back by what it is for."""

from __future__ import annotations

import io
import json
import subprocess

import pytest
from dotenv import dotenv_values

from ops import synth, terraform
from ops.commands.outputs import Format, deployed, render
from ops.errors import OpsError
from ops.exit_codes import ExitCode

PLAIN = {"s3_bucket_name": "exports-1", "api_url": "wss://x.example/dev", "empty": ""}
ODD = {
    "blanks": " two words ",
    "comment": "a #b",
    "quote": 'it\'s "so"',
    "backslash": r"a\nb\\",
    "dollar": "$HOME `id` $(id)",
    "lines": "one\ntwo",
    "umlaut": "ä",
}


def test_env_lines_are_bare_sorted_and_upper_case() -> None:
    assert render(PLAIN, Format.ENV) == "API_URL=wss://x.example/dev\nEMPTY=\nS3_BUCKET_NAME=exports-1\n"


def test_env_is_read_back_by_dotenv() -> None:
    text = render(PLAIN | ODD, Format.ENV)
    assert dotenv_values(stream=io.StringIO(text)) == {
        name.upper(): value for name, value in (PLAIN | ODD).items()
    }


def test_shell_is_read_back_by_a_shell() -> None:
    script = render(PLAIN | ODD, Format.SHELL) + "".join(
        f'printf "%s\\0" "${name.upper()}"\n' for name in PLAIN | ODD
    )
    done = subprocess.run(["/bin/sh", "-euc", script], capture_output=True, text=True, check=True, env={})
    assert done.stdout.split("\0")[:-1] == list((PLAIN | ODD).values())


def test_json_keeps_the_names() -> None:
    text = render(PLAIN | ODD, Format.JSON)
    assert json.loads(text) == PLAIN | ODD
    assert text.endswith("}\n")


@pytest.mark.parametrize(("format_", "text"), [("env", ""), ("shell", ""), ("json", "{}\n")])
def test_no_outputs(format_: str, text: str) -> None:
    assert render({}, Format(format_)) == text


def test_what_is_not_deployed_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synth, "prepared", lambda environment: None)
    monkeypatch.setattr(terraform.Terraform, "outputs", lambda self, **_: {})
    with pytest.raises(OpsError, match="dev is not deployed") as caught:
        deployed("dev")
    assert caught.value.code is ExitCode.STATE
    assert "cdktf deploy dev" in caught.value.hint
