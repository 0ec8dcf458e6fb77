"""`ops` with two more commands, so that whatever can be deployed can be drilled: `deploy` and `destroy`.

They go the way of `ops up`, stack by stack, towards wherever the environment leads. Run as a program by the
Python of a checkout, whose `ops` this is: the root of the checkout comes first, as in `ops/launchers/ops`.

`staging` is cut down to one log group, whose retention is TF_VAR_days: for what is about the state, its lock
and one change, a stack of that size tells as much in a tenth of the time.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, sys.argv.pop(1))

from ops import cli, paths, stacks, synth
from ops.commands import up
from ops.terraform import Terraform

SMALL = "staging"
MARK = "drilled-with.json"


@cli.app.command()
def deploy(stack: str) -> None:
    """Plan, take back what an apply that was cut off left, apply."""
    from rich.console import Console

    directory = _prepared(stack)
    region = stacks.find(stack).aws_region
    up._deploy(Terraform(directory), stack, region, Console(highlight=False, soft_wrap=True, emoji=False))


@cli.app.command()
def destroy(stack: str) -> None:
    """Plan the end of a stack, and apply that plan."""
    from rich.console import Console

    from ops.progress import ApplyProgress

    terraform = Terraform(_prepared(stack))
    plan = terraform.plan(destroy=True)
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    with ApplyProgress(console, plan.operations) as progress:
        terraform.apply(plan, progress.on_event)


def _prepared(stack: str) -> Path:
    """The stack's folder; synthesized and initialized only if that is not done for the same environment.

    A drill runs the same command again and again, and most of its time would be synth.
    """
    directory = paths.stack_directory(stack)
    wanted = json.dumps({name: value for name, value in os.environ.items() if not name.startswith("TF_")})
    done = directory / MARK
    if done.exists() and done.read_text() == wanted:
        return directory
    for mark in directory.parent.glob(f"*/{MARK}"):  # a synth may write other stacks, too
        mark.unlink()
    synth.synthesize(stack)
    if stack == SMALL:
        _cut_down(directory)
    Terraform(directory).init()
    done.write_text(wanted)
    return directory


def _cut_down(directory: Path) -> None:
    graph, override = directory / "cdk.tf.json", directory / "local_override.tf.json"
    whole, led = json.loads(graph.read_text()), json.loads(override.read_text())
    group = {"name": f"/spec-wizard/{SMALL}/drill", "retention_in_days": "${var.days}"}
    small = {
        "terraform": whole["terraform"],
        "provider": whole["provider"],
        "variable": {"days": {"type": "number"}},
        "resource": {"aws_cloudwatch_log_group": {"drill": group}},
    }
    graph.write_text(json.dumps(small))
    led.pop("resource", None)
    override.write_text(json.dumps(led))


if __name__ == "__main__":
    cli.main()
