"""Not a fix: whether the role of a Lambda function lets Lambda act for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes.sns_customer_keys import as_a_service

Function = Mapping[str, Any]
"""MiniStack's configuration of a function: FunctionName, FunctionArn, Role, …"""


def permits(function: Function, action: str, resource: str) -> bool:
    """Whether the role's policies, within its boundary, allow an action."""
    with as_a_service():
        return bool(_decide(function, action, resource, {}).decision == "Allow")


def lambda_may_assume(function: Function) -> bool:
    """Whether the role trusts Lambda, which an execution environment that starts depends on."""
    from ministack.services import iam

    from ops.local_aws.fixes.service_principals import allows

    arn = str(function.get("Role", ""))
    role = iam._roles.get(arn.rpartition("/")[2]) or {}
    return allows(role.get("AssumeRolePolicyDocument"), "lambda.amazonaws.com", "sts:AssumeRole", arn, {})


def permits_key(
    function: Function, action: str, reference: str | None, service: str, context: Mapping[str, str]
) -> bool:
    """Whether the role may use a customer key through `service` (`sqs`); true without a key or with AWS's.

    reference: id, ARN or alias; context: the encryption context.
    """
    from ministack.core import iam_evaluator as iam
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import kms

    key = kms._resolve_key(reference) if reference else None
    if key is None or key.get("KeyManager") == "AWS":
        return not reference or key is not None
    conditions = {
        "kms:viaservice": f"{service}.{get_region()}.amazonaws.com",
        "kms:calleraccount": get_account_id(),
        **{f"kms:encryptioncontext:{name}".lower(): value for name, value in context.items()},
        "kms:encryptioncontextkeys": list(context),
    }
    with as_a_service():
        identity = _decide(function, action, key["Arn"], conditions)
        evaluation = _evaluation(function, action, key["Arn"], conditions)
        policy = kms.key_policy_for_arn(key["Arn"])
        decision = iam.combine_resource_policy(identity, evaluation, *policy, required=True)
    return bool(decision.decision == "Allow") and kms._check_key_state(key) is None


def _decide(function: Function, action: str, resource: str, conditions: Mapping[str, Any]) -> Any:
    from ministack.core import iam_evaluator as iam
    from ministack.core.responses import get_account_id
    from ministack.services import iam as iam_service

    role, account = str(function.get("Role", "")).rpartition("/")[2], get_account_id()
    limits = iam._permissions_boundary(iam_service._roles, role, account)
    evaluation = _evaluation(function, action, resource, conditions)
    return iam.evaluate(evaluation, iam._gather_role_policies(role, account), *limits)


def _evaluation(function: Function, action: str, resource: str, conditions: Mapping[str, Any]) -> Any:
    from ministack.core.iam_evaluator import EvalContext
    from ministack.core.responses import get_account_id, get_region

    account, role = get_account_id(), str(function.get("Role", "")).rpartition("/")[2]
    return EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{role}/{function.get('FunctionName')}",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=dict(conditions),
    )
