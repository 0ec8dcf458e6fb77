"""Finders of CloudFront's resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ops.adoption.answers import Find, tags


def _items(call: Callable[..., Any], **asked: str) -> list[dict[str, Any]]:
    """All items of one of CloudFront's lists, whose pages boto3 has no paginator for."""
    items: list[dict[str, Any]] = []
    marker: str | None = None
    while True:
        answer = call(**asked, **({"Marker": marker} if marker else {}))
        page = next(value for value in answer.values() if isinstance(value, dict) and "Quantity" in value)
        items += page.get("Items", [])
        marker = page.get("NextMarker")
        if not marker:
            return items


def _listed(operation: str, path: tuple[str, ...], **asked: str) -> Find:
    """By name in a list. path: to what, in an item, has the id and (itself or in its config) the name."""

    def find(cloudfront: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
        for item in _items(getattr(cloudfront, operation), **asked):
            thing = item
            for step in path:
                thing = thing[step]
            config = next((value for name, value in thing.items() if name.endswith("Config")), thing)
            if config.get("Name") == after["name"]:
                return str(thing["Id"])
        return None

    return find


def _distribution(cloudfront: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    for item in _items(cloudfront.list_distributions):
        if item["Comment"] == after["comment"]:
            found = cloudfront.list_tags_for_resource(Resource=item["ARN"])["Tags"]["Items"]
            if tags(found) == ours:
                return str(item["Id"])
    return None


FINDERS: dict[str, tuple[str, Find]] = {
    "aws_cloudfront_origin_access_control": (
        "cloudfront",
        _listed("list_origin_access_controls", ()),
    ),
    "aws_cloudfront_cache_policy": (
        "cloudfront",
        _listed("list_cache_policies", ("CachePolicy",), Type="custom"),
    ),
    "aws_cloudfront_origin_request_policy": (
        "cloudfront",
        _listed("list_origin_request_policies", ("OriginRequestPolicy",), Type="custom"),
    ),
    "aws_cloudfront_response_headers_policy": (
        "cloudfront",
        _listed("list_response_headers_policies", ("ResponseHeadersPolicy",), Type="custom"),
    ),
    "aws_cloudfront_public_key": ("cloudfront", _listed("list_public_keys", ())),
    "aws_cloudfront_key_group": ("cloudfront", _listed("list_key_groups", ("KeyGroup",))),
    "aws_cloudfront_distribution": ("cloudfront", _distribution),
}
