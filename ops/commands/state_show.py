"""`ops state list` and `ops state show`: what a state holds, without Terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.json_option import AsJson
from ops.commands.state_target import Environment

if TYPE_CHECKING:
    from ops.state.document import Instance


def list_(environment: Environment, json_: AsJson = False) -> None:
    """List the resources of a state: construct path, Terraform address, type and id.

    Reads the state's object, so it works where nothing is synthesized or initialized; the construct paths
    are then unknown and left out.
    """
    import json

    from ops.commands.state_target import current_state, store_of
    from ops.state import tables

    instances = current_state(store_of(environment)).instances
    paths = _paths(environment)
    if json_:
        typer.echo(json.dumps([_row(one, paths) for one in instances], indent=2))
        return
    if not instances:
        typer.echo(f"The state of {environment} holds no resources.")
        return
    columns = ["construct", "address", "type", "id"] if paths else ["address", "type", "id"]
    rows = [[_row(one, paths)[column] or "-" for column in columns] for one in instances]
    tables.show(columns, rows)
    typer.echo(f"{len(instances)} in all. One of them: ops state show {environment} ADDRESS")
    if not paths:
        typer.echo(f"Construct paths are unknown until {environment} is synthesized here: cdktf synth")


def show(
    environment: Environment,
    address: Annotated[str, typer.Argument(help="Terraform address or construct path.", show_default=False)],
    json_: AsJson = False,
) -> None:
    """Show the attributes of one resource, by its address or its construct path.

    What the state or the provider marks as sensitive, and what looks like a key or a token, is masked.
    """
    import json

    from ops.commands.state_target import current_state, store_of
    from ops.state import construct_paths, masking

    state = current_state(store_of(environment))
    paths = _paths(environment)
    found = construct_paths.matching(state.instances, paths, address)
    if len(found) != 1:
        raise _not_one(environment, address, [one.address for one in found], known=bool(paths))
    (one,) = found
    document = {**_row(one, paths), "attributes": masking.masked(one)}
    if json_:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{one.address}" + (f"  ({document['construct']})" if document["construct"] else ""))
    width = max((len(name) for name in one.attributes), default=0)
    for name, value in sorted(masking.masked(one).items()):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        typer.echo(f"  {name.ljust(width)}  {text}")


def _paths(environment: str) -> dict[str, str]:
    from ops import paths
    from ops.state import construct_paths

    return construct_paths.read(paths.stack_directory(environment))


def _row(one: Instance, paths: dict[str, str]) -> dict[str, str]:
    from ops.state import construct_paths, masking

    shown = masking.masked(one).get("id")
    return {
        "construct": construct_paths.of(one, paths),
        "address": one.address,
        "type": one.type,
        "id": str(shown or ""),
    }


def _not_one(environment: str, wanted: str, found: list[str], *, known: bool) -> Exception:
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    if found:
        return OpsError(
            f"{wanted} is {len(found)} resources of {environment}: {', '.join(found)}.",
            hint="Name one of them.",
            code=ExitCode.USAGE,
        )
    unknown = "" if known else " Construct paths are unknown until it is synthesized here: cdktf synth"
    return OpsError(
        f"The state of {environment} has no resource {wanted}.",
        hint=f"ops state list {environment}  shows what it has.{unknown}",
        code=ExitCode.STATE,
    )
