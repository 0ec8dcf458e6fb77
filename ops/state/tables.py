"""Rows for people: a table on a terminal, aligned columns without any width when piped."""

from __future__ import annotations

from collections.abc import Sequence

import typer


def show(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print them; piped, two spaces stand between columns and nothing is cut."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False, emoji=False)
    if console.is_terminal:
        table = Table(box=box.SIMPLE, pad_edge=False)
        for header in headers:
            table.add_column(header, overflow="fold")  # ids are there to be copied whole
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        console.print(table)
        return
    lines = [headers, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def size(count: int) -> str:
    """`812 B`, `64 KiB`."""
    return f"{count} B" if count < 1024 else f"{count / 1024:.0f} KiB"
