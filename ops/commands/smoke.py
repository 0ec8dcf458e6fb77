"""`ops smoke`: prove a deployed environment's promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from ops.smoke import Result


def smoke(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.")],
    json_: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Use what is deployed as the application does, and check what must be refused."""
    import json

    from ops.commands.outputs import deployed

    results = run(environment, deployed(environment), quiet=json_)
    if json_:
        typer.echo(json.dumps([result.as_json() for result in results], indent=2))
    judge(environment, results)


def run(environment: str, outputs: dict[str, str], *, quiet: bool = False) -> list[Result]:
    """Prove all promises against these outputs; shows them as they are proven."""
    from rich.console import Console

    from ops.smoke import database, prove, storage
    from ops.smoke.deployment import Deployment

    console = Console(quiet=quiet, highlight=False, soft_wrap=True, emoji=False)
    results: list[Result] = []
    with console.status("Proving …"):
        for result in prove(Deployment(environment, outputs), (*database.PROMISES, *storage.PROMISES)):
            results.append(result)
            mark = "[green]held  [/]" if result.held else "[bold red]BROKEN[/]"
            console.print(f"  {mark} {result.promise.concern:<9} {result.promise.text}", end="")
            console.print(f"  ({result.seen})", style="dim", markup=False)
    return results


def judge(environment: str, results: list[Result]) -> None:
    """Raise PROOF if a promise was broken."""
    broken = [result for result in results if not result.held]
    if broken:
        raise OpsError(
            f"{len(broken)} of {len(results)} promises of {environment} are broken: "
            + "; ".join(result.promise.text for result in broken),
            code=ExitCode.PROOF,
        )
