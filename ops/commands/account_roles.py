"""`ops account roles`: the roles that GitHub's workflows take."""

from __future__ import annotations

from typing import Annotated

import typer


def roles(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)],
) -> None:
    """Print account, region and the ARNs of the roles that plan and deploy, a line `name=value` each.

    A workflow appends them to $GITHUB_OUTPUT. Whether the roles are there is not asked: the stack `account`
    makes them where GITHUB_OIDC_REPOSITORY is set.
    """
    for name, value in described(environment).items():
        typer.echo(f"{name}={value}")


def described(environment: str) -> dict[str, str]:
    """What is printed, by name. Raises ConfigurationError."""
    import environments
    from environments import naming

    config = environments.load(environment)

    def arn(role: str) -> str:
        return f"arn:aws:iam::{config.aws_account_id}:role/{naming.role(naming.ACCOUNT, role)}"

    return {
        "account": config.aws_account_id,
        "region": config.aws_region,
        "plan-role": arn("plan"),
        "deploy-role": arn(f"deploy-{environment}"),
    }
