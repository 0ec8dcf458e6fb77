"""`ops account`: the stack of what AWS has once per account."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands import account_roles

app = typer.Typer(help="The stack of what AWS has once per account.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The stack of what AWS has once per account."""


@app.command()
def check(
    environments: Annotated[list[str], typer.Argument(help="dev, staging or prod; one or more.")],
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing if they are.")] = False,
) -> None:
    """Exit with code 5 unless the accounts of these environments are deployed. `cdktf deploy` asks first."""
    from ops import account, stacks

    for stack, environment in {stacks.account_of(name): name for name in environments}.items():
        account.require(stack, environment)
        if not quiet:
            typer.echo(f"The stack of AWS account {stack.aws_account_id} is deployed.")


app.command()(account_roles.roles)
