"""What drills tell is printed at the end of a run, in one process and from several."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.paths import ROOT

HOOKS = """
from tests.drills.conftest import (
    drill, pytest_configure, pytest_runtest_logreport, pytest_runtest_makereport, pytest_terminal_summary,
    pytest_xdist_make_scheduler,
)
"""
FIRST = """
import os
from tests.drills.report import Row, record

def test_that_is_killed():
    assert os.environ.setdefault("BEGUN", "before") == "objects", "a story of one process"
    record(Row("ops deploy dev", "ops killed", "at change 3", "run again", 1.0))
    record(Row("ops deploy dev", "", "", "run to its end", 2.0))

def test_that_fails():
    record(Row("ops destroy dev", "Terraform killed", "at change 9", "run again", 3.0))
    assert False
"""
THIRD = """
import os

def test_that_comes_first():
    os.environ["BEGUN"] = "objects"
"""
SECOND = """
def test_that_loses_items(drill):
    drill.loses("2 items")
    drill.gets_back("2 of 2")
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_tables_have_what_every_file_told(tmp_path: Path, workers: str) -> None:
    (tmp_path / "conftest.py").write_text(HOOKS)
    (tmp_path / "test_restore_table.py").write_text(FIRST)
    (tmp_path / "test_restore_objects.py").write_text(THIRD)
    (tmp_path / "test_b.py").write_text(SECOND)
    command = ("-m", "pytest", "-p", "no:cacheprovider", "-n", workers, "--dist", "loadfile", str(tmp_path))
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FAULT_SEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    shown = [" ".join(line.split()) for line in ended.stdout.splitlines()]
    assert ended.returncode == 1, ended.stdout
    assert "that loses items 2 items 2 of 2 0.0 s" in shown
    faults = shown[shown.index("drill fault lost came back s") + 1 :]
    assert faults[:4] == [
        "ops deploy dev ops killed at change 3 run again 1.0",
        "ops deploy dev run to its end 2.0",
        "ops destroy dev Terraform killed at change 9 run again 3.0",
        "2 faults tried and survived; FAULT_SEED=7",
    ]
