"""fixes/cloudfront_viewers.py"""

from __future__ import annotations

import pytest

from tests.local_aws import edge
from tests.local_aws.cloud import Cloud, unique


def _aliased(cloud: Cloud, *names: str) -> edge.Site:
    site = edge.site(cloud, Aliases={"Quantity": len(names), "Items": list(names)})
    site.put("a")
    return site


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_alias_reaches_the_distribution(fixed: Cloud, method: str) -> None:
    name = f"{unique('files')}.example.com"
    _aliased(fixed, name)
    assert edge.request(fixed, name, "/a", method=method).status == 200
    assert edge.request(fixed, f"{name}:4566", "/a", method=method).status == 200
    assert edge.request(fixed, f"other-{name}", "/a", method=method).status != 200


def test_a_wildcard_alias_reaches_the_distribution(fixed: Cloud) -> None:
    name = f"{unique('wildcard')}.example.com"
    _aliased(fixed, f"*.{name}")
    assert edge.request(fixed, f"files.{name}", "/a").status == 200
    assert edge.request(fixed, name, "/a").status != 200


def test_an_alias_that_was_taken_away_reaches_nothing(fixed: Cloud) -> None:
    name = f"{unique('files')}.example.com"
    site = _aliased(fixed, name)
    assert edge.request(fixed, name, "/a").status == 200
    site.change(Aliases={"Quantity": 0})
    assert edge.request(fixed, name, "/a").status != 200
    assert site.request("/a").status == 200


def test_a_disabled_distribution_serves_nothing(fixed: Cloud) -> None:
    site = edge.site(fixed)
    site.put("a")
    assert site.request("/a").status == 200
    site.change(Enabled=False)
    assert site.request("/a").status == 403
    assert site.request("/a", plain=True).status == 403
    site.change(Enabled=True)
    assert site.request("/a").status == 200


@pytest.mark.parametrize("host", ["distribution", "alias"])
def test_plain_http_is_redirected(fixed: Cloud, host: str) -> None:
    name = f"{unique('files')}.example.com"
    site = _aliased(fixed, name)
    asked = name if host == "alias" else site.domain
    answer = edge.request(fixed, asked, "/a%20b?x=1&y=2", plain=True)
    assert answer.status == 301
    assert answer.headers["location"] == f"https://{asked}/a%20b?x=1&y=2"
    assert edge.request(fixed, asked, "/a", plain=True, method="OPTIONS").status == 307


def test_the_protocol_is_the_connections_whatever_the_viewer_claims(fixed: Cloud) -> None:
    site = edge.site(fixed)
    site.put("a")
    assert site.request("/a", plain=True, X_Forwarded_Proto="https").status == 301
    assert site.request("/a", X_Forwarded_Proto="http").status == 200


def test_stock_does_not_know_aliases(stock: Cloud) -> None:
    name = f"{unique('files')}.example.com"
    _aliased(stock, name)
    assert edge.request(stock, name, "/a").status != 200


def test_stock_serves_a_disabled_distribution(stock: Cloud) -> None:
    site = edge.site(stock, Enabled=False)
    site.put("a")
    assert site.request("/a").status == 200


def test_stock_believes_what_the_viewer_claims(stock: Cloud) -> None:
    site = edge.site(stock)
    site.put("a")
    assert site.request("/a", plain=True, X_Forwarded_Proto="https").status == 200
