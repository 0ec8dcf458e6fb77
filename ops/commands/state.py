"""`ops state`: look after the remote state of an environment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands import state_doctor, state_show, state_versions
from ops.commands.confirm_option import Confirm
from ops.commands.json_option import AsJson
from ops.commands.state_target import Environment, Say, verified

if TYPE_CHECKING:
    from ops.remote_state.locks import StateLock

app = typer.Typer(
    name="state",
    help="Look into an environment's state, bring an earlier one back, see to its lock.",
    no_args_is_help=True,
)
app.command("list")(state_show.list_)
app.command()(state_show.show)
app.command()(state_versions.versions)
app.command()(state_versions.diff)
app.command()(state_versions.restore)
app.command()(state_doctor.doctor)
app.command()(state_doctor.migrate_lock)


@app.command()
def lock(
    environment: Environment,
    json_: AsJson = False,
) -> None:
    """Show who holds the state lock, for what, and since when. Exit code 6 if somebody does."""
    import json

    from ops.exit_codes import ExitCode
    from ops.remote_state import locks

    stack = verified(environment)
    found = locks.read_locks(stack)
    if json_:
        rows = [lock.as_json() for lock in found]
        typer.echo(json.dumps({"environment": environment, "locked": bool(rows), "locks": rows}, indent=2))
    elif not found:
        typer.echo(f"{environment} is not locked.")
    else:
        _show(environment, found)
        typer.echo(f"If that run is dead, clear the lock: ops state unlock {environment}")
    if found:
        raise typer.Exit(ExitCode.LOCKED)


@app.command()
def unlock(
    environment: Environment,
    force: Annotated[
        bool, typer.Option("--force", help="Also a lock younger than 10 minutes, whose holder may be alive.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask; not enough for prod and the account.")
    ] = False,
    confirm: Confirm = "",
    json_: AsJson = False,
) -> None:
    """Remove the state lock that a killed run left behind; never one that somebody takes meanwhile."""
    from ops import confirmation
    from ops.exit_codes import ExitCode
    from ops.remote_state import locks

    command = f"ops state unlock {environment}"
    confirmation.refuse_in_advance(environment, yes=yes, given=confirm, command=command)
    stack = verified(environment)
    found = locks.read_locks(stack)
    say = partial(typer.echo, err=json_)
    if not found:
        say(f"{environment} is not locked.")
        _tell_programs(environment, {}, [], json_)
        return
    _show(environment, found, say)
    if not force:
        _refuse_young(environment, found)
    confirmation.ask(
        environment,
        "Is that run really dead, and shall its lock be removed?",
        yes=yes,
        given=confirm,
        unchanged="The lock is still there.",
    )
    done: dict[StateLock, bool] = {}
    for one in found:
        done[one] = locks.clear(one)
        say(f"{'Removed' if done[one] else 'Gone or taken anew, so not removed'}: {one.place}, lock {one.id}")
    left = locks.read_locks(stack)
    _tell_programs(environment, done, left, json_)
    if left:
        _show(environment, left, say)
        raise typer.Exit(ExitCode.LOCKED)
    say(f"{environment} is not locked any more.")
    say(f"Whether the dead run left its state whole: ops state doctor {environment}")


def _tell_programs(environment: str, done: dict[StateLock, bool], left: list[StateLock], json_: bool) -> None:
    """done: whether each lock that was found could be removed. left: what holds the state afterwards."""
    import json

    if not json_:
        return
    document = {
        "environment": environment,
        "locked": bool(left),
        "removed": [one.as_json() for one, removed in done.items() if removed],
        "locks": [one.as_json() for one in left],
    }
    typer.echo(json.dumps(document, indent=2))


def _show(environment: str, found: list[StateLock], say: Say = typer.echo) -> None:
    from ops.remote_state import locks

    say(f"{environment} is locked:")
    for one in found:
        say(f"  {locks.describe(one)}")


def _refuse_young(environment: str, found: list[StateLock]) -> None:
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode
    from ops.remote_state.locks import YOUNG

    minutes = int(YOUNG.total_seconds() // 60)
    if young := [one for one in found if one.is_young()]:
        raise OpsError(
            f"The lock of {environment} is younger than {minutes} minutes (or its age is unknown): "
            f"{young[0].who or 'its holder'} may still be at work.",
            hint=f"Ask first. If that run is certainly dead: ops state unlock {environment} --force",
            code=ExitCode.LOCKED,
        )
