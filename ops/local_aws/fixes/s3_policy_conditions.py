"""Two condition keys of S3 policies: the customer key of a write, and the TLS version.

Upstream, MiniStack 1.5.33: core/iam_actions.py, s3_service_context gives a PutObject neither
s3:x-amz-server-side-encryption-aws-kms-key-id (so "deny other keys" denies the right key too, or nothing)
nor any request s3:TlsVersion. The fix adds both.
"""

from __future__ import annotations

from typing import Any

LEAST_TLS = "1.2"
"""What hypercorn accepts at least; the version agreed on does not reach the application."""

KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def install() -> None:
    """Wraps the function that collects S3's condition keys."""
    from ministack.core import iam_actions, iam_evaluator

    inner = iam_actions.s3_service_context

    def s3_service_context(
        iam_action: str, query_params: Any, path: str = "", headers: Any = None
    ) -> dict[str, Any]:
        context = dict(inner(iam_action, query_params, path, headers))
        key = (headers or {}).get(KEY_HEADER)
        if iam_action == "s3:PutObject" and key:
            context[f"s3:{KEY_HEADER}"] = key
        _, secure = iam_evaluator._request_origin.get()
        if secure:
            context["s3:TlsVersion"] = LEAST_TLS
        return context

    iam_actions.s3_service_context = s3_service_context
