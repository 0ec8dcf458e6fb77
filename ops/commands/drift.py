"""`ops drift`: what was changed outside Terraform, apart from what waits in the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.lock_timeout import LockTimeout
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from ops.drift.findings import Finding


def drift(
    environment: Annotated[str, typer.Argument(help="dev, staging, prod or account.", show_default=False)],
    accept: Annotated[
        bool, typer.Option("--accept", help="Also explain how to keep what was done; changes nothing.")
    ] = False,
    revert: Annotated[
        bool, typer.Option("--revert", help="Also explain how to undo what was done; changes nothing.")
    ] = False,
    lock_timeout: LockTimeout = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Show what was changed outside Terraform, attribute by attribute. It changes nothing itself.

    Exit code 0: neither drift nor waiting changes; 20: only changes that wait in the code; 21: drift. What is
    never reported, and why, is listed in ops/drift/noise.py.
    """
    import json

    from rich.console import Console

    from ops import paths, stacks, synth
    from ops.aws import verify_caller
    from ops.drift import report

    if accept and revert:
        raise typer.BadParameter("--accept and --revert exclude each other.")
    stack = stacks.find(environment)
    verify_caller(stack.aws_account_id, stack.aws_region)
    console = Console(stderr=json_, highlight=False, soft_wrap=True, emoji=False)
    directory = synth.prepared(environment)
    found, waiting = look(directory, console, lock_timeout)
    if json_:
        document = {
            "environment": environment,
            "drift": [one.as_json() for one in found],
            "waiting_in_code": [one.as_json() for one in waiting],
        }
        typer.echo(json.dumps(document, indent=2))
    else:
        told = [*report.lines(environment, found, waiting)]
        if accept and found:
            told += report.accepting(environment, str(directory.relative_to(paths.ROOT)), found)
        elif revert and found:
            told += report.reverting(environment, found)
        else:
            told += report.next_steps(environment, found)
        for line in told:
            console.print(line, markup=False)
    if found:
        raise typer.Exit(ExitCode.DRIFT)
    if waiting:
        raise typer.Exit(ExitCode.CHANGES)


def look(
    directory: Path, console: Console, lock_timeout: str | None = None
) -> tuple[list[Finding], list[Finding]]:
    """Drift and waiting changes of the stack in this folder, as they may be shown.

    Raises OpsError (STATE): it is not deployed.
    """
    from ops.drift import findings
    from ops.plans import document
    from ops.plans.synthesized import Synthesized
    from ops.progress import step
    from ops.review.veil import Veil
    from ops.terraform import Terraform

    terraform, code = Terraform(directory, lock_timeout=lock_timeout), Synthesized.of(directory)
    with step(console, "Comparing code, state and what is deployed"):
        plan = document.read(terraform.difference())
    if not plan.prior and not plan.drift:
        raise OpsError(
            f"{directory.name} is not deployed: its state holds nothing that could have drifted.",
            hint=f"Deploy it:  cdktf deploy {directory.name}",
            code=ExitCode.STATE,
        )
    unmixed = plan
    if plan.drift and (plan.to_do or plan.outputs_to_change):
        with step(console, "Comparing code and state"):
            unmixed = document.read(terraform.difference("-refresh=false"))
    veil = Veil(plan.secrets | unmixed.secrets)
    found = findings.drifted(plan, code, veil.known)
    waiting = findings.waiting(plan, unmixed, code, veil.known)
    return [findings.hidden(one, veil.text) for one in found], [
        findings.hidden(one, veil.text) for one in waiting
    ]
