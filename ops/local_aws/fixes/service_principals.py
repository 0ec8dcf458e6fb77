"""Not a fix: whether a policy of a resource or a role lets an AWS service act, by the service's principal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes.s3_policy_conditions import LEAST_TLS
from ops.local_aws.fixes.sns_customer_keys import as_a_service


def allows(
    policy: str | None, service: str, action: str, resource: str, conditions: Mapping[str, Any]
) -> bool:
    """Whether `policy` allows `service` (`cloudtrail.amazonaws.com`) an action on a resource.

    conditions: condition key, in lower case -> value, beside those that every request of a service has.
    """
    from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
    from ministack.core.responses import get_region

    context = {
        "aws:principalservicename": service,
        "aws:principalisawsservice": "true",
        "s3:tlsversion": LEAST_TLS,
        **conditions,
    }
    # Not a principal of the account: a statement for its root does not speak of the service.
    caller = EvalContext("*", "Service", "", action, resource, get_region(), service_context=context)
    with as_a_service():
        return bool(evaluate_resource_policy(policy, caller, service=service).decision == "Allow")
