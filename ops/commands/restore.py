"""`ops restore`: get the table's items and the bucket's objects back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ops.recovery.table_run import Choices, TableRun

app = typer.Typer(
    name="restore", help="Get lost items and objects back, as they were at a time.", no_args_is_help=True
)

Environment = Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask. In prod the name is always to be typed.")]

TIME = "2026-03-31T09:15:00Z, or how long ago: -90s, -15m, -2h, -3d."


@app.command()
def table(
    environment: Environment,
    to: Annotated[str | None, typer.Option(help=f"{TIME} latest: the latest restorable time.")] = None,
    back: Annotated[
        bool, typer.Option("--back", help="Make the table live again that the live one came from.")
    ] = False,
    remove_old: Annotated[
        bool, typer.Option("--remove-old", help="Delete the tables of earlier and unfinished restores.")
    ] = False,
    generation: Annotated[
        int | None,
        typer.Option(min=1, help="Restore this generation instead of the live one; or go back to it."),
    ] = None,
    switch: Annotated[
        bool, typer.Option(help="Switch over to the restored table; without it, it is only made.")
    ] = True,
    count: Annotated[bool, typer.Option(help="Count the items of both tables, which reads them all.")] = True,
    dry_run: DryRun = False,
    yes: Yes = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Restore the table to a point in time: a new table, compared, then switched to.

    The old table is kept, untouched. Interrupted anywhere, the same command goes on from there. A time such
    as -15m is another one each time: to go on, use the time that was printed.
    """
    import json

    from ops.recovery import restore_table
    from ops.recovery.table_run import Choices

    if [bool(to), back, remove_old].count(True) != 1:
        raise typer.BadParameter("Give one of --to TIME, --back and --remove-old.")
    if generation and remove_old:
        raise typer.BadParameter("--generation is for --to and --back.")
    run = _run(environment, Choices(dry_run, yes, switch, count), json_=json_)
    try:
        if to:
            restore_table.restore(run, to, generation)
        elif back:
            restore_table.back(run, generation)
        else:
            restore_table.remove_old(run)
    finally:
        if json_ and "live" in run.result:
            typer.echo(json.dumps(run.result, indent=2))


@app.command()
def objects(
    environment: Environment,
    prefix: Annotated[str, typer.Option(help="Keys that begin with this; '' for all.", show_default=False)],
    to: Annotated[str, typer.Option(help=TIME, show_default=False)],
    delete_later: Annotated[
        bool,
        typer.Option("--delete-later", help="Mark keys deleted that were made after that time."),
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    json_: Annotated[bool, typer.Option("--json", help="Print a JSON object for each key.")] = False,
) -> None:
    """Make the versions current again that were current at a time; deleted keys come back, too.

    Versions are copied onto their keys: nothing is taken from the history, so this can be undone by restoring
    to the time before it. Run twice, the second run has nothing to do.
    """
    from rich.console import Console

    from ops.recovery import restore_objects

    wish = restore_objects.wish(prefix, to, delete_later=delete_later)
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    restore_objects.ObjectRestore(environment, wish, console).run(dry_run=dry_run, yes=yes, json_=json_)


def _run(environment: str, choices: Choices, *, json_: bool) -> TableRun:
    from rich.console import Console

    from ops.recovery.table_run import TableRun

    console = Console(stderr=json_, highlight=False, soft_wrap=True, emoji=False)
    return TableRun(environment, choices, console)
