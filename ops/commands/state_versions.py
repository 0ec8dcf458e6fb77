"""`ops state versions`, `diff` and `restore`: what a state was, what changed, and the way back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.json_option import AsJson
from ops.commands.state_target import Environment, Say

if TYPE_CHECKING:
    from ops.state.comparison import Comparison, Difference
    from ops.state.history import Row
    from ops.state.restoring import Done, Plan

A_VERSION = "A serial or a version id, see ops state versions."


def versions(
    environment: Environment,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest first.")] = 20,
    all_: Annotated[bool, typer.Option("--all", help="All of them, instead of a number.")] = False,
    json_: AsJson = False,
) -> None:
    """List the versions of a state, the newest first, each with what it changed against the one before.

    Deleted and damaged ones are shown as what they are. Old versions stay for 90 days.
    """
    import json

    from ops.commands.state_target import store_of
    from ops.state import history, tables

    store = store_of(environment)
    found = store.versions()
    wanted = len(found) if all_ else limit
    rows = history.rows(history.read(store, found[: wanted + 1]))[:wanted]
    if json_:
        typer.echo(json.dumps({"total": len(found), "versions": [row.as_json() for row in rows]}, indent=2))
        return
    if not found:
        typer.echo(f"{environment} has no state: nothing was ever deployed.")
        return
    headers = ("serial", "time (UTC)", "size", "resources", "change", "Terraform", "lineage", "version id")
    tables.show(headers, [_cells(row) for row in rows])
    for row in rows:
        if row.entry.state is None and not row.entry.version.deleted:
            typer.echo(f"Damaged: {row.entry.version.id} {row.entry.damage}")
    if len(found) > len(rows):
        typer.echo(f"{len(rows)} of {len(found)}; --limit {2 * len(rows)} or --all shows more.")


def diff(
    environment: Environment,
    a: Annotated[str, typer.Argument(help=A_VERSION, show_default=False)],
    b: Annotated[str, typer.Argument(help=A_VERSION, show_default=False)],
    json_: AsJson = False,
) -> None:
    """Show what differs from version A to version B: resources, their attributes, outputs. Secrets masked."""
    import json
    from dataclasses import asdict

    from ops.commands.state_target import store_of
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode
    from ops.state import history
    from ops.state.comparison import compare

    store = store_of(environment)
    found = store.versions()
    states = []
    for name in (a, b):
        entry = history.find(store, found, name)
        if entry.state is None:
            raise OpsError(
                f"Version {name} of the state of {environment} {entry.damage}, so it cannot be compared.",
                hint=f"ops state versions {environment}  shows which are sound.",
                code=ExitCode.STATE,
            )
        states.append(entry.state)
    comparison = compare(*states)
    if json_:
        typer.echo(json.dumps(asdict(comparison), indent=2, ensure_ascii=False))
    else:
        _show(comparison)


def restore(
    environment: Environment,
    version: Annotated[str, typer.Argument(help=A_VERSION, show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; not enough for prod and account.")] = False,
    json_: AsJson = False,
) -> None:
    """Make an earlier version of a state the current one, under its lock; prints the command that goes back.

    Only what Terraform knows changes, no resource: the next plan shows how the two differ.
    """
    import json

    from ops import confirmation
    from ops.commands.state_target import store_of
    from ops.remote_state import taking
    from ops.state import restoring

    store = store_of(environment)
    taking.refuse_locked(store.owner, with_=store.use)
    say = partial(typer.echo, err=json_)
    planned = restoring.plan(store, version)
    if planned.is_current and planned.digest_is_right:
        say(f"Nothing to do: that is the current state of {environment}, and its digest is right.")
        done = restoring.Done(planned.serial, planned.current.version.id, written=False)
    else:
        _announce(environment, planned, say)
        confirmation.ask(environment, "Restore it?", yes=yes, always_by_name=True)
        done = restoring.carry_out(store, planned)
        _tell(environment, planned, done, say)
    if json_:
        typer.echo(json.dumps(_result(environment, planned, done), indent=2))


def _result(environment: str, planned: Plan, done: Done) -> dict[str, object]:
    """For programs. way_back: the version that undoes it, null where nothing was written or nothing does."""
    return {
        "environment": environment,
        "restored": planned.target.version.id if done.written else None,
        "digest_mended": not planned.digest_is_right,
        "serial": done.serial,
        "version_id": done.version_id,
        "way_back": planned.current.version.id if done.written and planned.current.state else None,
    }


def _tell(environment: str, planned: Plan, done: Done, say: Say) -> None:
    if not done.written:
        say(f"The digest of {environment} is that of its state again (serial {done.serial}).")
        return
    say(f"Restored: the state of {environment} has the serial {done.serial} (version {done.version_id}).")
    if planned.current.state:
        say(f"The way back: ops state restore {environment} {planned.current.version.id}")
    elif planned.before:
        say(
            f"What was there {planned.current.damage}, so nothing leads back to it; it stays as version "
            f"{planned.current.version.id}."
        )
    say(f"Next: cdktf diff {environment}  shows how this state and what is deployed differ.")


def _announce(environment: str, planned: Plan, say: Say) -> None:
    entry = planned.target
    time, count = entry.version.time, len(planned.state.resources)
    if planned.is_current:
        say(f"Version {entry.version.id} is current; only its digest in the lock table is wrong.")
        return
    say(
        f"Version {entry.version.id} of {time:%Y-%m-%d %H:%M:%S} UTC (serial {entry.serial}, {count} "
        f"resources) becomes the state of {environment}, with the serial {planned.serial}."
    )
    if planned.current.state is None:
        say(f"The current object {planned.current.damage}.")
    if planned.changes_lineage:
        say("Its lineage is another than that of the newest sound state: that one was begun anew.")
    if planned.comparison and not planned.comparison.empty:
        say("Against the newest sound state:")
        _show(planned.comparison, say, attributes=False)


def _cells(row: Row) -> list[str]:
    from ops.state import tables

    version, state = row.entry.version, row.entry.state
    serial = "" if row.entry.serial is None else str(row.entry.serial)
    what = "" if row.entry.what == "sound" else row.entry.what.upper()
    return [
        f"{serial or '-'}{' (current)' if version.latest else ''}",
        f"{version.time:%Y-%m-%d %H:%M:%S}",
        "-" if version.deleted else tables.size(version.size),
        str(len(state.resources)) if state else "-",
        what or row.delta or "first seen",
        state.terraform_version if state else "-",
        state.lineage.partition("-")[0] if state else "-",
        version.id,
    ]


def _show(comparison: Comparison, say: Say = typer.echo, *, attributes: bool = True) -> None:
    if comparison.empty:
        say("No difference but the serial and the like.")
    for sign, addresses in (("+", comparison.added), ("-", comparison.removed)):
        for address in addresses:
            say(f"{sign} {address}")
    for address, differences in comparison.changed.items():
        say(f"~ {address}")
        for one in differences if attributes else ():
            say(f"    {_line(one)}")
    for one in comparison.outputs:
        say(f"~ output {_line(one)}" if attributes else f"~ output {one.path}")


def _line(one: Difference) -> str:
    if one.before == one.after:
        return f"{one.path}: {one.before}, and differs in what is masked"
    return f"{one.path}: {one.before} -> {one.after}"
