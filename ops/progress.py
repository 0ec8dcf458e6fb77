"""What people see while something takes long: lines when piped, a spinner or a bar on a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

QUIET_S = 15.0
"""When piped, a line at least this often while resources are under way, in seconds."""


@contextmanager
def step(console: Console, title: str) -> Iterator[None]:
    """One step of a command: its title while it runs, then how long it took."""
    from rich.markup import escape

    started = time.monotonic()
    if not console.is_terminal:
        console.print(f"{title} …", markup=False)
    with console.status(f"{escape(title)} …"):
        yield
    console.print(f"[bold green]✓[/] [bold]{escape(title)}[/] [dim]{time.monotonic() - started:.1f} s[/]")


class ApplyProgress:
    """Follows the events of `terraform apply -json`: how many are done, which is the slowest now."""

    def __init__(self, console: Console, total: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = console
        self._total = total
        self._done = 0
        self._under_way: dict[str, float] = {}
        self._last_line = time.monotonic()
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}", style="dim"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> ApplyProgress:
        self._bar.start()
        self._task = self._bar.add_task("apply", total=self._total, now="")
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def on_event(self, event: dict[str, Any]) -> None:
        """One event of Terraform's JSON lines."""
        kind = event.get("type")
        address = event.get("hook", {}).get("resource", {}).get("addr", "")
        if kind == "apply_start":
            self._under_way[address] = time.monotonic()
        elif kind in ("apply_complete", "apply_errored"):
            if event["hook"].get("action") == "read":  # of a data source: the plan does not count it
                self._under_way.pop(address, None)
            else:
                self._end(address, kind, event["hook"].get("elapsed_seconds", 0))
        elif kind == "diagnostic" and event["diagnostic"]["severity"] == "warning":
            return  # errors are raised at the end; warnings are the plan's to show
        self._show()

    def _end(self, address: str, kind: str, seconds: int) -> None:
        self._under_way.pop(address, None)
        self._done += 1
        if not self._console.is_terminal:
            word = "done" if kind == "apply_complete" else "FAILED"
            self._line(f"  {self._done}/{self._total} {word} {address} ({seconds} s)")

    def _show(self) -> None:
        now = time.monotonic()
        slowest = min(self._under_way, key=lambda address: self._under_way[address], default="")
        waiting = f"{slowest} since {now - self._under_way[slowest]:.0f} s" if slowest else ""
        if self._task is not None:
            self._bar.update(self._task, completed=self._done, now=waiting)
        if waiting and not self._console.is_terminal and now - self._last_line > QUIET_S:
            self._line(f"  {self._done}/{self._total} waiting for {waiting}")

    def _line(self, text: str) -> None:
        self._last_line = time.monotonic()
        self._console.print(text, markup=False, soft_wrap=True)
