"""A review of a plan with 2,000 resources: what each output takes, from the plan's JSON to its last line.

The fastest of several runs: what a busy machine adds is no part of it.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.figures import Figure
from bench.processes import OnProgress, Run
from ops.plans import differences, document
from ops.review import markdown, page, reading, terminal
from ops.review.model import Review
from tests.support.plans import many

GROUP = "review of 2,000 resources"
RESOURCES, ROUNDS, SECONDS = 2_000, 7, 1.0


def measure(directory: Path, on_progress: OnProgress, *, quick: bool) -> tuple[list[Figure], Any]:
    """Each output with the reading that it shows; and what the differences of all resources take of it."""
    on_progress(f"rendering {RESOURCES} resources")
    raw, behind = many.document(RESOURCES), many.behind(RESOURCES)
    manifest = many.whole(1).manifest

    def review() -> Review:
        return Review(manifest, document.read(raw), behind)

    parts: dict[str, Callable[[], object]] = {
        "terminal": lambda: _printed(review(), terminal_width=120),
        "piped": lambda: _printed(review(), terminal_width=0),
        "comment": lambda: markdown.comment([review()]),
        "step summary": lambda: markdown.summary([review()]),
        "page": lambda: page.render([review()]),
        "differences alone": lambda: [differences.of(change) for change in document.read(raw).changes],
        "reading alone": lambda: reading.of(review()),
    }
    runs = {name: _timed(part, 2 if quick else ROUNDS) for name, part in parts.items()}
    figures = [
        Figure(
            GROUP,
            name,
            min(run.wall_s for run in found),
            "s",
            at_most=None if name.endswith("alone") else SECONDS,
            detail=f"fastest of {len(found)}",
        )
        for name, found in runs.items()
    ]
    return figures, runs


def _printed(review: Review, *, terminal_width: int) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=bool(terminal_width), width=terminal_width or None)
    terminal.show(review, console)
    return file.getvalue()


def _timed(part: Callable[[], object], times: int) -> list[Run]:
    found = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        part()
        found.append(Run(time.perf_counter() - wall, time.process_time() - cpu))
    return found
