"""The fixes as a set; each one's behaviour is tested in tests/local_aws."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

from ops.local_aws import fixes

DIRECTORY = Path(fixes.__file__).parent
TESTS = Path(__file__).parents[1] / "local_aws"


@pytest.mark.parametrize("name", fixes.ALL)
def test_each_names_its_cause_and_has_its_tests(name: str) -> None:
    documentation = import_module(f"{fixes.__name__}.{name}").__doc__ or ""
    assert f"Upstream, MiniStack {version('ministack')}:" in documentation
    tests = (TESTS / f"test_fix_{name}.py").read_text()
    assert "def test_stock_" in tests


def test_all_are_listed() -> None:
    modules = {
        path.stem
        for path in DIRECTORY.glob("*.py")
        if path.stem != "__init__" and not path.read_text(encoding="utf-8").startswith('"""Not a fix:')
    }
    assert modules == set(fixes.ALL)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such fix: x"):
        fixes.install(["x"])
