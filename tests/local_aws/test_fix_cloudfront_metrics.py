"""fixes/cloudfront_metrics.py"""

from __future__ import annotations

from tests.local_aws.alarming import value_of
from tests.local_aws.cloud import Cloud
from tests.local_aws.edge import site


def test_trap_29_a_distributions_requests_are_measured_in_us_east_1_as_global(fixed: Cloud) -> None:
    edge = site(fixed)
    edge.put("a")
    assert [edge.request("/a").status, edge.request("/a").status] == [200, 200]
    assert edge.request("/missing").status == 403
    of = {"DistributionId": edge.identifier, "Region": "Global"}
    assert value_of(fixed, "AWS/CloudFront", "Requests", "Sum", **of) == 3
    assert value_of(fixed, "AWS/CloudFront", "BytesDownloaded", "Minimum", **of) == 1
    rate = value_of(fixed, "AWS/CloudFront", "4xxErrorRate", "Average", **of)
    assert rate is not None
    assert round(rate) == 33
    assert value_of(fixed, "AWS/CloudFront", "5xxErrorRate", "Average", **of) == 0


def test_stock_measures_no_request(stock: Cloud) -> None:
    edge = site(stock)
    edge.request("/missing")
    assert stock.client("cloudwatch").list_metrics(Namespace="AWS/CloudFront")["Metrics"] == []
