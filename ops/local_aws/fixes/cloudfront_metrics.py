"""Metrics of distributions, in us-east-1 with Region=Global wherever viewers are.

Upstream, MiniStack 1.5.33: services/cloudfront.py, handle_viewer_request reports nothing to CloudWatch. The
fix stores Requests, BytesDownloaded, 4xxErrorRate, 5xxErrorRate and TotalErrorRate by DistributionId and
Region. A rate is 100 or 0 for each request: their average is the percentage.
"""

from __future__ import annotations

from typing import Any

from ops.local_aws.fixes.background import scope

REGION = "us-east-1"


def install() -> None:
    """Wraps the handling of viewers' requests."""
    from ministack.core.responses import get_account_id
    from ministack.services import cloudfront, cloudwatch

    inner = cloudfront.handle_viewer_request

    async def handle_viewer_request(dist: Any, *arguments: Any, **more: Any) -> Any:
        answer = await inner(dist, *arguments, **more)
        status, _, body = answer
        dimensions = {"DistributionId": dist["Id"], "Region": "Global"}
        client, server = 400 <= status < 500, status >= 500
        with scope(get_account_id(), REGION):
            cloudwatch.record_metric("AWS/CloudFront", "Requests", 1, "None", dimensions)
            size = len(body) if isinstance(body, bytes) else 0
            cloudwatch.record_metric("AWS/CloudFront", "BytesDownloaded", size, "None", dimensions)
            rates = {"4xxErrorRate": client, "5xxErrorRate": server, "TotalErrorRate": client or server}
            for name, happened in rates.items():
                cloudwatch.record_metric("AWS/CloudFront", name, 100 * happened, "Percent", dimensions)
        return answer

    cloudfront.handle_viewer_request = handle_viewer_request
