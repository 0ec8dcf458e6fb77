"""`ops account roles`: the roles that GitHub's workflows take."""

from __future__ import annotations

from typing import Annotated

import typer


def roles(
    environment: Annotated[str, typer.Argument(help="dev, staging, prod or account.", show_default=False)],
) -> None:
    """Print account, region and the ARNs of the roles that plan and deploy, a line `name=value` each.

    An account's stack is deployed by people: for it there is only the role that plans. A workflow appends the
    lines to $GITHUB_OUTPUT. Whether the roles are there is not asked: the stack `account` makes them where
    GITHUB_OIDC_REPOSITORY is set.
    """
    for name, value in described(environment).items():
        typer.echo(f"{name}={value}")


def described(name: str) -> dict[str, str]:
    """What is printed, by name. Raises ConfigurationError, OpsError (CONFIGURATION): no such stack."""
    from environments import naming
    from ops import stacks

    stack = stacks.find(name)

    def arn(role: str) -> str:
        return f"arn:aws:iam::{stack.aws_account_id}:role/{naming.role(naming.ACCOUNT, role)}"

    told = {"account": stack.aws_account_id, "region": stack.aws_region, "plan-role": arn("plan")}
    return told if stacks.is_account(name) else told | {"deploy-role": arn(f"deploy-{name}")}
