"""TLS, plain HTTP, and web pages."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request

import pytest

from ops.local_aws.example import ACCOUNT_ID
from tests.local_aws.cloud import Cloud, document, refused

ROOT = (
    f"AWS4-HMAC-SHA256 Credential={ACCOUNT_ID}/20250101/us-east-1/iam/aws4_request,"
    " SignedHeaders=host, Signature=0"
)


def _status(url: str, cloud: Cloud, **headers: str) -> int:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    request = urllib.request.Request(url, headers=named)
    context = ssl.create_default_context(cafile=str(cloud.authority))
    # The strictest form that any supported Python uses.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        with urllib.request.urlopen(request, context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_certificate_holds_for_address_and_name(fixed: Cloud) -> None:
    health = f"{fixed.endpoint}/_ministack/health"
    assert _status(health, fixed) == 200
    assert _status(health.replace("127.0.0.1", "localhost"), fixed) == 200


def test_a_request_waits_for_no_delayed_acknowledgement(fixed: Cloud) -> None:
    s3, times = fixed.client("s3"), []
    for _ in range(21):
        started = time.perf_counter()
        s3.list_buckets()
        times.append(time.perf_counter() - started)
    # With Nagle's algorithm on, each takes 40 ms once a connection is warm, the quickest on an idle machine
    # included; Terraform sends hundreds.
    assert min(times[10:]) < 0.03


def test_the_bucket_policy_refuses_plain_http(fixed: Cloud) -> None:
    bucket = fixed.bucket()
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    fixed.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(deny))
    plain = fixed.client("s3", endpoint=fixed.plain_endpoint)
    assert refused(plain.put_object, Bucket=bucket, Key="a") == "AccessDenied"
    assert refused(plain.list_objects_v2, Bucket=bucket) == "AccessDenied"
    fixed.client("s3").put_object(Bucket=bucket, Key="a")
    fixed.client("s3").list_objects_v2(Bucket=bucket)
    # The same request without the policy is served: it is the policy that refuses.
    fixed.client("s3").delete_bucket_policy(Bucket=bucket)
    plain.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
        ({}, 200),
    ],
)
def test_web_pages_get_no_root_access(fixed: Cloud, headers: dict[str, str], expected: int) -> None:
    users = f"{fixed.plain_endpoint}/?Action=ListUsers&Version=2010-05-08"
    assert _status(users, fixed, Authorization=ROOT, **headers) == expected
    assert _status(f"{fixed.plain_endpoint}/_ministack/health", fixed, **headers) == expected


def test_web_pages_get_what_a_signature_and_cors_allow(fixed: Cloud) -> None:
    s3, bucket, page = fixed.client("s3"), fixed.bucket(), "https://wizard.example.com"
    rule = {"AllowedOrigins": [page], "AllowedMethods": ["GET"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    s3.put_object(Bucket=bucket, Key="a", Body=json.dumps({}).encode())
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a"})
    assert _status(url, fixed, Origin=page) == 200
