"""`python -m bench [--quick] [--strict] [--json FILE]`."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from bench import commands, functions, machine, plans, report, review, synth
from bench.figures import Figure, Verdict
from bench.processes import OnProgress
from ops import paths
from ops.errors import OpsError
from ops.exit_codes import ExitCode

PARTS = {
    commands.START: commands.measure,
    synth.AGAINST_STOCK: synth.against_stock,
    synth.GROWTH: synth.by_number,
    functions.GROUP: functions.measure,
    review.GROUP: review.measure,
    plans.GROUP: plans.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure everything, show it and write it. Exit codes as of `ops`; 1 for a missed goal if --strict."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _as_interrupt)
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    errors = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    try:
        figures = _run(console, options)
    except KeyboardInterrupt:
        errors.print("Interrupted. What was started is stopped; nothing was written.", markup=False)
        return ExitCode.INTERRUPTED
    except OpsError as error:
        errors.print(f"Error: {error.message}\n{error.hint}".rstrip(), markup=False)
        return error.code
    missed = any(figure.verdict is Verdict.MISSED for figure in figures)
    return ExitCode.FAILED if missed and options.strict else ExitCode.OK


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure synth, plans and starts.")
    parser.add_argument("--quick", action="store_true", help="fewer runs, no plans: a minute instead of five")
    parser.add_argument("--strict", action="store_true", help="exit code 1 if a goal is missed")
    parser.add_argument(
        "--json", type=Path, default=paths.ROOT / "bench.json", metavar="FILE", help="default: bench.json"
    )
    return parser.parse_args(arguments)


def _run(console: Console, options: argparse.Namespace) -> list[Figure]:
    facts = machine.facts()
    figures: list[Figure] = []
    runs: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="spec-wizard-bench-") as name:
        directory = Path(name)
        for part, measure in PARTS.items():
            if part == plans.GROUP and options.quick:
                continue
            with _progress(console, part) as told:
                found, runs[part] = measure(directory, told, quick=options.quick)
            figures += found
    report.table(console, figures, facts)
    report.write_json(options.json, figures, runs, facts, quick=options.quick)
    console.print(f"Also in {options.json}", markup=False)
    return figures


@contextmanager
def _progress(console: Console, part: str) -> Iterator[OnProgress]:
    """The part and what it does now: a spinner on a terminal, else a line each."""
    started = time.monotonic()
    with console.status(f"{part} …") as status:

        def told(text: str) -> None:
            if console.is_terminal:
                status.update(f"{part}: {text} …")
            else:
                console.print(f"{part}: {text} …", markup=False)

        yield told
    console.print(f"{part}: measured in {time.monotonic() - started:.0f} s", markup=False)


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
