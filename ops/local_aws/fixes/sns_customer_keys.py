"""The customer key of a topic, asked for when an AWS service publishes to it, and the service's own TLS.

Upstream, MiniStack 1.5.33: services/sns.py, topic_policy_allows looks at the topic's policy only. On AWS
the service also needs kms:GenerateDataKey and kms:Decrypt by the key's own policy, or its message is lost
without a trace; a topic under the key that AWS manages (alias/aws/sns) takes no message of a service at
all. The fix asks for both, for every service principal. Publishing by IAM principals is as it was.

Upstream also takes aws:SecureTransport from the request that set the service off: a policy that denies
plain HTTP then loses what a service publishes of its own accord, such as an alarm. Services use TLS.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

USES = ("kms:GenerateDataKey", "kms:Decrypt")

WITHOUT_SOURCE = frozenset({"events.amazonaws.com", "ses.amazonaws.com"})
"""Services whose request to KMS carries no aws:SourceAccount and aws:SourceArn.

EventBridge's does not (SNS Developer Guide, key management); of SES's it is not said that it does, so a
condition on them is not relied on here either.
"""


def install() -> None:
    """Wraps the function that says whether a service may publish."""
    from ministack.services import sns

    inner = sns.topic_policy_allows

    def topic_policy_allows(topic_arn: str, service: str, source_arn: str, source_account: str) -> bool:
        with as_a_service():
            if not inner(topic_arn, service, source_arn, source_account):
                return False
        key = (sns._topic_by_arn_any_scope(topic_arn) or {}).get("attributes", {}).get("KmsMasterKeyId")
        context = {"aws:sns:topicArn": topic_arn}
        return service_may_use(key, service, source_arn, source_account, context)

    sns.topic_policy_allows = topic_policy_allows


@contextlib.contextmanager
def as_a_service() -> Iterator[None]:
    """Policies are evaluated for a caller that uses TLS, whoever set it off."""
    from ministack.core import iam_evaluator

    address, _ = iam_evaluator._request_origin.get()
    token = iam_evaluator._request_origin.set((address, True))
    try:
        yield
    finally:
        iam_evaluator._request_origin.reset(token)


def service_may_use(
    reference: str | None, service: str, source_arn: str, source_account: str, context: dict[str, str]
) -> bool:
    """Whether a key's policy and state let an AWS service encrypt with it.

    reference: id, ARN or alias, none for no key; service: its principal, such as `ses.amazonaws.com`;
    source_arn, source_account: of what the service acts for; context: the encryption context.
    """
    from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
    from ministack.core.responses import get_region
    from ministack.services import kms

    if not reference:
        return True
    key = kms._resolve_key(reference)
    if key is None or key.get("KeyManager") == "AWS" or kms._check_key_state(key) is not None:
        return False
    conditions: dict[str, Any] = {f"kms:encryptioncontext:{k}".lower(): text for k, text in context.items()}
    conditions["kms:encryptioncontextkeys"] = list(context)
    if service not in WITHOUT_SOURCE:
        conditions |= {"aws:sourcearn": source_arn, "aws:sourceaccount": source_account}
    policy, _ = kms.key_policy_for_arn(key["Arn"])
    decisions = (
        evaluate_resource_policy(
            policy,
            # Not a principal of the account: a statement for its root does not speak of the service.
            EvalContext("*", "Service", "", action, key["Arn"], get_region(), service_context=conditions),
            service=service,
        ).decision
        for action in USES
    )
    return all(decision == "Allow" for decision in decisions)
