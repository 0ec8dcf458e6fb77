"""fixes/cloudfront_cache.py"""

from __future__ import annotations

import gzip
import time
from typing import Any

import pytest

from tests.local_aws import edge
from tests.local_aws.cloud import Cloud

TEXT: dict[str, Any] = {"body": b"text " * 400, "ContentType": "text/plain; charset=utf-8"}
SECURITY = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "1; mode=block",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'",
}


def _kept(site: edge.Site, path: str) -> bool:
    """Whether the second of two requests is answered from the cache."""
    first, second = (site.request(path).headers["x-cache"] for _ in range(2))
    assert first in ("Miss from cloudfront", "Error from cloudfront")
    return second == "Hit from cloudfront"


def test_a_second_request_is_answered_from_the_cache(fixed: Cloud) -> None:
    site = edge.site(fixed)
    site.put("a", b"old")
    first = site.request("/a")
    site.put("a", b"new")
    second = site.request("/a")
    assert (first.body, second.body) == (b"old", b"old")
    assert first.headers["x-cache"] == "Miss from cloudfront"
    assert second.headers["x-cache"] == "Hit from cloudfront"
    assert "age" not in first.headers
    assert 0 <= int(second.headers["age"]) < 60
    assert (site.request("/a", method="HEAD").headers["x-cache"]) == "Hit from cloudfront"
    # The query string is not part of the cache key.
    assert site.request("/a?x=1").body == b"old"


@pytest.mark.parametrize(
    ("control", "kept"),
    [
        ("max-age=60", True),
        ("max-age=0", False),
        ("max-age=60, s-maxage=0", False),
        ("no-store", False),
        ("private, max-age=60", False),
    ],
)
def test_trap_27_the_origin_decides_within_the_policys_bounds(fixed: Cloud, control: str, kept: bool) -> None:
    site = edge.site(fixed)
    site.put("a", CacheControl=control)
    assert _kept(site, "/a") is kept


def test_the_default_ttl_ends(fixed: Cloud) -> None:
    site = edge.site(fixed, behavior={"CachePolicyId": edge.cache_policy(fixed, ttl_s=1)})
    site.put("a")
    assert _kept(site, "/a")
    time.sleep(1.1)
    assert site.request("/a").headers["x-cache"] == "Miss from cloudfront"


def test_errors_are_kept_as_long_as_the_distribution_says(fixed: Cloud) -> None:
    listing = ["GetObject", "ListBucket"]
    usual, brief = edge.site(fixed), edge.site(fixed, CustomErrorResponses=_brief(404))
    for site, expected in ((usual, 404), (brief, 200)):
        site.allow(actions=listing)
        assert site.request("/a").status == 404
        site.put("a")
        assert site.request("/a").status == expected
    # A 403 without max-age is not kept.
    usual.allow(actions=["ListBucket"])
    assert usual.request("/b").status == 403
    usual.put("b")
    usual.allow()
    assert usual.request("/b").status == 200


def _brief(status: int) -> dict[str, Any]:
    return {"Quantity": 1, "Items": [{"ErrorCode": status, "ErrorCachingMinTTL": 0}]}


@pytest.mark.parametrize(
    ("paths", "cleared"), [(["/a/b"], True), (["/a/*"], True), (["/*"], True), (["/a"], False)]
)
def test_an_invalidation_clears_its_paths(fixed: Cloud, paths: list[str], cleared: bool) -> None:
    site, other = edge.site(fixed), edge.site(fixed)
    for one in (site, other):
        one.put("a/b")
        assert _kept(one, "/a/b")
    site.invalidate(*paths)
    assert site.request("/a/b").headers["x-cache"] == f"{'Miss' if cleared else 'Hit'} from cloudfront"
    assert other.request("/a/b").headers["x-cache"] == "Hit from cloudfront"


def test_a_range_is_that_part_and_not_compressed(fixed: Cloud) -> None:
    site = edge.site(fixed)
    site.put("a", **TEXT)
    assert _kept(site, "/a")
    for wanted in ("bytes=5-1999", "bytes=0-1998"):
        part = site.request("/a", Range=wanted, Accept_Encoding="gzip")
        first, last = (int(end) for end in wanted.removeprefix("bytes=").split("-"))
        assert (part.status, part.body) == (206, TEXT["body"][first : last + 1])


def test_a_viewer_who_has_it_gets_nothing_again(fixed: Cloud) -> None:
    site = edge.site(fixed)
    site.put("a")
    tag = site.request("/a").headers["etag"]
    assert site.request("/a", If_None_Match=tag).status == 304
    assert site.request("/a", If_None_Match='"other"').status == 200


def test_text_is_compressed_and_kept_both_ways(fixed: Cloud) -> None:
    site = edge.site(fixed)
    site.put("a", **TEXT)
    for cache in ("Miss", "Hit"):
        compressed = site.request("/a", Accept_Encoding="br, gzip")
        assert compressed.headers["content-encoding"] == "gzip"
        assert compressed.headers["vary"] == "Accept-Encoding"
        assert compressed.headers["etag"].startswith('W/"')
        assert compressed.headers["x-cache"] == f"{cache} from cloudfront"
        assert gzip.decompress(compressed.body) == TEXT["body"]
        plain = site.request("/a", Accept_Encoding="gzip;q=0")
        assert (plain.body, plain.headers["x-cache"]) == (TEXT["body"], f"{cache} from cloudfront")
        assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "stored",
    [
        edge.pdf(),
        {**TEXT, "body": b"x" * 999},
        {**TEXT, "body": b"x" * 10_000_001},
        {**TEXT, "ContentEncoding": "br"},
    ],
    ids=["PDF", "too small", "too large", "encoded already"],
)
def test_trap_26_what_is_not_compressed(fixed: Cloud, stored: dict[str, Any]) -> None:
    site = edge.site(fixed)
    site.put("a", **stored)
    answer = site.request("/a", Accept_Encoding="gzip")
    assert answer.body == stored["body"]
    assert answer.headers.get("content-encoding") == stored.get("ContentEncoding")


def test_nothing_is_compressed_unless_the_behavior_says_so(fixed: Cloud) -> None:
    site = edge.site(fixed, behavior={"Compress": False})
    site.put("a", **TEXT)
    assert site.request("/a", Accept_Encoding="gzip").body == TEXT["body"]


def test_each_answer_has_the_policys_headers_for_its_own_viewer(fixed: Cloud) -> None:
    page = "https://wizard.example.com"
    site = edge.site(fixed, behavior={"ResponseHeadersPolicyId": edge.headers_policy(fixed, page)})
    site.put("a")
    missed, hit, refused = site.request("/a", Origin=page), site.request("/a"), site.request("/missing")
    assert hit.headers["x-cache"] == "Hit from cloudfront"
    assert refused.status == 403
    for answer in (missed, hit, refused):
        assert answer.headers.items() >= SECURITY.items()
    assert missed.headers["access-control-allow-origin"] == page
    assert "access-control-allow-origin" not in hit.headers
    assert site.request("/a", Origin=page).headers["access-control-allow-origin"] == page
    assert "access-control-allow-origin" not in site.request("/a", Origin="https://evil.example").headers


def test_redirections_and_errors_say_so(fixed: Cloud) -> None:
    site = edge.site(fixed)
    assert site.request("/a", plain=True).headers["x-cache"] == "Redirect from cloudfront"
    assert site.request("/a").headers["x-cache"] == "Error from cloudfront"


def test_a_custom_error_page_stands_in(fixed: Cloud) -> None:
    page = {"ErrorCode": 403, "ResponsePagePath": "/sorry", "ResponseCode": "404", "ErrorCachingMinTTL": 0}
    site = edge.site(fixed, CustomErrorResponses={"Quantity": 1, "Items": [page]})
    site.put("sorry", b"not here")
    answer = site.request("/missing")
    assert (answer.status, answer.body) == (404, b"not here")


def test_stock_keeps_nothing_and_compresses_nothing(stock: Cloud) -> None:
    site = edge.site(stock)
    site.put("a", **TEXT)
    assert site.request("/a", Accept_Encoding="gzip").body == TEXT["body"]
    site.put("a", b"new")
    again = site.request("/a")
    assert (again.body, again.headers["x-cache"]) == (b"new", "Miss from cloudfront")
