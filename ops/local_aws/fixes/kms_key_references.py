"""Customer keys that S3 and DynamoDB are told to use.

Upstream, MiniStack 1.5.33: services/s3.py, _resolve_sse_write_headers, and services/dynamodb.py,
_sse_description_from_spec, keep the key as it was written, be it an alias, a key that does not exist or
one that is disabled or waits for its deletion. AWS resolves an alias to the key, shows the key's ARN from
then on, and S3 refuses a key that it cannot use. The fix does the same.
"""

from __future__ import annotations

import json
from typing import Any

from ops.local_aws.fixes.s3_policy_conditions import KEY_HEADER


def install() -> None:
    """Wraps the two functions."""
    from ministack.services import dynamodb, kms, s3

    write_headers = s3._resolve_sse_write_headers
    describe = dynamodb._sse_description_from_spec

    def resolve_sse_write_headers(headers: Any, bucket_name: str) -> Any:
        resolved, error = write_headers(headers, bucket_name)
        if error is not None or KEY_HEADER not in resolved:
            return resolved, error
        reference = resolved[KEY_HEADER]
        key = kms._resolve_key(reference)
        if key is None:
            message = f"Key '{reference}' does not exist"
            return None, s3._error("KMS.NotFoundException", message, 400, f"/{bucket_name}")
        unusable = kms._check_key_state(key)
        if unusable is not None:
            refusal = json.loads(unusable[2])
            code = f"KMS.{refusal['__type'].rpartition('#')[2]}"
            return None, s3._error(code, refusal["message"], 400, f"/{bucket_name}")
        return {**resolved, KEY_HEADER: key["Arn"]}, None

    def sse_description_from_spec(spec: Any) -> Any:
        description = describe(spec)
        key = kms._resolve_key((description or {}).get("KMSMasterKeyArn"))
        return {**description, "KMSMasterKeyArn": key["Arn"]} if key else description

    s3._resolve_sse_write_headers = resolve_sse_write_headers
    dynamodb._sse_description_from_spec = sse_description_from_spec
