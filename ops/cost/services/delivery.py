"""CloudFront, its logs, and the web ACL before it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from environments.ranges import Range, exactly
from ops.cost.metering import Metered, Month
from ops.cost.quantities import KB_PER_GB
from ops.cost.resources import Resource
from ops.cost.services.storage import LOG_LINE_KB

WAF_LINE_KB = Decimal("1.5")
"""One request in a web ACL's log."""


def distribution(resource: Resource, month: Month) -> Iterator[Metered]:
    """S3 gives CloudFront its data for nothing; each download is a request and its bytes."""
    used = month.used()
    yield Metered("cloudfront.requests", used.downloads, "requests for downloads")
    yield Metered("cloudfront.out", used.downloads_gb, "GB of downloads")


def log_delivery(resource: Resource, month: Month) -> Iterator[Metered]:
    """Low: nothing, for whether CloudFront's own logs are charged was not seen."""
    lines = month.used().downloads * LOG_LINE_KB / KB_PER_GB
    yield Metered("logs.delivered-to-s3", Range(Decimal(0), lines.high), "GB of CloudFront's access logs")


def web_acl(resource: Resource, month: Month) -> Iterator[Metered]:
    """Of a managed group counts the group, not its rules."""
    yield Metered("waf.acl", exactly(1), "web ACL")
    yield Metered("waf.rule", exactly(len(resource.blocks("rule"))), "rules")
    yield Metered("waf.requests", month.used().downloads, "requests")


def acl_log_gb(month: Month) -> Range:
    """GB that a web ACL logs in a month."""
    return month.used().downloads * WAF_LINE_KB / KB_PER_GB
