"""Keeps the old stacks from taking along what stays: `DeletionPolicy: Retain` in their templates.

CloudFormation takes no update that changes a DeletionPolicy alone; a line of metadata beside it makes it one,
and touches no resource.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import Any

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.migration.rows import Row

Template = dict[str, Any]

LIMIT = 51_200
"""Bytes of a template in a request. Source: CloudFormation user guide, quotas."""
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
NOTE = "spec-wizard:retained"


def staying(table: Iterable[Row]) -> dict[str, list[str]]:
    """Stack -> logical ids of what must not go with it."""
    found: dict[str, list[str]] = {}
    for row in table:
        if row.stays and row.logical_id:
            found.setdefault(row.stack, []).append(row.logical_id)
    return {stack: sorted(ids) for stack, ids in sorted(found.items())}


def missing(template: Template, logical_ids: Iterable[str]) -> list[str]:
    """Which of these would go with the stack."""
    resources = template["Resources"]
    return [
        logical_id
        for logical_id in logical_ids
        if logical_id in resources and resources[logical_id].get("DeletionPolicy") != "Retain"
    ]


def retaining(template: Template, logical_ids: Iterable[str]) -> Template:
    """The template with these resources retained, whatever happens to their stack."""
    changed = copy.deepcopy(template)
    for logical_id in logical_ids:
        resource = changed["Resources"][logical_id]
        resource |= dict.fromkeys(POLICIES, "Retain")
        resource["Metadata"] = resource.get("Metadata", {}) | {NOTE: True}
    return changed


def outstanding(cloudformation: Any, table: Iterable[Row]) -> dict[str, list[str]]:
    """Stack -> logical ids of what stays and would go with the stack as it is."""
    found = {
        stack: missing(_template(cloudformation, stack), ids)
        for stack, ids in staying(table).items()
        if _is_there(cloudformation, stack)
    }
    return {stack: ids for stack, ids in found.items() if ids}


def retain(cloudformation: Any, stack: str, logical_ids: list[str]) -> None:
    """Update the stack and wait for it. Raises OpsError where it cannot be done in one request."""
    body = json.dumps(retaining(_template(cloudformation, stack), logical_ids), separators=(",", ":"))
    if len(body.encode()) > LIMIT:
        raise _in_cdk(stack, f"is longer than the {LIMIT:,} bytes that a request takes")
    parameters = cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    cloudformation.update_stack(
        StackName=stack,
        TemplateBody=body,
        Capabilities=CAPABILITIES,
        Parameters=[
            {"ParameterKey": parameter["ParameterKey"], "UsePreviousValue": True} for parameter in parameters
        ],
    )
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 5, "MaxAttempts": 120}
    )


def _template(cloudformation: Any, stack: str) -> Template:
    body = cloudformation.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    if isinstance(body, dict):
        return dict(body)
    try:
        return dict(json.loads(body))
    except ValueError as error:
        raise _in_cdk(stack, "is not JSON, as CDK's are") from error


def _is_there(cloudformation: Any, stack: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # "Stack with id … does not exist"
            return False
        raise
    return bool(found["StackStatus"] != "DELETE_COMPLETE")


def _in_cdk(stack: str, why: str) -> OpsError:
    return OpsError(
        f"The template of the stack {stack} {why}.",
        hint="Set removalPolicy: RemovalPolicy.RETAIN in its CDK code for what the table says stays, deploy "
        "it there, and run this command again.",
        code=ExitCode.FAILED,
    )
