"""S3 request metrics, inventory, analytics and intelligent-tiering configurations of a bucket.

Upstream, MiniStack 1.5.33: services/s3.py, handle_request does not know these subresources, so that a
PUT is taken for CreateBucket and a DELETE deletes the bucket; Terraform's aws_s3_bucket_metric loses the
bucket at its destroy. The fix stores each configuration as it was sent and gives it back.
"""

from __future__ import annotations

import re
from typing import Any

LISTS = {
    "metrics": "ListMetricsConfigurationsResult",
    "inventory": "ListInventoryConfigurationsResult",
    "analytics": "ListBucketAnalyticsConfigurationResult",
    "intelligent-tiering": "ListBucketIntelligentTieringConfigurationsOutput",
}
"""Root element of a listing, by subresource."""

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
XML = {"Content-Type": "application/xml"}


def install() -> None:
    """Puts the subresources before S3's handler."""
    from ministack.core.responses import AccountScopedDict
    from ministack.services import s3

    from ops.local_aws.fixes.registration import register

    inner = s3.handle_request
    # Buckets are not regional in MiniStack's store either.
    kept: Any = AccountScopedDict()

    async def handle_request(
        method: str, path: str, headers: Any, body: bytes, query_params: Any, **more: Any
    ) -> Any:
        bucket, _, key = path.lstrip("/").partition("/")
        subresource = next((name for name in LISTS if name in query_params), None)
        if subresource is None or key:
            answer = await inner(method, path, headers, body, query_params, **more)
            if method == "DELETE" and bucket and not key and bucket not in s3._buckets:
                for entry in [entry for entry in kept if entry[1] == bucket]:
                    del kept[entry]
            return answer
        # A HEAD of the bucket tells foreign, missing and other regions' buckets apart and has no effects.
        status, *_ = await inner("HEAD", f"/{bucket}", headers, b"", {}, **more)
        if status == 404:
            return s3._error("NoSuchBucket", "The specified bucket does not exist", 404, f"/{bucket}")
        if status >= 300:
            return s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}")
        return _answer(method, subresource, bucket, (query_params.get("id") or [""])[0], body, kept)

    def _answer(method: str, subresource: str, bucket: str, identifier: str, body: bytes, kept: Any) -> Any:
        entry = (subresource, bucket, identifier)
        if method == "PUT":
            kept[entry] = body.decode()
            return 200, {}, b""
        if method == "GET" and not identifier:
            found = [text for name, text in kept.items() if name[:2] == (subresource, bucket)]
            documents = "".join(re.sub(r"^\s*<\?xml[^>]*\?>", "", text) for text in found)
            root = LISTS[subresource]
            content = f"<{root}><IsTruncated>false</IsTruncated>{documents}</{root}>"
            return 200, dict(XML), DECLARATION + content.encode()
        if entry not in kept:
            message = "The specified configuration does not exist."
            return s3._error("NoSuchConfiguration", message, 404, f"/{bucket}")
        if method == "DELETE":
            del kept[entry]
            return 204, {}, b""
        return 200, dict(XML), kept[entry].encode()

    s3.handle_request = handle_request
    register("s3_configurations", {"kept": kept})
