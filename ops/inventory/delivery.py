"""CloudFront and what stands around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ops.inventory.compute import tagged
from ops.inventory.model import Lister, pages


def _listed(cloudfront: Any, operation: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """CloudFront wraps each list in one of its own; the marker of the next page is in there."""
    while True:
        answer = getattr(cloudfront, operation)(**arguments)
        found = next(value for value in answer.values() if isinstance(value, dict) and "Quantity" in value)
        yield from found.get("Items") or ()
        if not found.get("NextMarker"):
            return
        arguments["Marker"] = found["NextMarker"]


def _distributions(cloudfront: Any) -> Iterator[tuple[str, str]]:
    for item in _listed(cloudfront, "list_distributions"):
        yield item["Comment"], item["Id"]


def _origin_access_controls(cloudfront: Any) -> Iterator[tuple[str, str]]:
    for item in _listed(cloudfront, "list_origin_access_controls"):
        yield item["Name"], item["Id"]


def _public_keys(cloudfront: Any) -> Iterator[tuple[str, str]]:
    for item in _listed(cloudfront, "list_public_keys"):
        yield item["Name"], item["Id"]


def _key_groups(cloudfront: Any) -> Iterator[tuple[str, str]]:
    for item in _listed(cloudfront, "list_key_groups"):
        yield item["KeyGroup"]["KeyGroupConfig"]["Name"], item["KeyGroup"]["Id"]


def _policies(kind: str) -> Callable[[Any], Iterator[tuple[str, str]]]:
    """kind: CachePolicy and the like; CloudFront's own are not listed."""
    operation = {
        "CachePolicy": "list_cache_policies",
        "OriginRequestPolicy": "list_origin_request_policies",
        "ResponseHeadersPolicy": "list_response_headers_policies",
    }[kind]

    def listed(cloudfront: Any) -> Iterator[tuple[str, str]]:
        for item in _listed(cloudfront, operation, Type="custom"):
            yield item[kind][f"{kind}Config"]["Name"], item[kind]["Id"]

    return listed


def _web_acls(wafv2: Any) -> Iterator[tuple[str, str]]:
    """Those for CloudFront; AWS answers in us-east-1 only."""
    if wafv2.meta.region_name == "us-east-1":
        for acl in pages(wafv2, "list_web_acls", "WebACLs", Scope="CLOUDFRONT"):
            yield acl["Name"], acl["Id"]


def _certificates(acm: Any) -> Iterator[tuple[str, str]]:
    for certificate in pages(acm, "list_certificates", "CertificateSummaryList"):
        arn = certificate["CertificateArn"]
        tags = acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]
        name = tagged(certificate["DomainName"], {tag["Key"]: tag.get("Value", "") for tag in tags})
        yield name, arn


LISTERS = (
    Lister("distribution", "cloudfront", _distributions, everywhere=True),
    Lister("origin access control", "cloudfront", _origin_access_controls, everywhere=True),
    Lister("cache policy", "cloudfront", _policies("CachePolicy"), everywhere=True),
    Lister("origin request policy", "cloudfront", _policies("OriginRequestPolicy"), everywhere=True),
    Lister("response headers", "cloudfront", _policies("ResponseHeadersPolicy"), everywhere=True),
    Lister("public key", "cloudfront", _public_keys, everywhere=True),
    Lister("key group", "cloudfront", _key_groups, everywhere=True),
    Lister("web ACL", "wafv2", _web_acls),
    Lister("certificate", "acm", _certificates),
)
