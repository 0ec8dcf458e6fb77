"""`ops` with two more commands, so that whatever can be deployed can be drilled: `deploy` and `destroy`.

They go the way of `ops up`, stack by stack, towards wherever the environment leads. Run as a program by the
Python of a checkout, whose `ops` this is: the root of the checkout comes first, as in `ops/launchers/ops`.
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
    directory, wanted = paths.stack_directory(stack), json.dumps(dict(os.environ))
    done = directory / MARK
    if done.exists() and done.read_text() == wanted:
        return directory
    for mark in directory.parent.glob(f"*/{MARK}"):  # a synth may write other stacks, too
        mark.unlink()
    synth.prepared(stack)
    done.write_text(wanted)
    return directory


if __name__ == "__main__":
    cli.main()
