"""Whether the account's stack is deployed: environments need what it holds, and cannot make it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from environments import naming
from ops.aws import client
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state.reading import state_of

if TYPE_CHECKING:
    from ops.stacks import Stack


def require(account: Stack, needed_by: str) -> None:
    """Raise OpsError (STATE) unless the account's state has resources; `needed_by` names an environment.

    Read from the state bucket, not from Terraform: a second instead of five.
    """
    bucket = naming.state_bucket(account.aws_account_id, account.aws_region)
    if not state_of(client("s3", account.aws_region), bucket, account.environment).get("resources"):
        raise OpsError(
            f"{needed_by} needs the stack of AWS account {account.aws_account_id}, which is not deployed.",
            hint=f"Deploy it first, once for all environments:  cdktf deploy {account.name}",
            code=ExitCode.STATE,
        )
