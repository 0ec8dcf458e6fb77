"""`ops up` and `ops down`: dev, really applied on the local AWS, and proven."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from environments import EnvironmentConfig
    from ops.terraform import Terraform

ENVIRONMENT = "dev"

QUESTION = "What makes a good software specification?"

NEXT = """\
  . .venv/bin/activate        puts `ops` and `cdktf` on PATH
  eval "$(ops local env)"     leads them, and terraform and aws, to the local AWS
  cdktf diff dev              shows what a change in constructs_lib/ or environments/ would do
  cdktf deploy staging        deploys another environment
  ops chat dev                talks to the deployed chat
  ops dashboard dev           shows its metrics; --html FILE as a page
  ops smoke dev               proves the promises again
  make down                   stops the local AWS; its state is kept for the next `make up`"""


def up() -> None:
    """Start the local AWS, deploy dev to it with Terraform, prove that it works, print its outputs."""
    from rich.console import Console

    from ops import paths, stacks, synth
    from ops.commands import alarms, chat, signing_key, smoke
    from ops.commands.outputs import Format, render
    from ops.files import write_private
    from ops.progress import step
    from ops.terraform import Terraform

    console = Console(highlight=False, soft_wrap=True, emoji=False)
    config = _start(console)
    with step(console, f"Synth of {ENVIRONMENT} and its account"):
        directory = synth.synthesize(ENVIRONMENT)
    account = stacks.account_of(ENVIRONMENT)
    for name in (account.name, ENVIRONMENT):
        console.print(f"[bold]{name}[/]")
        terraform = Terraform(directory.with_name(name))
        with step(console, "Terraform init"):
            terraform.init()
        _deploy(terraform, name, config.aws_region, console)

    outputs = terraform.outputs()
    if signing_key.ensure(ENVIRONMENT, outputs):
        console.print("[bold]Signing key[/] of the downloads is new: its public half joins the distribution")
        synth.synthesize(ENVIRONMENT)
        _deploy(terraform, ENVIRONMENT, config.aws_region, console)
        outputs = terraform.outputs()

    if alarms.confirm_from_the_mailbox(outputs):
        console.print(f"[bold]Alarms[/] of {ENVIRONMENT}: the mail to {config.alert_email} is confirmed")

    console.print("[bold]Proof[/], under the application's role")
    smoke.judge(ENVIRONMENT, smoke.run(ENVIRONMENT, outputs))

    console.print("[bold]Chat[/], through the WebSocket API")
    chat.talk(ENVIRONMENT, outputs, QUESTION, console)

    text, file = render(outputs, Format.ENV), paths.OUTPUTS / f"{ENVIRONMENT}.env"
    write_private(file, text)
    console.print(f"[bold]Outputs[/], also in {_short(file)}")
    console.print(text, end="", markup=False)
    console.print("[bold]What to do next[/]")
    console.print(NEXT, markup=False)


def down() -> None:
    """Stop the local AWS. What was deployed to it is there again at the next start."""
    from ops.local_aws.instance import LocalAws

    stopped = LocalAws.of_checkout().stop()
    typer.echo(
        "The local AWS is stopped; its state is kept." if stopped else "The local AWS was not running."
    )


def _start(console: Console) -> EnvironmentConfig:
    """The local AWS and its remote state; the configuration of the environment there."""
    import environments
    from ops import local_target
    from ops.commands.bootstrap import ensure
    from ops.local_aws.instance import LocalAws
    from ops.progress import step
    from ops.remote_state.model import Action

    with step(console, "Local AWS"):
        status = LocalAws.of_checkout().start()
        examples = local_target.use()
    console.print(f"  {status.endpoint}, account {status.account}, files in {_short(status.directory)}")
    console.print("  Example configuration, for the local AWS only:")
    for name, value in examples.items():
        console.print(f"    {name}={value}", style="dim", markup=False)
    with step(console, "Remote state"):
        config = environments.load(ENVIRONMENT)
        changes = ensure(config, lambda change: None)
    changed = [change for change in changes if change.action is not Action.RIGHT]
    for resource in dict.fromkeys(change.resource for change in changed):
        settings = [change.setting for change in changed if change.resource == resource]
        console.print(f"  {resource}: {', '.join(settings)}", style="dim", markup=False)
    console.print(f"  {len(changed)} of {len(changes)} settings created or changed")
    return config


def _deploy(terraform: Terraform, environment: str, region: str, console: Console) -> None:
    """Plan, show the plan's summary, apply exactly that plan."""
    from ops.deployment import steps

    steps.store_unstored(terraform, console)
    plan = steps.plan(terraform, environment, region, console)
    if plan.empty:
        console.print("  No changes: what is deployed is what is configured.")
        return
    console.print(f"  {plan.summary()}")
    for kind, count in plan.kinds().items():
        console.print(f"    {kind} {count}", style="dim", markup=False)
    steps.apply(terraform, plan, console)


def _short(path: Path) -> str:
    """A path in the checkout as a person would type it there."""
    from ops import paths

    return str(path.relative_to(paths.ROOT)) if path.is_relative_to(paths.ROOT) else str(path)
