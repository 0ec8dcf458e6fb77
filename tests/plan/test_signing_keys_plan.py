"""A lost file of public keys: what Terraform does with an environment that has a key group already."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import app
from ops.terraform import binary
from tests.plan.test_plan import OFFLINE
from tests.support import configuration
from tests.support.signing_keys import NONE, ONE


def _deployed(stack: dict[str, Any]) -> dict[str, Any]:
    """A Terraform state with nothing but the key group of a stack's JSON."""
    ((name, group),) = stack["resource"]["aws_cloudfront_key_group"].items()
    attributes = {"id": "G1", "etag": "E", "items": ["K1"], "name": group["name"], "comment": "x"}
    instance = {"index_key": 0, "schema_version": 0, "attributes": attributes}
    resource = {
        "mode": "managed",
        "type": "aws_cloudfront_key_group",
        "name": name,
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [instance],
    }
    return {
        "version": 4,
        "terraform_version": "1.11.0",
        "serial": 1,
        "lineage": "test",
        "outputs": {},
        "resources": [resource],
    }


def _plan(folder: Path, file: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Of prod, whose key group is there, with this file of public keys."""
    variables = {"SIGNING_PUBLIC_KEY_FILE": file, **changes}
    app.synthesize(
        {"prod": configuration.config("prod", **variables)},
        configuration.accounts("prod", **variables),
        str(folder),
    )
    directory = folder / "stacks" / "prod"
    stack = json.loads((directory / "cdk.tf.json").read_text())
    for left_over in directory.glob("*override.tf.json"):
        left_over.unlink()
    override = {"provider": {"aws": [OFFLINE]}, "terraform": {"backend": {"local": {}}}}
    (directory / "offline_override.tf.json").write_text(json.dumps(override))
    (directory / "terraform.tfstate").write_text(json.dumps(_deployed(stack)))

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [binary(), *arguments, "-input=false", "-no-color"],
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
        )

    assert terraform("init", "-lockfile=readonly").returncode == 0
    return terraform("plan", "-refresh=false")


def test_trap_23_a_lost_file_is_refused_where_the_environment_is_protected(tmp_path: Path) -> None:
    done = _plan(tmp_path, NONE)
    assert done.returncode == 1
    assert "Instance cannot be destroyed" in done.stderr
    assert "aws_cloudfront_key_group.cdn_keys_group" in done.stderr


@pytest.mark.parametrize(
    ("file", "changes", "fate"),
    [
        (ONE, {}, "updated in-place"),
        (NONE, {"DELETION_PROTECTION": "false"}, "destroyed"),
    ],
)
def test_the_group_follows_the_file_otherwise(
    tmp_path: Path, file: str, changes: dict[str, str], fate: str
) -> None:
    done = _plan(tmp_path, file, **changes)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("  # aws_cloudfront_key_group.")]
    assert line.endswith(f"will be {fate}")
