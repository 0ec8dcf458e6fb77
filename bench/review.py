"""A review of a plan with 2,000 resources: what gates, cost and each output take, to its last line.

The fastest of several runs: what a busy machine adds is no part of it. Each begins with nothing remembered,
as a command does.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.figures import Figure
from bench.processes import OnProgress, Run
from ops.bundles.file import Bundle
from ops.deployment import reviewing
from ops.gates.iam import patterns, space
from ops.plans import differences, document, masking
from ops.review import markdown, page, reading, terminal
from ops.review.model import Review
from tests.support.plans import many

GROUP = "review of 2,000 resources"
RESOURCES, ROUNDS, SECONDS = 2_000, 7, 1.0
GOALS = ("gates and cost", "terminal", "piped", "comment", "step summary", "page")
"""At most `SECONDS` each; the others say what these are made of, or add up to."""


def measure(directory: Path, on_progress: OnProgress, *, quick: bool) -> tuple[list[Figure], Any]:
    """What is judged of a plan; each output with the reading that it shows; and parts of these."""
    on_progress(f"rendering {RESOURCES} resources")
    raw = many.document(RESOURCES)
    bundle = Bundle(many.whole(1).manifest, b"plan", raw, many.stack(RESOURCES))
    (judged,) = reviewing.reviews([bundle])

    def review() -> Review:
        return replace(judged, plan=document.read(raw))

    parts: dict[str, Callable[[], object]] = {
        "gates and cost": lambda: reviewing.reviews([bundle]),
        "terminal": lambda: _printed(review(), terminal_width=120),
        "piped": lambda: _printed(review(), terminal_width=0),
        "comment": lambda: markdown.comment([review()]),
        "step summary": lambda: markdown.summary([review()]),
        "page": lambda: page.render([review()]),
        "gates, cost and comment": lambda: markdown.comment(reviewing.reviews([bundle])),
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
            at_most=SECONDS if name in GOALS else None,
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
        for remembering in (masking.without_secrets, patterns.glob, space.classes_of):
            remembering.cache_clear()
        wall, cpu = time.perf_counter(), time.process_time()
        part()
        found.append(Run(time.perf_counter() - wall, time.process_time() - cpu))
    return found
