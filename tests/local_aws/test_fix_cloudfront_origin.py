"""fixes/cloudfront_origin.py"""

from __future__ import annotations

import pytest

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws import edge
from tests.local_aws.cloud import Cloud, Statement, document, unique

OTHER = f"arn:aws:cloudfront::{ACCOUNT_ID}:distribution/E0000000000000"


def _let_decrypt(cloud: Cloud, key: str, *statements: Statement, region: str = REGION) -> None:
    account = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = document(account, *statements)
    cloud.client("kms", region).put_key_policy(KeyId=key, PolicyName="default", Policy=policy)


@pytest.mark.parametrize("plain", [True, False])
def test_a_bucket_that_insists_on_tls_can_be_read_whatever_the_viewer_speaks(
    fixed: Cloud, plain: bool
) -> None:
    site = edge.site(fixed, behavior={"ViewerProtocolPolicy": "allow-all"})
    site.put("a")
    site.allow(edge.insecure_denied(site.bucket))
    assert site.request("/a", plain=plain).status == 200


def test_the_bucket_policy_must_allow_this_distribution(fixed: Cloud) -> None:
    site = edge.site(fixed)
    for name in ("a", "b", "c"):
        site.put(name)
    site.allow(arn=OTHER)
    assert site.request("/a").status == 403
    site.allow()
    assert site.request("/b").status == 200
    fixed.client("s3").delete_bucket_policy(Bucket=site.bucket)
    assert site.request("/c").status == 403


def test_trap_01_the_key_policy_must_allow_this_distribution(fixed: Cloud) -> None:
    key = fixed.key()
    site = edge.site(fixed, key=key)
    for name in ("a", "b", "c", "d"):
        site.put(name)
    assert site.request("/a").status == 403
    _let_decrypt(fixed, key, edge.for_cloudfront(OTHER, "kms:Decrypt"))
    assert site.request("/b").status == 403
    _let_decrypt(fixed, key, edge.for_cloudfront(site.arn, "kms:Decrypt"))
    served = site.request("/c")
    assert (served.status, served.body) == (200, b"1")
    _let_decrypt(fixed, key)
    refused = site.request("/d")
    assert (refused.status, edge.error_code(refused)) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::{bucket}", 200),
        ("kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::other", 403),
        ("kms:ViaService", f"s3.{REGION}.amazonaws.com", 200),
        ("kms:ViaService", f"dynamodb.{REGION}.amazonaws.com", 403),
        ("AWS:SourceAccount", ACCOUNT_ID, 200),
        ("AWS:SourceAccount", "000000000000", 403),
    ],
)
def test_the_key_policy_may_ask_for_more(fixed: Cloud, name: str, value: str, status: int) -> None:
    key = fixed.key()
    site = edge.site(fixed, key=key)
    site.put("a")
    statement = edge.for_cloudfront(site.arn, "kms:Decrypt")
    more = {name: value.format(bucket=site.bucket)}
    statement["Condition"] = {"StringEquals": {**statement["Condition"]["StringEquals"], **more}}
    _let_decrypt(fixed, key, statement)
    assert site.request("/a").status == status


def test_bucket_and_key_may_be_in_another_region(fixed: Cloud) -> None:
    region, bucket, key = "eu-central-1", unique("abroad"), fixed.key(region="eu-central-1")
    s3 = fixed.client("s3", region)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_object(Bucket=bucket, Key="a", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    site = edge.site(fixed, origin=f"{bucket}.s3.{region}.amazonaws.com")
    readable = edge.for_cloudfront(site.arn, "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    s3.put_bucket_policy(Bucket=bucket, Policy=document(readable))
    assert site.request("/a").status == 403
    _let_decrypt(fixed, key, edge.for_cloudfront(site.arn, "kms:Decrypt"), region=region)
    assert site.request("/a").status == 200


def test_trap_30_a_missing_object_is_told_to_those_who_may_list(fixed: Cloud) -> None:
    site = edge.site(fixed)
    assert site.request("/missing").status == 403
    site.allow(actions=["GetObject", "ListBucket"])
    missing = site.request("/missing")
    assert (missing.status, edge.error_code(missing)) == (404, "NoSuchKey")
    site.allow(actions=["ListBucket"])
    assert site.request("/missing-too").status == 403


def test_a_preflight_is_answered_by_the_bucket(fixed: Cloud) -> None:
    page = "https://wizard.example.com"
    names = ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")
    policies = {
        "CachePolicyId": edge.cache_policy(fixed, headers=names),
        "ResponseHeadersPolicyId": edge.headers_policy(fixed, page),
    }
    site = edge.site(fixed, behavior=policies)
    site.put("a")

    def preflight(origin: str) -> edge.Answer:
        return site.request("/a", method="OPTIONS", Origin=origin, Access_Control_Request_Method="GET")

    assert preflight(page).status == 403
    rule = {"AllowedOrigins": [page], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}
    fixed.client("s3").put_bucket_cors(Bucket=site.bucket, CORSConfiguration={"CORSRules": [rule]})
    allowed = preflight(page)
    assert (allowed.status, allowed.body) == (200, b"")
    assert allowed.headers["access-control-allow-origin"] == page
    assert allowed.headers["access-control-max-age"] == "600"
    refused = preflight("https://evil.example")
    assert refused.status == 403
    assert "access-control-allow-origin" not in refused.headers


def test_the_bucket_answers_an_origin_that_is_forwarded(fixed: Cloud) -> None:
    page = "https://wizard.example.com"
    site = edge.site(fixed, behavior={"CachePolicyId": edge.cache_policy(fixed, headers=["Origin"])})
    site.put("a")
    rule = {"AllowedOrigins": [page], "AllowedMethods": ["GET"]}
    fixed.client("s3").put_bucket_cors(Bucket=site.bucket, CORSConfiguration={"CORSRules": [rule]})
    assert site.request("/a", Origin=page).headers["access-control-allow-origin"] == page
    assert "access-control-allow-origin" not in site.request("/a", Origin="https://evil.example").headers


def test_a_preflight_without_forwarded_headers_fails_at_the_bucket(fixed: Cloud) -> None:
    site = edge.site(fixed)
    preflight = {"Origin": "https://wizard.example.com", "Access_Control_Request_Method": "GET"}
    assert site.request("/a", method="OPTIONS", **preflight).status == 400


def test_stock_takes_the_viewers_protocol_for_its_own(stock: Cloud) -> None:
    site = edge.site(stock, behavior={"ViewerProtocolPolicy": "allow-all"})
    site.put("a")
    site.allow(edge.insecure_denied(site.bucket))
    assert site.request("/a", plain=True).status == 403


def test_stock_asks_nobody_for_the_key(stock: Cloud) -> None:
    site = edge.site(stock, key=stock.key())
    site.put("a")
    assert site.request("/a").status == 200


def test_stock_never_tells_that_an_object_is_missing(stock: Cloud) -> None:
    site = edge.site(stock)
    site.allow(actions=["GetObject", "ListBucket"])
    assert site.request("/missing").status == 403


def test_stock_serves_the_object_to_a_preflight(stock: Cloud) -> None:
    site = edge.site(stock)
    site.put("a", b"content")
    assert site.request("/a", method="OPTIONS").body == b"content"
