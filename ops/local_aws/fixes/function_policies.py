"""Not a fix: whether a function's own policy lets an AWS service invoke it (`aws_lambda_permission`)."""

from __future__ import annotations

import logging

from ops.local_aws.fixes.service_principals import allows

_log = logging.getLogger("lambda")


def may_be_invoked(function_arn: str, source_arn: str, *services: str) -> bool:
    """Whether a service (by any of its principals) may invoke a function for one of its resources.

    A refusal leaves a warning in the server's log: on AWS it leaves no trace but a metric.
    """
    from ministack.core.responses import get_account_id
    from ministack.services import lambda_svc

    found = lambda_svc.function_policy_for_arn(function_arn)
    source = {"aws:sourcearn": source_arn, "aws:sourceaccount": get_account_id()}
    allowed = found is not None and any(
        allows(found[0], service, "lambda:InvokeFunction", function_arn, source) for service in services
    )
    if not allowed:
        _log.warning("%s may not invoke %s for %s", services[0], function_arn, source_arn)
    return allowed
