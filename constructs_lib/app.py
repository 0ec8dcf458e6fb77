"""The app: one stack per AWS account and one per environment, synthesized and made ready for Terraform.

Beside the stacks, in `functions/`, are the zips of the functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cdktf import App, TerraformStack

from constructs_lib import hcl_output, working_directory
from constructs_lib.account_stack import AccountStack
from constructs_lib.compute import packaging
from constructs_lib.environment_stack import EnvironmentStack
from environments import Account, EnvironmentConfig


def synthesize(
    configs: Mapping[str, EnvironmentConfig], accounts: Mapping[str, Account], outdir: str
) -> Path:
    """Write the stacks of these environments and their accounts below `outdir` and return it.

    An environment depends on its account: `cdktf deploy account dev` does the one before the other, and
    `cdktf destroy` the other way about.
    """
    app = App(outdir=outdir)
    stacks = {
        account.aws_account_id: AccountStack(app, name, account=account) for name, account in accounts.items()
    }
    environments = []
    for name, config in configs.items():
        environment = EnvironmentStack(app, name, config=config)
        environment.add_dependency(stacks[config.aws_account_id])
        environments.append(environment)
    app.synth()
    packaging.write(Path(app.outdir), (config.functions.code for config in configs.values()))
    written: list[TerraformStack] = [*stacks.values(), *environments] if hcl_output.wanted() else []
    working_directory.prepare(
        Path(app.outdir), documents={stack.node.id: stack.to_terraform() for stack in written}
    )
    return Path(app.outdir)
