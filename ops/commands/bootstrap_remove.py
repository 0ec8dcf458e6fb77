"""`ops bootstrap --remove`: take the remote state of an account and region away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ops.remote_state.removal import Removal


def run(environment: str, *, dry_run: bool, yes: bool, json_: bool) -> None:
    """See `ops bootstrap --help`."""
    from environments import load, naming
    from ops import aws, confirmation
    from ops.remote_state import removal

    config = load(environment)
    account_id, region = config.aws_account_id, config.aws_region
    caller = aws.verify_caller(account_id, region)
    found = removal.look(account_id, region)
    planned = found.describe()
    if json_ and dry_run:
        typer.echo(_as_json(account_id, region, planned, []))
        return
    if not json_:
        typer.echo(f"Remote state of account {account_id} in {region}, as {caller.arn}")
    if found.nothing:
        if json_:
            typer.echo(_as_json(account_id, region, [], []))
        else:
            typer.echo("Nothing to do: it is gone, or never was.")
        return
    if not json_:
        typer.echo("Would go:" if dry_run else "Goes, with every earlier version of every state:")
        for line in planned:
            typer.echo(f"  {line}")
    if dry_run:
        typer.echo("No state holds resources and none is locked. Nothing was changed: this was a dry run.")
        return
    bucket = naming.state_bucket(account_id, region)
    confirmation.ask(environment, "Remove all that?", yes=yes, name=bucket, always_by_name=True)
    removed = list(_removed(found, quiet=json_))
    if json_:
        typer.echo(_as_json(account_id, region, planned, removed))
    else:
        typer.echo(f"Removed. A new one: ops bootstrap {environment}")


def _removed(found: Removal, *, quiet: bool) -> list[str]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from ops.remote_state import removal

    console = Console(highlight=False, emoji=False)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    tasks = {}

    def on_progress(bucket: str, done: int, total: int) -> None:
        if bucket not in tasks:
            tasks[bucket] = bar.add_task(bucket, total=total)
        bar.update(tasks[bucket], completed=done)
        if not quiet and not console.is_terminal:
            typer.echo(f"  {bucket}: {done} of {total} object versions deleted")

    removed = []
    with bar:
        for what in removal.remove(found, on_progress):
            removed.append(what)
            if not quiet:
                bar.console.print(f"removed {what}", markup=False, soft_wrap=True)
    return removed


def _as_json(account_id: str, region: str, planned: list[str], removed: list[str]) -> str:
    import json

    document = {"account_id": account_id, "region": region, "there": planned, "removed": removed}
    return json.dumps(document, indent=2)
