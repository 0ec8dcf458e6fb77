"""S3's `ExpectedBucketOwner`.

Upstream, MiniStack 1.5.33: services/s3.py reads x-amz-expected-bucket-owner nowhere, so a bucket of
another account is used without a word. The fix answers 403 when the bucket belongs to another account
than the one named, as S3 does; `ops bootstrap` relies on that.
"""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Puts the comparison before S3's handler."""
    from ministack.services import s3

    inner = s3.handle_request

    async def handle_request(
        method: str, path: str, headers: Any, body: bytes, query_params: Any, **more: Any
    ) -> Any:
        expected = s3._merge_hoisted_amz_headers(headers, query_params).get("x-amz-expected-bucket-owner")
        bucket = path.lstrip("/").partition("/")[0]
        owner = s3._bucket_owner_account(bucket) if expected else None
        if owner is not None and owner != expected:
            return s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}")
        return await inner(method, path, headers, body, query_params, **more)

    s3.handle_request = handle_request
