"""`ops smoke`: prove a deployed environment's promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.json_option import AsJson
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.table import Table

    from ops.smoke import Result


def smoke(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.")],
    json_: AsJson = False,
) -> None:
    """Use what is deployed as the application does, and check what must be refused."""
    import json

    from ops.commands.outputs import deployed

    results = run(environment, deployed(environment), quiet=json_)
    if json_:
        typer.echo(json.dumps([result.as_json() for result in results], indent=2))
    judge(environment, results)


def run(environment: str, outputs: dict[str, str], *, quiet: bool = False) -> list[Result]:
    """Prove all promises against these outputs; shows each as it is proven, on a terminal as a table."""
    from rich.console import Console
    from rich.live import Live

    from ops.smoke import prove
    from ops.smoke.deployment import Deployment
    from ops.smoke.promises import promises_of

    console = Console(quiet=quiet, highlight=False, soft_wrap=True, emoji=False)
    deployment = Deployment(environment, outputs)
    results: list[Result] = []
    if not console.is_terminal:
        for result in prove(deployment, promises_of(outputs)):
            results.append(result)
            console.print(_line(result), markup=False)
        return results
    with Live(_table(results), console=console, refresh_per_second=4) as live:
        for result in prove(deployment, promises_of(outputs)):
            results.append(result)
            live.update(_table(results))
    return results


def _line(result: Result) -> str:
    return (
        f"  {'pass' if result.held else 'FAIL'} {result.promise.concern:<9}"
        f" {result.promise.text}  ({result.seen})"
    )


def _table(results: list[Result]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table("", "concern", "promise", "seen", box=box.SIMPLE, pad_edge=False)
    for result in results:
        mark = Text("pass", "green") if result.held else Text("FAIL", "bold red")
        table.add_row(
            mark,
            Text(result.promise.concern),
            Text(result.promise.text),
            Text(result.seen, "dim", overflow="fold"),
        )
    return table


def judge(environment: str, results: list[Result]) -> None:
    """Raise PROOF if a promise was broken."""
    broken = [result for result in results if not result.held]
    if broken:
        raise OpsError(
            f"{len(broken)} of {len(results)} promises of {environment} are broken: "
            + "; ".join(result.promise.text for result in broken),
            code=ExitCode.PROOF,
        )
