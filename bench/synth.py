"""Synth: against the stock bindings, and with more and more environments."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench import example, processes
from bench.figures import Figure, slope
from bench.processes import OnProgress, Program
from ops import paths

AGAINST_STOCK = "synth of all environments"
GROWTH = "synth by number of environments"
COUNTS = (1, 3, 10, 30)


def against_stock(directory: Path, on_progress: OnProgress, *, quick: bool) -> tuple[list[Figure], Any]:
    """Whole-process `main.py`: time, CPU and memory, lazy and stock in turn."""
    ours, stock = program(directory / "lazy"), program(directory / "stock", stock=True)
    on_progress("lazy and stock bindings in turn, 15 s each time")
    runs = processes.in_turn(
        {"ours": ours, "stock": stock}, {"ours": 3 if quick else 9, "stock": 1 if quick else 3}
    )
    a, b = processes.median(runs["ours"]), processes.median(runs["stock"])
    on_progress("memory of both")
    memory, stock_memory = processes.peak_memory_mib(ours), processes.peak_memory_mib(stock)
    share = memory / stock_memory if memory and stock_memory else None
    of = f"median of {len(runs['ours'])} runs, against {len(runs['stock'])} of stock"
    tree = "PSS of the whole process tree, Python and Node, at its peak"
    figures = [
        Figure(AGAINST_STOCK, "wall time", a.wall_s, "s", at_most=1.2, detail=of),
        Figure(AGAINST_STOCK, "wall time, stock", b.wall_s, "s"),
        Figure(AGAINST_STOCK, "times faster", b.wall_s / a.wall_s, "x", at_least=10),
        Figure(AGAINST_STOCK, "CPU time", a.cpu_s, "s"),
        Figure(AGAINST_STOCK, "CPU time, stock", b.cpu_s, "s"),
        Figure(AGAINST_STOCK, "memory", memory, "MiB", detail=tree),
        Figure(AGAINST_STOCK, "memory, stock", stock_memory, "MiB"),
        Figure(AGAINST_STOCK, "share of stock memory", share, "x", at_most=round(1 / 3, 4)),
    ]
    return figures, runs


def by_number(directory: Path, on_progress: OnProgress, *, quick: bool) -> tuple[list[Figure], Any]:
    """The same program with 1, 3, 10 and 30 environments."""
    counts = COUNTS[:-1] if quick else COUNTS
    programs = {
        str(count): Program(
            [sys.executable, "-m", "bench.many_environments", str(count)],
            example.environ(directory / f"of-{count}"),
            paths.ROOT,
        )
        for count in counts
    }
    on_progress(", ".join(programs))
    runs = processes.in_turn(programs, dict.fromkeys(programs, 1 if quick else 3))
    walls = {int(name): processes.median(of).wall_s for name, of in runs.items()}
    steps = [f"{(walls[b] - walls[a]) / (b - a):.3f} from {a} to {b}" for a, b in pairwise(counts)]
    figures = [Figure(GROWTH, f"{count}", wall_s, "s") for count, wall_s in walls.items()]
    further = slope([(float(count), wall_s) for count, wall_s in walls.items()])
    how = f"least squares; {', '.join(steps)}"
    return [*figures, Figure(GROWTH, "each further one", further, "s", at_most=0.15, detail=how)], runs


def program(directory: Path, *, stock: bool = False) -> Program:
    """`main.py` as `cdktf` and `ops` run it."""
    environment = example.environ(directory)
    return Program(
        [sys.executable, str(paths.ROOT / "main.py")],
        example.stock(environment) if stock else environment,
        paths.ROOT,
    )
