"""What is committed is good on any machine, and what is private is not committed.

That the two lock files name no source is tested with what writes them, in test_setup_steps.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from ops.paths import ROOT
from tests.support.project_files import project_files

SELF = Path(__file__).relative_to(ROOT).as_posix()
"""It has to spell what it forbids."""

MACHINE_PATH = re.compile(r"(?<![\w.$}*/-])/(home|Users|root|work)(/|\b)|\b[A-Z]:\\\\?Users\\")
REGISTRIES = re.compile(
    r"pypi\.org|python[h]osted\.org|npmjs\.(org|com)|yarnpkg\.com|jfrog\.io|pkg\.dev|codeartifact",
    re.IGNORECASE,
)
"""Where packages come from is the business of each machine's settings."""


@cache
def texts() -> dict[str, str]:
    """Each file that is committed or would be: name -> text."""
    return {
        name: (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for name in project_files()
        if name != SELF
    }


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_path_of_a_machine() -> None:
    assert lines_with(MACHINE_PATH) == []


def test_no_path_of_this_machine() -> None:
    here = [str(place) for place in (ROOT, Path.home()) if place != Path("/")]
    assert lines_with(re.compile("|".join(rf"(?<![\w.]){re.escape(place)}(?!\w)" for place in here))) == []


def test_no_host_of_a_package_registry() -> None:
    assert lines_with(REGISTRIES) == []


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".env.prod",
        "outputs/dev.env",
        "bundles/dev.bundle",
        ".local-aws/deployer.json",
        ".tools/terraform/1.11.4/terraform",
        ".tools/wheels/httpx-0.28.1-py3-none-any.whl",
        ".tools/functions/connect-0123.zip",
        ".venv/bin/python",
        "policy/.venv/bin/python",
        "node_modules/cdktf-cli/package.json",
        "cdktf.out/stacks/dev/cdk.tf.json",
        "cdktf.out/functions/connect.zip",
        "functions/connect/__pycache__/handler.cpython-311.pyc",
        "cdktf.out/stacks/dev/errored.tfstate",
    ],
)
def test_private_and_made_files_are_ignored(name: str) -> None:
    # --no-index: what is ignored must be so by its name, and not because nobody has added it yet.
    done = subprocess.run(["git", "check-ignore", "-q", "--no-index", name], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_the_example_of_the_configuration_is_committed() -> None:
    assert ".env.example" in texts()
    done = subprocess.run(["git", "check-ignore", "-q", "--no-index", ".env.example"], cwd=ROOT, check=False)
    assert done.returncode == 1


def test_every_shell_script_can_be_run() -> None:
    """A checkout keeps the mode that was committed."""
    scripts = [name for name, text in texts().items() if re.match(r"#!.*\b(sh|bash|python3?)\b", text)]
    assert "ops/launchers/ops" in scripts
    assert [name for name in scripts if not (ROOT / name).stat().st_mode & 0o100] == []


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_finds_nothing(command: list[str]) -> None:
    ruff = Path(sys.executable).parent / "ruff"
    done = subprocess.run(
        [ruff, *command, "--quiet", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
