"""What Terraform itself makes of each environment: `terraform plan` with the real provider, offline.

Nothing is asked of AWS: no refresh, no remote state, no check of the credentials.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import app
from ops.terraform import binary
from tests.support import configuration
from tests.support.configuration import ENVIRONMENTS

OFFLINE = {
    "provider": {
        "aws": [
            {
                "access_key": "offline",
                "secret_key": "offline",
                "skip_credentials_validation": True,
                "skip_metadata_api_check": "true",
                "skip_requesting_account_id": True,
                "allowed_account_ids": None,  # there is nobody to ask for the account
            }
        ]
    },
    "terraform": {"backend": {"local": {}}},
}
PROVISIONED = (("DYNAMODB_BILLING_MODE", "PROVISIONED"),)


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """plan(environment, changes): the plan JSON of `terraform show -json`."""

    @cache
    def plan(environment: str, changes: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
        outdir = tmp_path_factory.mktemp(environment)
        app.synthesize({environment: configuration.config(environment, **dict(changes))}, str(outdir))
        stack = outdir / "stacks" / environment
        for left_over in stack.glob("*override.tf.json"):
            left_over.unlink()
        (stack / "offline_override.tf.json").write_text(json.dumps(OFFLINE))
        _terraform(stack, "init", "-input=false", "-lockfile=readonly")
        _terraform(stack, "validate")
        _terraform(stack, "plan", "-input=false", "-refresh=false", "-out=plan")
        document: dict[str, Any] = json.loads(_terraform(stack, "show", "-json", "plan"))
        return document

    return plan


def _terraform(directory: Path, *arguments: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    result = subprocess.run(
        [binary(), *arguments, *([] if arguments[0] == "show" else ["-no-color"])],
        cwd=directory,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize(
    ("environment", "changes"), [*((name, ()) for name in ENVIRONMENTS), ("dev", PROVISIONED)]
)
def test_terraform_accepts_every_environment(planned: Any, environment: str, changes: tuple) -> None:
    document = planned(environment, changes)
    actions = [change["change"]["actions"] for change in document["resource_changes"]]
    assert len(actions) > 30
    assert actions == [["create"]] * len(actions)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_tags_reach_every_resource_that_can_have_them(planned: Any, environment: str) -> None:
    """Default tags come from the provider; a resource whose schema has tags_all must get them."""
    document = planned(environment)
    tagged = {
        change["address"]: change["change"]["after"]["tags_all"]
        for change in document["resource_changes"]
        if "tags_all" in change["change"]["after"]
    }
    assert len(tagged) >= 9
    expected = {"Project": "spec-wizard", "Environment": environment, "ManagedBy": "terraform"}
    assert {address: tags for address, tags in tagged.items() if tags != expected} == {}


def test_trap_10_capacities_are_planned_only_when_provisioned(planned: Any) -> None:
    def table(document: dict[str, Any]) -> dict[str, Any]:
        (found,) = [c for c in document["resource_changes"] if c["type"] == "aws_dynamodb_table"]
        after: dict[str, Any] = found["change"]["after"]
        return after

    assert "read_capacity" not in table(planned("dev"))  # left to AWS
    assert table(planned("dev", PROVISIONED))["read_capacity"] == 1


def test_trap_47_no_sensitive_value_is_planned(planned: Any) -> None:
    """Nothing the provider calls sensitive has a value in any plan."""

    def found(marks: Any, values: Any, path: str) -> list[str]:
        if marks is True:
            return [path] if values not in (None, "") else []
        if isinstance(marks, dict):
            return [f for key in marks for f in found(marks[key], (values or {}).get(key), f"{path}.{key}")]
        if isinstance(marks, list):
            return [f for i, mark in enumerate(marks) for f in found(mark, (values or [])[i], f"{path}[{i}]")]
        return []

    for environment in ENVIRONMENTS:
        for change in planned(environment)["resource_changes"]:
            after = change["change"]
            assert found(after["after_sensitive"], after["after"], change["address"]) == []
