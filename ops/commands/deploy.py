"""`ops deploy`: apply what was reviewed, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops.commands.confirm_option import Confirm
from ops.commands.lock_timeout import LockTimeout
from ops.commands.plan import ApproveBroadening
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from ops.deployment.making import Attempt
    from ops.deployment.reviewed import Reviewed
    from ops.stacks import Stack
    from ops.terraform import Terraform


@dataclass(frozen=True)
class Answers:
    """What the command line said in advance.

    confirm: the environment's name, or "". lock_timeout: as in `Terraform`. dry_run: to apply nothing.
    """

    yes: bool
    confirm: str
    approve_broadening: bool
    lock_timeout: str | None
    dry_run: bool = False


def deploy(
    environment: Annotated[str, typer.Argument(help="dev, staging, prod or account.", show_default=False)],
    plan: Annotated[
        Path | None, typer.Option(help="Apply exactly this bundle, made by `ops plan --out`.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look at the saved plan, and whether it would be applied.")
    ] = False,
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
    prod wants its name. Ctrl-C lets Terraform end in order. With --dry-run nothing is applied or asked: the
    exit code is that of the refusal, or 0.
    """
    import json

    from rich.console import Console

    from ops import confirmation
    from ops.deployment.making import Attempt, recorded

    if dry_run and plan is None:
        raise typer.BadParameter(f"It goes with --plan; a new plan is shown by: ops plan {environment}")
    if plan and report and plan.absolute() == report.absolute():
        raise typer.BadParameter("--plan and --report name the same file.")
    answers = Answers(yes, confirm, approve_broadening, lock_timeout, dry_run)
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
    """The steps, in order; a dry run ends with what is only seen. `result` is filled as they are done."""
    from ops import account, aws, confirmation, stacks
    from ops.deployment import committed, reviewing, steps
    from ops.deployment.reviewed import to_apply
    from ops.deployment.tally import Tally
    from ops.review import terminal

    if not answers.dry_run:
        committed.require_checkout(environment)
    stack = stacks.find(environment)
    caller = aws.verify_caller(stack.aws_account_id, stack.aws_region)
    if not stacks.is_account(environment):
        account.require(stacks.account_of(environment), environment)
    terraform, reviewed = _planned(stack, file, console, attempt, answers)
    plan, review = reviewed.plan, reviewing.review(reviewed.bundle)
    terminal.show(review, console)
    result["plan"] = plan.summary()
    committed.require(reviewed.bundle.manifest, file)
    reviewing.refuse_closed(review, approve_broadening=answers.approve_broadening)
    if answers.dry_run:
        console.print(f"This would be applied to {environment}. Nothing was: --dry-run")
        return
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
        tally = Tally(plan, review.code)
        try:
            with to_apply(reviewed, terraform.directory) as exactly:
                steps.apply(terraform, exactly, console, tally)
        finally:
            attempt.so_far, result["summary"] = tally.told(), tally.as_json()
        result["applied"] = True
    _afterwards(environment, terraform, console, attempt, result, smoke=smoke)


def _planned(
    stack: Stack, file: Path | None, console: Console, attempt: Attempt, answers: Answers
) -> tuple[Terraform, Reviewed]:
    """The plan to apply, in the synthesized folder: a new one, or the saved one if it is not stale.

    Who only looks is shown a stale one, too, before it is refused.
    """
    from ops import synth
    from ops.bundles.file import read
    from ops.deployment import committed, making, reviewing, saved
    from ops.progress import step
    from ops.review import terminal
    from ops.terraform import Terraform

    bundle = read(file) if file else None
    if bundle:
        saved.refuse_other(bundle, stack.name, str(file))
        if not answers.dry_run:
            committed.require(bundle.manifest, file)
    attempt.step = "synth"
    with step(console, f"Synth of {stack.name}"):
        directory = synth.synthesize(stack.name)
    terraform = Terraform(directory, lock_timeout=answers.lock_timeout)
    if bundle:
        attempt.step, attempt.bundle = "plan", bundle
        try:
            with step(console, "Comparing the saved plan with what is now"):
                reviewed = saved.take(bundle, stack, terraform, console, to_apply=not answers.dry_run)
        except OpsError as error:
            if answers.dry_run and error.code is ExitCode.STALE:
                terminal.show(reviewing.review(bundle), console)
            raise
        attempt.bundle = reviewed.bundle
        return terraform, reviewed
    return terraform, making.make(stack, terraform, console, attempt, to_apply=True)


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
