"""`ops migrate`: take over what AWS CDK stacks of the application hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.confirm_option import Confirm
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from ops.migration.look import Found
    from ops.migration.rows import Row
    from ops.stacks import Stack


def migrate(
    environment: Annotated[str, typer.Argument(help="dev, staging, prod or account.", show_default=False)],
    from_cdk: Annotated[bool, typer.Option("--from-cdk", help="From AWS CDK's stacks.")] = False,
    stack: Annotated[
        list[str] | None,
        typer.Option(help="An old stack whose name tells neither environment nor concern; again for each."),
    ] = None,
    show_plan: Annotated[bool, typer.Option("--plan", help="Show each change to what is there.")] = False,
    write: Annotated[
        Path | None, typer.Option(help="Keep the import blocks in a file of this folder.")
    ] = None,
    retain: Annotated[
        bool,
        typer.Option("--retain", help="Have the old stacks leave behind what stays."),
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Apply exactly the plan that was judged.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask. Not enough for prod and the account.")
    ] = False,
    confirm: Confirm = "",
    json_: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Find what the old stacks hold, and plan to import it. Changes nothing without --retain or --apply.

    Exit code 14 if the plan would destroy or replace anything that holds data. The steps: docs/MIGRATION.md.
    """
    from rich.console import Console

    from ops import aws, confirmation, stacks, synth
    from ops.migration import look

    if not from_cdk:
        raise typer.BadParameter("Say where from:  --from-cdk")
    if json_ and (retain or apply):
        raise typer.BadParameter("--json only looks; it goes with neither --retain nor --apply.")
    wishes = " --retain" * retain + " --apply" * apply
    again = f"ops migrate {environment} --from-cdk{wishes}"
    confirmation.refuse_in_advance(environment, yes=yes, given=confirm, command=again)
    console = Console(highlight=False, soft_wrap=True, emoji=False, quiet=json_)
    target = stacks.find(environment)
    aws.verify_caller(target.aws_account_id, target.aws_region)
    directory = synth.prepared(environment)
    with look.looked_at(target, directory, stack or []) as found:
        if json_:
            typer.echo(_json(found))
        else:
            _show(found, target, console, show_plan)
        if retain:
            _retain(found, target, console, yes=yes, confirm=confirm)
        if found.refused:
            raise OpsError(
                f"The plan for {environment} must not be applied: " + "\n".join(found.refused),
                hint="Nothing was changed by it. docs/MIGRATION.md has more on what cannot be imported.",
                code=ExitCode.PROTECTED,
            )
        if apply:
            _apply(found, target, directory, console, yes=yes, confirm=confirm)
    if write and not apply:
        console.print(f"Import blocks: {look.write(target, write, found)}", markup=False)


def _json(found: Found) -> str:
    import json

    from ops.migration import verdict

    return json.dumps(
        {
            "resources": [row.as_json() for row in found.table],
            "imports": found.imports,
            "plan": found.plan.summary(),
            "changed": [
                {"address": address, "actions": actions, "attributes": names}
                for address, actions, names in verdict.changed(found.plan.document)
            ],
            "refused": found.refused,
            "weakened": found.weakened,
            "not_retained": found.outstanding,
        },
        indent=2,
    )


def _show(found: Found, target: Stack, console: Console, show_plan: bool) -> None:
    from ops.migration import verdict

    if not found.table:
        console.print(f"Nothing of older stacks was found for {target.name}.")
    elif console.is_terminal:
        console.print(_table(found.table))
    else:
        for row in found.table:
            console.print(
                f"  {row.fate:<9} {row.holds or '-':<18} {row.kind} {row.name}"
                f"{'  ' + (row.address or row.note) if row.address or row.note else ''}",
                markup=False,
            )
    console.print(f"Plan: {found.plan.summary()}")
    if show_plan:
        for address, actions, names in verdict.changed(found.plan.document):
            console.print(f"  {actions} {address}: {', '.join(names)}", markup=False)
    for line in found.weakened:
        console.print(f"Careful: {line}", style="yellow", markup=False)
    for name, ids in found.outstanding.items():
        console.print(f"Would go with the stack {name}: {', '.join(ids)}", style="yellow", markup=False)
    if found.outstanding:
        console.print(f"Before the stacks are deleted:  ops migrate {target.name} --from-cdk --retain")
    if not found.refused:
        console.print("Nothing that holds data would be destroyed or replaced.")


def _table(found: list[Row]) -> object:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table("what happens", "holds", "resource", "name", "", box=box.SIMPLE, pad_edge=False)
    for row in found:
        table.add_row(
            Text(row.fate, "bold" if row.holds else ""),
            Text(row.holds or "-"),
            Text(row.kind),
            Text(row.name, overflow="fold"),
            Text(row.address or row.note, "dim", overflow="fold"),
        )
    return table


def _retain(found: Found, target: Stack, console: Console, *, yes: bool, confirm: str) -> None:
    from ops import aws, confirmation
    from ops.migration import retain
    from ops.progress import step

    if not found.outstanding:
        console.print("The old stacks take nothing along that stays.")
        return
    question = f"Update the stacks {', '.join(found.outstanding)}?"
    confirmation.ask(target.name, question, yes=yes, given=confirm, unchanged="No stack was updated.")
    cloudformation = aws.client("cloudformation", target.aws_region)
    for name, ids in found.outstanding.items():
        with (
            step(console, f"{name} leaves behind {', '.join(ids)}"),
            aws.aws_errors(f"updating the stack {name}"),
        ):
            retain.retain(cloudformation, name, ids)


def _apply(
    found: Found, target: Stack, directory: Path, console: Console, *, yes: bool, confirm: str
) -> None:
    from ops import account, confirmation, stacks
    from ops.progress import ApplyProgress, step
    from ops.terraform import Terraform

    if found.plan.empty:
        console.print("No changes: what is deployed is what is configured.")
        return
    if not stacks.is_account(target.name):
        account.require(stacks.account_of(target.name), target.name)
    confirmation.ask(
        target.name, "Apply this plan?", yes=yes, given=confirm, unchanged="Nothing was applied."
    )
    with step(console, "Terraform apply"), ApplyProgress(console, found.plan.operations) as progress:
        Terraform(directory).apply(found.plan, progress.on_event)
