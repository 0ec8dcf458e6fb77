"""What CloudFront may read from an S3 origin: the bucket's policy, the object's key, missing objects, CORS.

Upstream, MiniStack 1.5.33: services/s3.py, serve_cloudfront_origin_fetch evaluates the bucket policy with
the viewer's protocol, asks nobody for the key of an encrypted object, answers 403 for a missing object
whatever the policy says, and serves the object to an OPTIONS request. CloudFront itself signs its requests,
over TLS, as cloudfront.amazonaws.com for one distribution; S3 asks the key's policy for kms:Decrypt on its
behalf, tells a caller with s3:ListBucket that an object is missing, and answers a preflight from the
bucket's CORS configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ops.local_aws.fixes.s3_policy_conditions import KEY_HEADER

SERVICE = "cloudfront.amazonaws.com"


def install() -> None:
    """Wraps the fetch from a bucket."""
    from ministack.services import s3

    inner = s3.serve_cloudfront_origin_fetch

    def serve_cloudfront_origin_fetch(
        bucket: str, key: str, method: str, headers: Any, source_arn: str = "", oai_id: str = ""
    ) -> Any:
        with _as_cloudfront(bucket):
            if method == "OPTIONS":
                return s3.cors_preflight(bucket, key, headers)
            if _is_known_to_be_missing(bucket, key, source_arn):
                message = "The specified key does not exist."
                return s3._error("NoSuchKey", message, 404, f"/{bucket}/{key}")
            status, found, body = inner(bucket, key, method, headers, source_arn, oai_id)
            found = dict(found)
            sent = {name.lower(): value for name, value in found.items()}
            if method == "GET" and status in (200, 206) and not _may_decrypt(sent, bucket, key, source_arn):
                return s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}/{key}")
            return status, {**found, **s3.cors_response_headers(bucket, method, headers)}, body

    s3.serve_cloudfront_origin_fetch = serve_cloudfront_origin_fetch


@contextmanager
def _as_cloudfront(bucket: str) -> Iterator[None]:
    """A TLS request in the bucket's account and region, where its key is found too."""
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_account_id, get_region, request_scope
    from ministack.services import s3

    owner = s3._bucket_owner_account(bucket) or get_account_id()
    address, _ = iam_evaluator._request_origin.get()
    token = iam_evaluator._request_origin.set((address, True))
    try:
        with request_scope(owner, s3.bucket_region(bucket) or get_region()):
            yield
    finally:
        iam_evaluator._request_origin.reset(token)


def _is_known_to_be_missing(bucket: str, key: str, source_arn: str) -> bool:
    """Whether the object is missing and CloudFront may learn that."""
    from ministack.services import s3

    stored = s3._buckets.get(bucket)
    policy = s3._bucket_policies.get(bucket)
    if stored is None or not policy or not source_arn or key in stored["objects"]:
        return False
    arn = f"arn:aws:s3:::{bucket}"
    readable = _allows(policy, "s3:GetObject", f"{arn}/{key}", source_arn)
    return readable and _allows(policy, "s3:ListBucket", arn, source_arn)


def _may_decrypt(found: Mapping[str, str], bucket: str, key: str, source_arn: str) -> bool:
    """Whether the object is under no KMS key, or under one whose policy lets this distribution decrypt."""
    from ministack.core.responses import get_region
    from ministack.services import kms

    from ops.local_aws.fixes import kms_enforcement

    reference = found.get(KEY_HEADER)
    if not reference:
        return True
    stored = kms._resolve_key(reference)
    if stored is None or not source_arn:
        return False
    conditions = {
        "kms:ViaService": f"s3.{get_region()}.amazonaws.com",
        **kms_enforcement._context_keys(kms_enforcement._s3_context(bucket, key, reference)),
    }
    return _allows(stored.get("Policy") or "", "kms:Decrypt", stored["Arn"], source_arn, conditions)


def _allows(
    policy: str, action: str, resource: str, source_arn: str, conditions: Mapping[str, Any] | None = None
) -> bool:
    """Whether a resource's policy allows the action to CloudFront on behalf of the distribution."""
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_region

    # arn:aws:cloudfront::<account>:distribution/<id>
    source = {"aws:SourceArn": source_arn, "aws:SourceAccount": source_arn.split(":")[4]}
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={name.lower(): value for name, value in {**source, **(conditions or {})}.items()},
    )
    decided = iam_evaluator.evaluate_resource_policy(policy, context, service=SERVICE)
    return bool(decided.decision == "Allow")
