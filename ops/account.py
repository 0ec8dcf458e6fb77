"""Whether the account's stack is deployed: environments need what it holds, and cannot make it themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from environments import naming
from ops.aws import aws_errors, client
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from ops.stacks import Stack


def require(account: Stack, needed_by: str) -> None:
    """Raise OpsError (STATE) unless the account's state has resources; `needed_by` names an environment.

    Read from the state bucket, not from Terraform: a second instead of five.
    """
    if not _resources(account):
        raise OpsError(
            f"{needed_by} needs the stack of AWS account {account.aws_account_id}, which is not deployed.",
            hint=f"Deploy it first, once for all environments:  cdktf deploy {account.name}",
            code=ExitCode.STATE,
        )


def _resources(account: Stack) -> int:
    """How many resources the account's state holds; 0 where there is no state."""
    from botocore.exceptions import ClientError

    bucket = naming.state_bucket(account.aws_account_id, account.aws_region)
    with aws_errors("reading the state of the account's stack"):
        try:
            answer = client("s3", account.aws_region).get_object(
                Bucket=bucket, Key=naming.state_key(account.environment)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
                return 0
            raise
        state: dict[str, Any] = json.loads(answer["Body"].read())
    return len(state.get("resources", []))
