"""The rows of a bootstrap as a table, as plain lines, or as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from ops.remote_state.model import Action, Change

if TYPE_CHECKING:
    from rich.console import Console

WORDS = {Action.CREATE: ("create", "created"), Action.CHANGE: ("change", "changed")}
"""In a dry run and after a run."""


def show(changes: list[Change], *, dry_run: bool) -> None:
    """Print what differs (a table on a terminal, one line per row when piped) and the summary."""
    from rich.console import Console

    console = Console(highlight=False)
    differing = [change for change in changes if change.action is not Action.RIGHT]
    if not differing:
        typer.echo(f"Nothing to do: all {len(changes)} settings are right.")
        _notes(changes)
        return
    if console.is_terminal:
        _table(console, differing, dry_run=dry_run)
    else:
        for change in differing:
            typer.echo(line(change, dry_run=dry_run))
    _notes(changes)
    typer.echo(summary(changes, dry_run=dry_run))


def line(change: Change, *, dry_run: bool) -> str:
    """`change  lock table spec-wizard-tflock  deletion protection: off -> on`."""
    word = WORDS[change.action][0 if dry_run else 1]
    was = f"{change.was} -> " if change.was else ""
    return f"{word}  {change.resource}  {change.setting}: {was}{change.will_be}"


def summary(changes: list[Change], *, dry_run: bool) -> str:
    """`To create: 27, to change: 0, already right: 0. Nothing was changed: this was a dry run.`"""
    count = Counter(change.action for change in changes)
    created, changed, right = (count[action] for action in (Action.CREATE, Action.CHANGE, Action.RIGHT))
    if dry_run:
        return (
            f"To create: {created}, to change: {changed}, already right: {right}. "
            "Nothing was changed: this was a dry run."
        )
    return f"Created: {created}, changed: {changed}, already right: {right}."


def as_json(environment: str, account_id: str, region: str, changes: list[Change], *, dry_run: bool) -> str:
    """One object; `changes` holds all rows, those already right included, with the fields of `Change`."""
    count = Counter(change.action for change in changes)
    return json.dumps(
        {
            "environment": environment,
            "account_id": account_id,
            "region": region,
            "dry_run": dry_run,
            "summary": {action.value: count[action] for action in Action},
            "changes": [asdict(change) for change in changes],
        },
        indent=2,
    )


def _table(console: Console, changes: list[Change], *, dry_run: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        "",
        "setting",
        "was",
        "will be" if dry_run else "is",
    )
    resource = ""
    for change in changes:
        if change.resource != resource:
            resource = change.resource
            table.add_section()
            table.add_row("", f"[bold]{escape(resource)}[/bold]")
        style = "green" if change.action is Action.CREATE else "yellow"
        word = WORDS[change.action][0 if dry_run else 1]
        table.add_row(
            f"[{style}]{word}[/{style}]", change.setting, escape(change.was), escape(change.will_be)
        )
    console.print(table)


def _notes(changes: list[Change]) -> None:
    for change in changes:
        if change.note:
            typer.echo(f"Note: {change.setting} of the {change.resource}: {change.note}")
