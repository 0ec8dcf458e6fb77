"""Permission to use a queue's customer key, asked of whoever sends to it and receives from it.

Upstream, MiniStack 1.5.33: services/sqs.py, handle_request asks for no KMS permission. On AWS a sender needs
kms:GenerateDataKey and kms:Decrypt, a receiver kms:Decrypt, on the queue's key through SQS (SQS Developer
Guide, "Key management"). Services are asked by sqs_customer_keys, event source mappings by lambda_queues.
"""

from __future__ import annotations

import json
from typing import Any

from ops.local_aws.fixes.kms_enforcement import refusal

USES = {
    "SendMessage": ("kms:GenerateDataKey", "kms:Decrypt"),
    "SendMessageBatch": ("kms:GenerateDataKey", "kms:Decrypt"),
    "ReceiveMessage": ("kms:Decrypt",),
}


def install() -> None:
    """Wraps the handler of SQS; SDKs speak its JSON protocol."""
    from ministack.services import sqs

    inner = sqs.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        uses = USES.get(headers.get("x-amz-target", "").partition("AmazonSQS.")[2], ())
        if uses:
            attributes = _attributes(body)
            context = {"aws:sqs:arn": attributes.get("QueueArn", "")}
            for use in uses:
                key = attributes.get("KmsMasterKeyId")
                if no := refusal("sqs", use, key, headers, query_params, context):
                    return no
        return await inner(method, path, headers, body, query_params)

    sqs.handle_request = handle_request


def _attributes(body: bytes) -> dict[str, Any]:
    """Of the queue that a request names."""
    from ministack.core.responses import get_region
    from ministack.services import sqs

    try:
        account, name = json.loads(body or b"{}")["QueueUrl"].rsplit("/", 2)[-2:]
    except (ValueError, KeyError, AttributeError):
        return {}
    queue = sqs._queue_by_arn(f"arn:aws:sqs:{get_region()}:{account}:{name}")
    return dict((queue or {}).get("attributes") or {})
