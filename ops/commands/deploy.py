"""`ops deploy`: apply what was reviewed, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops.commands.confirm_option import Confirm
from ops.commands.lock_timeout import LockTimeout
from ops.commands.plan import ApproveBroadening

if TYPE_CHECKING:
    from rich.console import Console

    from ops.bundles.file import Bundle
    from ops.deployment.making import Attempt
    from ops.stacks import Stack
    from ops.terraform import Plan, Terraform


@dataclass(frozen=True)
class Answers:
    """What the command line said in advance.

    confirm: the environment's name, or "". lock_timeout: as in `Terraform`.
    """

    yes: bool
    confirm: str
    approve_broadening: bool
    lock_timeout: str | None


def deploy(
    environment: Annotated[str, typer.Argument(help="dev, staging, prod or account.", show_default=False)],
    plan: Annotated[
        Path | None, typer.Option(help="Apply exactly this bundle, made by `ops plan --out`.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. Not enough for prod.")] = False,
    confirm: Confirm = "",
    approve_broadening: ApproveBroadening = False,
    smoke: Annotated[bool, typer.Option(help="Prove the promises afterwards.")] = True,
    lock_timeout: LockTimeout = None,
    report: Annotated[
        Path | None, typer.Option(help="Where it fails, write that as a bundle, for `ops comment`.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Apply a saved plan, or plan, show and ask; then prove that the environment works.

    A saved plan is refused (23) where commit, state, synthesized stack or versions are not what it was made
    from; a plan that would lose data, widen access or expose something (22) unless that is acknowledged.
    prod wants its name. Ctrl-C lets Terraform end in order.
    """
    import json

    from rich.console import Console

    from ops import confirmation
    from ops.deployment.making import Attempt, recorded

    answers = Answers(yes, confirm, approve_broadening, lock_timeout)
    if plan and report and plan.absolute() == report.absolute():
        raise typer.BadParameter("--plan and --report name the same file.")
    confirmation.refuse_in_advance(environment, yes=yes, given=confirm, command=f"ops deploy {environment}")
    console = Console(stderr=json_, highlight=False, soft_wrap=True, emoji=False)
    attempt = Attempt(environment, again=f"ops deploy {environment}")
    result: dict[str, Any] = {"environment": environment, "applied": False}
    try:
        with recorded(attempt, report):
            _run(environment, plan, answers, console, attempt, result, smoke=smoke)
    finally:
        if json_:
            typer.echo(json.dumps(result, indent=2))


def _run(
    environment: str,
    file: Path | None,
    answers: Answers,
    console: Console,
    attempt: Attempt,
    result: dict[str, Any],
    *,
    smoke: bool,
) -> None:
    """The steps, in order; `result` is filled as they are done."""
    from ops import account, aws, confirmation, stacks
    from ops.deployment import reviewing, steps
    from ops.review import terminal

    stack = stacks.find(environment)
    caller = aws.verify_caller(stack.aws_account_id, stack.aws_region)
    if not stacks.is_account(environment):
        account.require(stacks.account_of(environment), environment)
    terraform, bundle, plan = _planned(stack, file, console, attempt, answers.lock_timeout)
    review = reviewing.review(bundle)
    terminal.show(review, console)
    result["plan"] = plan.summary()
    reviewing.refuse_closed(review, approve_broadening=answers.approve_broadening)
    if plan.empty:
        console.print("Nothing to apply: what is deployed is what is configured.")
    else:
        console.print(f"AWS account {caller.account_id}, region {stack.aws_region}, as {caller.arn}")
        confirmation.ask(
            environment,
            f"Apply this to {environment}?",
            yes=answers.yes,
            given=answers.confirm,
            unchanged="Nothing was applied.",
        )
        attempt.step = "apply"
        steps.apply(terraform, plan, console)
        result["applied"] = True
    _afterwards(environment, terraform, console, attempt, result, smoke=smoke)


def _planned(
    stack: Stack, file: Path | None, console: Console, attempt: Attempt, lock_timeout: str | None
) -> tuple[Terraform, Bundle, Plan]:
    """The plan to apply, in the synthesized folder: a new one, or the saved one if it is not stale."""
    from ops import synth
    from ops.bundles.file import read
    from ops.deployment import making, saved
    from ops.progress import step
    from ops.terraform import Terraform

    bundle = read(file) if file else None
    if bundle:
        saved.refuse_other(bundle, stack.name, str(file))
    attempt.step = "synth"
    with step(console, f"Synth of {stack.name}"):
        directory = synth.synthesize(stack.name)
    terraform = Terraform(directory, lock_timeout=lock_timeout)
    if bundle:
        attempt.step, attempt.bundle = "plan", bundle
        with step(console, "Comparing the saved plan with what is now"):
            return terraform, bundle, saved.take(bundle, stack, terraform)
    made, plan = making.make(stack, terraform, console, attempt, to_apply=True)
    return terraform, made, plan


def _afterwards(
    environment: str,
    terraform: Terraform,
    console: Console,
    attempt: Attempt,
    result: dict[str, Any],
    *,
    smoke: bool,
) -> None:
    """Outputs, shown and in a file; then the proof."""
    from ops import paths, stacks
    from ops.commands import smoke as smoking
    from ops.commands.outputs import Format, render
    from ops.files import write_private

    outputs = terraform.outputs()
    file = paths.OUTPUTS / f"{environment}.env"
    write_private(file, render(outputs, Format.ENV))
    result["outputs"] = outputs
    console.print(f"[bold]Outputs[/], also in {file.relative_to(paths.ROOT)}")
    console.print(render(outputs, Format.ENV), end="", markup=False)
    if not smoke or stacks.is_account(environment):
        return
    attempt.step = "smoke"
    console.print("[bold]Proof[/], under the application's role")
    results = smoking.run(environment, outputs, quiet=console.stderr)
    result["smoke"] = [one.as_json() for one in results]
    smoking.judge(environment, results)
