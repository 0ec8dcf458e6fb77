"""The results for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.figures import Figure, Verdict, show
from bench.processes import Run
from ops.files import write_private

_STYLES = {Verdict.MET: "green", Verdict.MISSED: "bold red", Verdict.NONE: ""}


def table(console: Console, figures: Sequence[Figure], machine: Mapping[str, Any]) -> None:
    """Print the figures, with goal and verdict; plain lines where the output is piped."""
    title = ", ".join(f"{name} {value}" for name, value in machine.items())
    if not console.is_terminal:
        console.print(title, markup=False)
        for figure in figures:
            ending = f"  goal {figure.goal}: {figure.verdict}" if figure.verdict else ""
            detail = f"  ({figure.detail})" if figure.detail else ""
            name = f"{figure.group}: {figure.name}"
            console.print(f"{name:<60} {show(figure.value, figure.unit):>12}{ending}{detail}", markup=False)
        return
    sheet = Table(box=box.SIMPLE_HEAD, caption=title, caption_justify="left")
    for heading in ("", "value", "goal", "verdict", "how"):
        sheet.add_column(heading, justify="right" if heading in ("value", "goal") else "left")
    for group, members in groupby(figures, key=lambda figure: figure.group):
        sheet.add_row(f"[bold]{group}[/]")
        for figure in members:
            style = _STYLES[figure.verdict]
            sheet.add_row(
                f"  {figure.name}",
                show(figure.value, figure.unit),
                figure.goal,
                f"[{style}]{figure.verdict}[/]" if style else "",
                f"[dim]{figure.detail}[/]",
            )
    console.print(sheet, soft_wrap=False)


def write_json(
    file: Path,
    figures: Sequence[Figure],
    runs: Mapping[str, Mapping[str, Sequence[Run]]],
    machine: Mapping[str, Any],
    *,
    quick: bool,
) -> None:
    """The same, with each single run."""
    content = {
        "machine": dict(machine),
        "quick": quick,
        "figures": [figure.as_json() for figure in figures],
        "runs": {
            part: {name: [asdict(run) for run in of] for name, of in programs.items()}
            for part, programs in runs.items()
        },
    }
    write_private(file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
