"""`ops plan`: what a deploy would do, saved so that exactly that can be applied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.lock_timeout import LockTimeout
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from ops.bundles.file import Bundle
    from ops.deployment.making import Attempt
    from ops.review.model import Review

ApproveBroadening = Annotated[
    bool,
    typer.Option("--approve-broadening", help="Say yes to policies that would allow more than they do."),
]


def plan(
    environment: Annotated[str, typer.Argument(help="dev, staging, prod or account.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(help="Save the plan, with what it was made from, as a bundle for `ops deploy --plan`."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Also write it as a page.")] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 20 where there are changes.")
    ] = False,
    approve_broadening: ApproveBroadening = False,
    lock_timeout: LockTimeout = None,
    json_: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show what a deploy would do, and why; change nothing.

    Exit code 0: planned; 20: planned, and there are changes (only with --detailed-exitcode); 22: it would
    lose data, widen access or expose something, and nobody acknowledged that. The bundle is written then,
    too, and where planning fails: `ops comment` tells it.
    """
    import json

    from rich.console import Console

    from ops.deployment import reviewing
    from ops.deployment.making import Attempt, recorded
    from ops.review import terminal

    console = Console(stderr=json_, highlight=False, soft_wrap=True, emoji=False)
    attempt = Attempt(environment, again=f"ops plan {environment}")
    with recorded(attempt, out):
        review, bundle = made(
            environment, console, attempt, approve_broadening=approve_broadening, lock_timeout=lock_timeout
        )
        if json_:
            typer.echo(json.dumps(terminal.as_json(review), indent=2))
        else:
            terminal.show(review, console)
        if html:
            from ops.files import write_private
            from ops.review import page

            write_private(html, page.render([review]))
            console.print(f"Page: {html}", markup=False)
        if out:
            from ops.bundles import file

            file.write(out, bundle)
            console.print(
                f"Saved: {out}   Apply exactly this:  ops deploy {environment} --plan {out}", markup=False
            )
    reviewing.refuse_closed(review, approve_broadening=approve_broadening)
    if detailed_exitcode and review.plan and (review.plan.to_do or review.plan.outputs_to_change):
        raise typer.Exit(ExitCode.CHANGES)


def made(
    environment: str,
    console: Console,
    attempt: Attempt,
    *,
    approve_broadening: bool,
    lock_timeout: str | None = None,
) -> tuple[Review, Bundle]:
    """A new plan of an environment, and all that is said about it."""
    from ops import account, aws, stacks, synth
    from ops.deployment import making, reviewing
    from ops.progress import step
    from ops.terraform import Terraform

    stack = stacks.find(environment)
    aws.verify_caller(stack.aws_account_id, stack.aws_region)
    if not stacks.is_account(environment):
        account.require(stacks.account_of(environment), environment)
    attempt.step = "synth"
    with step(console, f"Synth of {environment}"):
        directory = synth.synthesize(environment)
    terraform = Terraform(directory, lock_timeout=lock_timeout)
    bundle = making.make(stack, terraform, console, attempt).bundle
    review = reviewing.review(bundle)
    return review, reviewing.stamped(bundle, review, approve_broadening=approve_broadening)
