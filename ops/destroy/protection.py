"""What must not be destroyed: by configuration, by Terraform, by AWS, or because somebody needs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from environments import ENVIRONMENTS, naming
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.plans.document import Resource
from ops.plans.synthesized import Synthesized
from ops.remote_state.reading import state_of
from ops.stacks import Stack


def by_terraform(code: Synthesized) -> list[str]:
    """What the code forbids to destroy, by construct path."""
    return [code.construct_path(address) for address in code.protected()]


def by_aws(resources: Iterable[Resource], client: Any) -> list[str]:
    """The tables whose deletion protection is on in AWS, whatever the code says by now."""
    from ops.aws import aws_errors

    found = []
    for resource in resources:
        if resource.type == "aws_dynamodb_table":
            name = str(resource.values["name"])
            with aws_errors(f"asking whether table {name} is protected"):
                try:
                    table = client.describe_table(TableName=name)["Table"]
                except client.exceptions.ResourceNotFoundException:
                    continue
            if table.get("DeletionProtectionEnabled"):
                found.append(f"table {name}")
    return found


def refuse_protected(stack: str, protected: Sequence[str], environments: Sequence[str]) -> None:
    """Raise OpsError (PROTECTED), which names what is protected and the documented way to unprotect it.

    environments: those whose configuration protects it.
    """
    files = " and ".join(f".env.{name}" for name in environments)
    raise OpsError(
        f"{stack} is not destroyed: DELETION_PROTECTION is true for {' and '.join(environments)}. "
        f"Protected: {', '.join(protected)}.",
        hint=f"To take {stack} down on purpose, set DELETION_PROTECTION=false in {files}, deploy that "
        f"(cdktf deploy {stack}), then  ops destroy {stack}",
        code=ExitCode.PROTECTED,
    )


def refuse_undeployed(stack: str, tables: Sequence[str]) -> None:
    """Raise OpsError (PROTECTED) where AWS still protects tables that the configuration does not."""
    if tables:
        raise OpsError(
            f"{stack} is not destroyed: AWS still protects {', '.join(tables)} from deletion; the "
            "configuration does not any more.",
            hint=f"Deploy the configuration first:  cdktf deploy {stack}   then  ops destroy {stack}",
            code=ExitCode.PROTECTED,
        )


def refuse_while_in_use(account: Stack, s3: Any) -> None:
    """Raise OpsError (PROTECTED) while an environment of this account has resources in its state.

    Its functions write their logs through the account's role, its mail goes out by the account's identity.
    """
    bucket = naming.state_bucket(account.aws_account_id, account.aws_region)
    counts = {name: len(state_of(s3, bucket, name).get("resources") or ()) for name in ENVIRONMENTS}
    if used := {name: count for name, count in counts.items() if count}:
        told = ", ".join(f"{name} ({count} resources)" for name, count in used.items())
        first = next(iter(used))
        raise OpsError(
            f"The stack of AWS account {account.aws_account_id} is not destroyed, because environments "
            f"in it need it: {told}.",
            hint=f"Destroy them first:  ops destroy {first}",
            code=ExitCode.PROTECTED,
        )


def has_resources(s3: Any, stack: Stack) -> bool:
    """Whether the stack's state holds anything: a second instead of the ten that Terraform would take."""
    bucket = naming.state_bucket(stack.aws_account_id, stack.aws_region)
    return bool(state_of(s3, bucket, stack.environment).get("resources"))
