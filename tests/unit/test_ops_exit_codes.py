"""Each exit code has one meaning, and the README lists them all."""

from __future__ import annotations

import inspect
import re

import pytest

from environments import ConfigurationError
from ops import exit_codes, paths
from ops.exit_codes import ExitCode


def test_all_distinct() -> None:
    assert len(ExitCode.__members__) == len(list(ExitCode))  # an alias would not be listed


def test_those_that_others_define() -> None:
    """0 and 1 of every program, 2 of Typer, 130 of every shell; 3 by the package that imports nothing."""
    assert (ExitCode.OK, ExitCode.FAILED, ExitCode.USAGE, ExitCode.INTERRUPTED) == (0, 1, 2, 130)
    assert ConfigurationError.exit_code == ExitCode.CONFIGURATION
    assert max(code for code in ExitCode if code != ExitCode.INTERRUPTED) < 126  # the shell's own


@pytest.mark.parametrize("code", ExitCode)
def test_documented(code: ExitCode) -> None:
    source = inspect.getsource(exit_codes)
    assert re.search(rf'^    {code.name} = {code.value}\n    """\w', source, re.MULTILINE)


@pytest.mark.parametrize("code", ExitCode)
def test_listed_in_the_readme(code: ExitCode) -> None:
    rows = [
        line
        for line in (paths.ROOT / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|") and re.search(rf"\b{code.value}\b", line)
    ]
    assert any(re.search(rf"\b{code.name}\b", row) for row in rows), f"no row with {code.value} {code.name}"
