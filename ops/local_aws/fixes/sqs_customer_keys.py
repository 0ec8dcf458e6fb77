"""The customer key of a queue, asked for when an AWS service sends to it, and the service's own TLS.

Upstream, MiniStack 1.5.33: services/sqs.py, queue_policy_allows looks at the queue's policy only. On AWS
SNS and S3 also need kms:GenerateDataKey and kms:Decrypt by the key's own policy, or the message does not
arrive; and a service uses TLS, whatever the request that set it off. The fix does as sns_customer_keys
does for topics.
"""

from __future__ import annotations

from ops.local_aws.fixes.sns_customer_keys import as_a_service, service_may_use


def install() -> None:
    """Wraps the function that says whether a service may send."""
    from ministack.services import sqs

    inner = sqs.queue_policy_allows

    def queue_policy_allows(queue_arn: str, service: str, source_arn: str, source_account: str) -> bool:
        with as_a_service():
            if not inner(queue_arn, service, source_arn, source_account):
                return False
        key = (sqs._queue_by_arn(queue_arn) or {}).get("attributes", {}).get("KmsMasterKeyId")
        return service_may_use(key, service, source_arn, source_account, {"aws:sqs:arn": queue_arn})

    sqs.queue_policy_allows = queue_policy_allows
