"""Not a fix: whether a function's role lets Lambda send to an on-failure destination."""

from __future__ import annotations

from ops.local_aws.fixes.execution_roles import Function, permits, permits_key


def may_send(function: Function, destination: str) -> bool:
    """Whether the role may send to a queue, and use its key, or publish to a topic."""
    from ministack.services import sqs

    if ":sns:" in destination:
        return permits(function, "sns:Publish", destination)
    if ":sqs:" not in destination:
        return permits(function, "lambda:InvokeFunction", destination)
    key = (sqs._queue_by_arn(destination) or {}).get("attributes", {}).get("KmsMasterKeyId")
    context = {"aws:sqs:arn": destination}
    return permits(function, "sqs:SendMessage", destination) and all(
        permits_key(function, action, key, "sqs", context)
        for action in ("kms:GenerateDataKey", "kms:Decrypt")
    )
