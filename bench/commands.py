"""How long a person waits before a command begins to work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench import example, processes
from bench.figures import Figure
from bench.processes import OnProgress, Program
from ops import paths

START = "start of a command"


def measure(directory: Path, on_progress: OnProgress, *, quick: bool) -> tuple[list[Figure], Any]:
    """`ops --help`, and `make setup` where set-up has nothing to do."""
    environment = example.environ(directory)
    programs = {
        "ops --help": Program([paths.ROOT / ".venv" / "bin" / "ops", "--help"], environment, paths.ROOT),
        "make setup, again": Program(["make", "setup"], environment, paths.ROOT),
    }
    on_progress(", ".join(programs))
    runs = processes.in_turn(
        programs, {"ops --help": 5 if quick else 15, "make setup, again": 1 if quick else 3}
    )
    walls = {name: processes.median(of).wall_s for name, of in runs.items()}
    return [
        Figure(START, "ops --help", walls["ops --help"], "s", at_most=0.25),
        Figure(START, "make setup, again", walls["make setup, again"], "s"),
    ], runs
