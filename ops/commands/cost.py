"""`ops cost`: what environments cost in a month, without asking AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.json_option import AsJson

if TYPE_CHECKING:
    from ops.cost.run import Answer


def cost(
    stacks: Annotated[
        list[str],
        typer.Argument(
            metavar="ENV...", help="dev, staging, prod or account; several, or all.", show_default=False
        ),
    ],
    free_tier: Annotated[
        bool, typer.Option("--free-tier", help="Take off what AWS gives every account for free, for ever.")
    ] = False,
    detail: Annotated[bool, typer.Option("--detail", help="Each resource with what is charged.")] = False,
    json_: AsJson = False,
) -> None:
    """Estimate the monthly cost by AWS's list prices and the assumed usage, as a range, in USD.

    Offline: it reads the code, ops/cost/prices.toml and environments/usage.toml. What has no price is named.
    Exit code 0 whatever it costs.
    """
    import json

    from rich.console import Console

    from ops.cost import run
    from ops.progress import step

    with step(Console(stderr=True, highlight=False, emoji=False), "Synthesizing"):
        answer = run.estimates(stacks, free_tier=free_tier)
    if json_:
        document = {
            "free_tier": free_tier,
            "stacks": {name: one.as_json(detail=detail) for name, one in answer.estimates.items()},
            "notes": list(answer.notes),
        }
        typer.echo(json.dumps(document, indent=2))
    else:
        show(answer, free_tier=free_tier, detail=detail)


def show(answer: Answer, *, free_tier: bool, detail: bool) -> None:
    """The table, with `detail` one more for each stack, and what there is to know of them."""
    from ops.cost import prices, report
    from ops.state import tables

    tables.show(*report.table(answer.estimates))
    if detail:
        for name, estimate in answer.estimates.items():
            typer.echo(f"\n{name}")
            tables.show(*report.details(estimate))
    typer.echo()
    for line in report.remarks(answer.estimates, answer.notes, prices.load(), free_tier=free_tier):
        typer.echo(line)
