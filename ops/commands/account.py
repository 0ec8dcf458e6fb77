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
    json_: Annotated[bool, typer.Option("--json", help="For programs, of every account.")] = False,
) -> None:
    """Exit with code 5 unless the accounts of these environments are deployed. `cdktf deploy` asks first."""
    import json

    from ops import account, stacks
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    rows: list[dict[str, object]] = []
    refused: OpsError | None = None
    for stack, environment in {stacks.account_of(name): name for name in environments}.items():
        row: dict[str, object] = {"account_id": stack.aws_account_id, "stack": stack.name, "deployed": True}
        rows.append(row)
        try:
            account.require(stack, environment)
        except OpsError as error:
            if error.code is not ExitCode.STATE or not json_:
                raise
            row["deployed"], refused = False, refused or error
            continue
        if not quiet:
            typer.echo(f"The stack of AWS account {stack.aws_account_id} is deployed.", err=json_)
    if json_:
        typer.echo(json.dumps(rows, indent=2))
    if refused:
        raise refused


app.command()(account_roles.roles)
