"""`ops destroy`: take an environment down, data included, and look that nothing is left of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops.commands.confirm_option import Confirm
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from ops.destroy.holdings import Client
    from ops.destroy.remains import Remains
    from ops.stacks import Stack


def destroy(
    environment: Annotated[str, typer.Argument(help="dev, staging, prod or account.", show_default=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would die and what it holds; change nothing.")
    ] = False,
    confirm: Confirm = "",
    yes: Annotated[bool, typer.Option("--yes", help="Not enough: the name must be given.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Destroy an environment with all its data, and look at every service whether something is left.

    Asks for the environment's name. Refused (14) where DELETION_PROTECTION protects, and for an account whose
    environments are still there. Safe to interrupt and to run again; 15 means that something is left.
    """
    import json

    from rich.console import Console

    from ops import aws, confirmation, stacks

    if yes and not confirm:
        raise OpsError(
            f"--yes alone does not destroy {environment}.",
            hint=f"Type the name when asked, or give it:  ops destroy {environment} --confirm {environment}",
            code=ExitCode.USAGE,
        )
    confirmation.refuse_in_advance(environment, yes=yes, given=confirm, command=f"ops destroy {environment}")
    stack = stacks.find(environment)
    aws.verify_caller(stack.aws_account_id, stack.aws_region)
    console = Console(stderr=json_, highlight=False, soft_wrap=True, emoji=False)
    result: dict[str, Any] = {"environment": environment, "dry_run": dry_run}
    try:
        _run(stack, console, result, dry_run=dry_run, confirm=confirm)
    finally:
        if json_ and "resources" in result:
            typer.echo(json.dumps(result, indent=2))


def _run(stack: Stack, console: Console, result: dict[str, Any], *, dry_run: bool, confirm: str) -> None:
    """The steps, in order; `result` is filled as they are done."""
    from ops import synth
    from ops.deployment.steps import store_unstored
    from ops.destroy import doomed, protection, report, steps
    from ops.plans import document
    from ops.plans.synthesized import Synthesized
    from ops.progress import step
    from ops.terraform import Terraform

    client = _clients()
    s3 = client("s3", stack.aws_region)
    if not protection.has_resources(s3, stack):
        _without_state(stack, client, console, result, dry_run=dry_run, confirm=confirm)
        return
    with step(console, f"Synth of {stack.name}, Terraform init, reading the state"):
        directory = synth.prepared(stack.name)
        terraform, code = Terraform(directory), Synthesized.of(directory)
        store_unstored(terraform, console)
        resources = list(document.resources(terraform.state().get("values") or {}))
    with step(console, "Counting what it holds"):
        found = doomed.find(resources, stack, client)
    result |= {"resources": found.counts(), "data": [one.as_json() for one in found.holdings]}
    _print(console, report.dying(stack.name, found.resources, found.holdings))
    doomed.refuse_protected(stack, found, code, client)
    if dry_run:
        console.print("Nothing was changed: --dry-run only shows.")
        return
    with step(console, "Terraform plan -destroy"):
        plan = terraform.plan(destroy=True)
    console.print(f"  {plan.summary()}")
    result["plan"] = plan.summary()
    _confirm(stack.name, confirm)
    steps.refuse_while_locked(stack)
    result["emptied"] = {}
    for bucket in found.buckets:
        result["emptied"][bucket.name] = steps.empty(bucket, client, console)
    # Before Terraform, as the buckets: a run that is cut off still finds something in the state, and goes on.
    dynamodb = client("dynamodb", stack.aws_region)
    result["tables_of_restores"] = steps.delete_generations(found.generations, dynamodb, console)
    if not plan.empty:
        steps.apply(terraform, plan, console)
    _clear(stack, steps.look_for_remains(stack, found, client, console), client, console, result)


def _without_state(
    stack: Stack, client: Client, console: Console, result: dict[str, Any], *, dry_run: bool, confirm: str
) -> None:
    """Nothing is in the state: it was destroyed, never deployed, or the state is lost.

    The last looks like resources that no program may judge: then not even log groups are touched.
    """
    from ops.destroy import doomed, protection, steps

    result |= {"resources": {}, "data": []}
    console.print(f"Nothing of {stack.name} is in its state.")
    remains = steps.look_for_remains(stack, doomed.Doomed((), ()), client, console)
    if remains.left:
        result["remains"] = remains.as_json() | {"removed": []}
        _judge(stack.name, remains, console)
    if not remains.removable:
        _clear(stack, remains, client, console, result)
        return
    if protecting := doomed.protectors(stack):
        protection.refuse_protected(stack.name, [str(item) for item in remains.removable], protecting)
    console.print("Left of it:")
    _print(console, (f"  {item}" for item in remains.removable))
    if dry_run:
        console.print("Nothing was changed: --dry-run only shows.")
        return
    _confirm(stack.name, confirm)
    _clear(stack, remains, client, console, result)


def _confirm(environment: str, confirm: str) -> None:
    """Ask for the name. Raises OpsError (USAGE) for another; typer.Abort where nobody can answer."""
    from ops import confirmation

    question = f"Destroy {environment} with all its data?"
    confirmation.ask(
        environment, question, given=confirm, always_by_name=True, unchanged="Nothing was destroyed."
    )


def _clear(stack: Stack, remains: Remains, client: Client, console: Console, result: dict[str, Any]) -> None:
    """Remove what is certainly the environment's and tell the rest."""
    from ops.destroy import remains as remaining
    from ops.destroy import steps

    remaining.remove(remains.removable, client)
    result["remains"] = remains.as_json()
    _judge(stack.name, remains, console)
    steps.begin_generations_anew(stack, console)
    console.print(f"Nothing of {stack.name} is left.")


def _judge(environment: str, remains: Remains, console: Console) -> None:
    """Print what is left; raise OpsError (INCOMPLETE) where that is not for us to remove."""
    from ops.destroy import report

    _print(console, report.remaining(remains))
    if remains.left:
        raise OpsError(
            f"{len(remains.left)} things of {environment} are left that are in no state: "
            + ", ".join(str(item) for item in remains.left[:5])
            + (" …" if len(remains.left) > 5 else ""),
            hint="They are of an apply that was cut off, or of a state that is lost, and may hold data. "
            f"Deploy {environment} once, which takes them into its state, and destroy it then. What no "
            "deployment takes over, such as the table of a restore, is to be removed by hand.",
            code=ExitCode.INCOMPLETE,
        )
    if remains.not_asked:
        raise OpsError(
            f"Whether something of {environment} is left is not known: these may not be listed: "
            + ", ".join(one.kind for one in remains.not_asked),
            hint="Run the command again with a role that may list them.",
            code=ExitCode.INCOMPLETE,
        )


def _print(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, markup=False)


def _clients() -> Client:
    """Clients by service and region, each made once."""
    from functools import cache

    from ops import aws

    session = cache(aws.session)

    @cache
    def client(service: str, region: str) -> Any:
        return aws.client(service, region, within=session(region))

    return client
