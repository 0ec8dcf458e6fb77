"""The steps of a destroy that change something. Each converges when it is done again."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ops.destroy import emptying, remains
from ops.destroy.doomed import Doomed, regions
from ops.destroy.holdings import Client, Holding
from ops.destroy.remains import Remains
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.recovery import generations, tables
from ops.recovery.tables import Table
from ops.stacks import Stack, is_account

if TYPE_CHECKING:
    from rich.console import Console

    from ops.terraform import Plan, Terraform

QUIET_S = 5.0
"""When piped, at most one line of progress in this time, in seconds."""


def refuse_while_locked(stack: Stack) -> None:
    """Raise OpsError (LOCKED) if somebody deploys just now: he would lose what he makes."""
    from ops.remote_state import locks

    if found := locks.read_locks(stack):
        raise OpsError(
            f"{stack.name} is locked: {locks.describe(found[0])}. Nothing was deleted.",
            hint=f"Wait for that run. If it is dead:  ops state unlock {stack.name}",
            code=ExitCode.LOCKED,
        )


def empty(bucket: Holding, client: Client, console: Console) -> int:
    """Empty one bucket with progress; how many versions and markers that were."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from ops.aws import aws_errors

    total = bucket.figures.get("versions", 0) + bucket.figures.get("markers", 0)
    of = f" of {total:,}" if bucket.exact else ""
    told = -QUIET_S
    bar = Progress(
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task(bucket.name, total=total if bucket.exact else None)

    def on_batch(deleted: int) -> None:
        nonlocal told
        bar.update(task, completed=deleted)
        if not console.is_terminal and time.monotonic() - told >= QUIET_S:
            told = time.monotonic()
            console.print(f"  {bucket.name}: {deleted:,}{of} versions and markers deleted", markup=False)

    with bar, aws_errors(f"emptying {bucket.name}"):
        deleted = emptying.empty(client("s3", bucket.region), bucket.name, on_batch)
    console.print(f"  {bucket.name} is empty: {deleted:,} versions and markers deleted", markup=False)
    return deleted


def delete_generations(found: Iterable[Table], dynamodb: Any, console: Console) -> list[str]:
    """Delete the tables of restores that are in no state; their names."""
    from ops.progress import step

    deleted = []
    for table in found:
        with step(console, f"Deletion of {table.name}"):
            tables.remove(dynamodb, table)
        deleted.append(table.name)
    return deleted


def begin_generations_anew(stack: Stack, console: Console) -> None:
    """Made again, an environment begins with the first generation of its table: the others are gone."""
    import environments

    if is_account(stack.name) or environments.load(stack.name).database.generation == 1:
        return
    file = generations.write(stack.environment, 1)
    if not generations.is_local():
        console.print(
            f"Commit {generations.shown(file)}: {stack.name} would be made again with its first table.",
            markup=False,
        )


def apply(terraform: Terraform, plan: Plan, console: Console) -> None:
    """Apply exactly this plan, with progress."""
    from ops.progress import ApplyProgress, step

    with step(console, "Terraform destroys"), ApplyProgress(console, plan.operations) as progress:
        terraform.apply(plan, progress.on_event)


def look_for_remains(stack: Stack, doomed: Doomed, client: Client, console: Console) -> Remains:
    """Ask every service what it still holds of the stack."""
    from ops.progress import step

    with step(console, "Looking at every service for what is left"):
        return remains.look(stack.environment, regions(stack), doomed.apis, client)
