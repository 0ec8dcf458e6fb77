"""`ops` with two more commands, so that whatever can be deployed can be drilled: `deploy` and `destroy`.

They go the way of `ops up`, stack by stack, towards wherever the environment leads. Run as a program by the
Python of a checkout, whose `ops` this is: the root of the checkout comes first, as in `ops/launchers/ops`.
"""

from __future__ import annotations

import sys

sys.path.insert(0, sys.argv.pop(1))

from ops import cli, stacks, synth
from ops.commands import up
from ops.terraform import Terraform


@cli.app.command()
def deploy(stack: str) -> None:
    """Plan, take back what an apply that was cut off left, apply."""
    from rich.console import Console

    directory = synth.prepared(stack)
    region = stacks.find(stack).aws_region
    up._deploy(Terraform(directory), stack, region, Console(highlight=False, soft_wrap=True, emoji=False))


@cli.app.command()
def destroy(stack: str) -> None:
    """Plan the end of a stack, and apply that plan."""
    from rich.console import Console

    from ops.progress import ApplyProgress

    terraform = Terraform(synth.prepared(stack))
    plan = terraform.plan(destroy=True)
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    with ApplyProgress(console, plan.operations) as progress:
        terraform.apply(plan, progress.on_event)


if __name__ == "__main__":
    cli.main()
