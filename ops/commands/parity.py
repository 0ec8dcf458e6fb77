"""`ops parity`: what one environment has and another has not, beyond what their configurations say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.json_option import AsJson
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from ops.parity.compare import Comparison


def parity(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ENV ENV...]", help="dev, staging, prod; two or more. Without: all.", show_default=False
        ),
    ] = None,
    explained: Annotated[
        bool, typer.Option("--explained", help="Also what the configurations explain, and by which key.")
    ] = False,
    json_: AsJson = False,
) -> None:
    """Compare what the environments' code comes to, and show what no configuration explains.

    Offline. Exit code 0: nothing; 24: something, which is a change that reached one environment only, or a
    row that ops/parity/allowances.py lacks.
    """
    import json

    from rich.console import Console

    from environments import ENVIRONMENTS
    from ops.parity import run
    from ops.progress import step

    chosen = tuple(dict.fromkeys(names or ENVIRONMENTS))
    if len(chosen) < 2:
        raise OpsError(
            f"{chosen[0]!r} alone cannot be compared.",
            hint=f"Name two or more of: {', '.join(ENVIRONMENTS)}.",
            code=ExitCode.USAGE,
        )
    with step(Console(stderr=True, highlight=False, emoji=False), "Synthesizing"):
        found = run.comparison(chosen)
    if json_:
        document = {
            "environments": list(chosen),
            "differences": [one.as_json() for one in found.differences],
            "explained": [
                {
                    "path": one.path,
                    "attribute": one.attribute,
                    "environments": list(one.environments),
                    "key": one.allowance.key,
                }
                for one in found.explained
            ],
        }
        typer.echo(json.dumps(document, indent=2))
    else:
        show(chosen, found, explained=explained)
    if found.differences:
        raise typer.Exit(ExitCode.POLICY)


def show(names: tuple[str, ...], found: Comparison, *, explained: bool) -> None:
    """What is not explained, as a table; with `explained` the rest, too."""
    from ops.state import tables

    listed = ", ".join(names)
    if found.differences:
        tables.show(("construct", "difference"), [(one.path, one.what) for one in found.differences])
        typer.echo()
    if explained and found.explained:
        rows = sorted((one.path, one.attribute, one.allowance.key) for one in found.explained)
        tables.show(("construct", "what differs", "because of"), list(dict.fromkeys(rows)))
        typer.echo()
    count = len(found.differences)
    places = len({(one.path, one.attribute) for one in found.explained})
    typer.echo(
        f"{listed}: {count or 'no'} {'difference' if count == 1 else 'differences'} without an explanation;"
        f" {places} that their configurations explain."
    )
