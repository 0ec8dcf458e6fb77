"""fixes/cloudfront_private_content.py"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.local_aws import edge
from tests.local_aws.cloud import Cloud, refused, unique

MISSING = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>MissingKey</Code>'
    b"<Message>Missing Key-Pair-Id query parameter or cookie value</Message></Error>"
)
SOON, LONG_AGO = timedelta(minutes=5), timedelta(minutes=-5)


@dataclass(frozen=True)
class Signer:
    """A key pair whose public half CloudFront knows."""

    public_key: str
    group: str
    sign: Callable[[bytes], bytes]

    def url(self, site: edge.Site, path: str, after: timedelta = SOON, *, host: str | None = None) -> str:
        """Path and query string of a signed URL with a canned policy."""
        url = f"https://{host or site.domain}{path}"
        signed = self._signer().generate_presigned_url(url, date_less_than=datetime.now(UTC) + after)
        return str(signed).removeprefix(f"https://{host or site.domain}")

    def custom(self, site: edge.Site, path: str, resource: str, **conditions: Any) -> str:
        """Path and query string of a signed URL with a custom policy."""
        policy = self._signer().build_policy(
            f"https://{site.domain}{resource}", datetime.now(UTC) + SOON, **conditions
        )
        signed = self._signer().generate_presigned_url(f"https://{site.domain}{path}", policy=policy)
        return str(signed).removeprefix(f"https://{site.domain}")

    def _signer(self) -> Any:
        return CloudFrontSigner(self.public_key, self.sign)


def _signer(cloud: Cloud) -> Signer:
    client, key = cloud.client("cloudfront"), rsa.generate_private_key(65537, 2048)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
    config = {"CallerReference": unique("key"), "Name": unique("key"), "EncodedKey": pem}
    public_key = client.create_public_key(PublicKeyConfig=config)["PublicKey"]["Id"]
    group = client.create_key_group(KeyGroupConfig={"Name": unique("group"), "Items": [public_key]})
    return Signer(
        public_key,
        group["KeyGroup"]["Id"],
        lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA1()),
    )


def _private(cloud: Cloud, signer: Signer, **more: Any) -> edge.Site:
    groups = {"Enabled": True, "Quantity": 1, "Items": [signer.group]}
    behavior = {"TrustedKeyGroups": groups, **more.pop("behavior", {})}
    site = edge.site(cloud, behavior=behavior, **more)
    site.put("a.pdf", **edge.pdf())
    return site


@pytest.fixture(scope="module")
def signer(fixed: Cloud) -> Signer:
    return _signer(fixed)


@pytest.fixture(scope="module")
def private(fixed: Cloud, signer: Signer) -> edge.Site:
    return _private(fixed, signer)


def test_a_signed_url_is_served(private: edge.Site, signer: Signer) -> None:
    answer = private.request(signer.url(private, "/a.pdf"))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body == edge.pdf()["body"]
    assert private.request(signer.url(private, "/a.pdf"), method="HEAD").status == 200


def test_trap_23_an_unsigned_request_is_refused(private: edge.Site) -> None:
    answer = private.request("/a.pdf")
    assert (answer.status, answer.body) == (403, MISSING)
    assert answer.headers["content-type"] == "text/xml"
    assert answer.headers["x-cache"] == "Error from cloudfront"
    assert answer.headers["server"] == "CloudFront"


def test_what_was_not_signed_is_refused(fixed: Cloud, private: edge.Site, signer: Signer) -> None:
    def code(path: str) -> str:
        answer = private.request(path)
        assert answer.status == 403
        return edge.error_code(answer)

    good = signer.url(private, "/a.pdf")
    assert code(signer.url(private, "/a.pdf", LONG_AGO)) == "AccessDenied"
    assert code(signer.url(private, "/b.pdf").replace("/b.pdf", "/a.pdf")) == "AccessDenied"
    assert code(good.replace("Signature=", "Signature=AAAA")) == "AccessDenied"
    assert code(good.replace(signer.public_key, "K0000000000000")) == "InvalidKey"
    assert code(good.replace("Signature=", "Signature=*")) == "MalformedSignature"
    # A key that CloudFront knows, of a group that this behaviour does not trust.
    assert code(_signer(fixed).url(private, "/a.pdf")) == "InvalidKey"
    assert code(signer.url(private, "/a.pdf", host="other.example.com")) == "AccessDenied"


def test_the_cache_is_behind_the_signature(private: edge.Site, signer: Signer) -> None:
    private.put("cached.pdf")
    first, second = (private.request(signer.url(private, "/cached.pdf", SOON * n)) for n in (1, 2))
    assert first.headers["x-cache"] == "Miss from cloudfront"
    # Another signature of the same object: none of it is in the cache key.
    assert second.headers["x-cache"] == "Hit from cloudfront"
    assert private.request("/cached.pdf").status == 403
    assert private.request(signer.url(private, "/cached.pdf", LONG_AGO)).status == 403


def test_a_custom_policy_opens_many_objects(private: edge.Site, signer: Signer) -> None:
    private.put("many/1")
    private.put("many/2")
    policy = signer.custom(private, "/many/1", "/many/*")
    assert private.request(policy).status == 200
    assert private.request(policy.replace("/many/1", "/many/2")).status == 200
    assert private.request(policy.replace("/many/1", "/a.pdf")).status == 403
    not_yet = {"date_greater_than": datetime.now(UTC) + timedelta(minutes=1)}
    assert private.request(signer.custom(private, "/many/1", "/many/*", **not_yet)).status == 403


def test_a_custom_policy_may_name_the_viewers_address(private: edge.Site, signer: Signer) -> None:
    here, elsewhere = {"ip_address": "127.0.0.1"}, {"ip_address": "192.0.2.0/24"}
    assert private.request(signer.custom(private, "/a.pdf", "/a.pdf", **here)).status == 200
    assert private.request(signer.custom(private, "/a.pdf", "/a.pdf", **elsewhere)).status == 403
    claimed = signer.custom(private, "/a.pdf", "/a.pdf", **elsewhere)
    assert private.request(claimed, X_Forwarded_For="192.0.2.1").status == 403


@pytest.mark.parametrize("kind", ["canned", "custom"])
def test_signed_cookies_open_it_too(private: edge.Site, signer: Signer, kind: str) -> None:
    signed = signer.url(private, "/a.pdf") if kind == "canned" else signer.custom(private, "/a.pdf", "/*")
    cookies = "; ".join(f"CloudFront-{pair}" for pair in signed.partition("?")[2].split("&"))
    assert private.request("/a.pdf", Cookie=f"theme=dark; {cookies}").status == 200
    spoiled = cookies.replace("Signature=", "Signature=AAAA")
    assert private.request("/a.pdf", Cookie=spoiled).status == 403
    # One parameter makes it a signed URL, and the cookies count no longer.
    unsigned = private.request("/a.pdf?Expires=1", Cookie=cookies)
    assert (unsigned.status, edge.error_code(unsigned)) == (403, "MissingKey")


def test_the_viewers_own_query_string_is_signed_too(private: edge.Site, signer: Signer) -> None:
    signed = signer.url(private, "/a.pdf?size=large")
    assert private.request(signed).status == 200
    assert private.request(signed.replace("large", "small")).status == 403


def test_the_origin_does_not_see_the_signature(fixed: Cloud, signer: Signer) -> None:
    private = _private(fixed, signer, behavior={"CachePolicyId": _with_query_strings(fixed)})
    first, second = (private.request(signer.url(private, "/a.pdf?x=1", SOON * n)) for n in (1, 2))
    assert (first.status, second.headers["x-cache"]) == (200, "Hit from cloudfront")
    other = private.request(signer.url(private, "/a.pdf?x=2"))
    assert other.headers["x-cache"] == "Miss from cloudfront"


def _with_query_strings(cloud: Cloud) -> str:
    client, identifier = cloud.client("cloudfront"), edge.cache_policy(cloud)
    found = client.get_cache_policy_config(Id=identifier)
    config = found["CachePolicyConfig"]
    members = config["ParametersInCacheKeyAndForwardedToOrigin"]
    members["QueryStringsConfig"] = {"QueryStringBehavior": "all"}
    client.update_cache_policy(Id=identifier, IfMatch=found["ETag"], CachePolicyConfig=config)
    return identifier


def test_a_preflight_needs_the_signature_of_its_url(private: edge.Site, signer: Signer) -> None:
    headers = {"Origin": "https://wizard.example.com", "Access_Control_Request_Method": "GET"}
    unsigned = private.request("/a.pdf", method="OPTIONS", **headers)
    assert (unsigned.status, edge.error_code(unsigned)) == (403, "MissingKey")
    # The bucket answers this one: it got no Origin, because the cache policy forwards none.
    signed = private.request(signer.url(private, "/a.pdf"), method="OPTIONS", **headers)
    assert (signed.status, edge.error_code(signed)) == (400, "BadRequest")


def test_plain_http_is_redirected_with_the_signature(private: edge.Site, signer: Signer) -> None:
    signed = signer.url(private, "/a.pdf")
    answer = private.request(signed, plain=True)
    assert (answer.status, answer.headers["location"]) == (301, f"https://{private.domain}{signed}")
    assert private.request("/a.pdf", plain=True).status == 301


def test_an_alias_is_signed_by_its_own_name(fixed: Cloud, signer: Signer) -> None:
    name = f"{unique('private')}.example.com"
    site = _private(fixed, signer, Aliases={"Quantity": 1, "Items": [name]})
    signed = signer.url(site, "/a.pdf", host=name)
    assert edge.request(fixed, name, signed).status == 200
    assert edge.request(fixed, f"{name}:4566", signed).status == 200
    assert site.request(signed).status == 403


def test_a_refusal_has_no_policys_headers(fixed: Cloud, signer: Signer) -> None:
    policy = {"ResponseHeadersPolicyId": edge.headers_policy(fixed)}
    site = _private(fixed, signer, behavior=policy)
    assert "x-frame-options" not in site.request("/a.pdf").headers
    assert site.request(signer.url(site, "/a.pdf")).headers["x-frame-options"] == "DENY"


def test_a_custom_error_page_stands_in_for_a_refusal(fixed: Cloud, signer: Signer) -> None:
    page = {"ErrorCode": 403, "ResponsePagePath": "/sorry", "ResponseCode": "401", "ErrorCachingMinTTL": 0}
    site = _private(fixed, signer, CustomErrorResponses={"Quantity": 1, "Items": [page]})
    site.put("sorry", b"sign in")
    answer = site.request("/a.pdf")
    assert (answer.status, answer.body) == (401, b"sign in")
    assert site.request(signer.url(site, "/a.pdf")).status == 200


def test_a_key_taken_out_of_the_group_opens_nothing(fixed: Cloud) -> None:
    signer, successor, client = _signer(fixed), _signer(fixed), fixed.client("cloudfront")
    site = _private(fixed, signer)
    assert site.request(signer.url(site, "/a.pdf")).status == 200
    found = client.get_key_group_config(Id=signer.group)
    config = {**found["KeyGroupConfig"], "Items": [successor.public_key]}
    client.update_key_group(Id=signer.group, IfMatch=found["ETag"], KeyGroupConfig=config)
    former = site.request(signer.url(site, "/a.pdf"))
    assert (former.status, edge.error_code(former)) == (403, "InvalidKey")
    assert site.request(successor.url(site, "/a.pdf")).status == 200


def test_a_key_that_cannot_verify_is_not_taken(fixed: Cloud) -> None:
    config = {"CallerReference": unique("key"), "Name": unique("key"), "EncodedKey": "no PEM"}
    assert refused(fixed.client("cloudfront").create_public_key, PublicKeyConfig=config) == "InvalidArgument"


def test_a_behavior_without_key_groups_stays_public(fixed: Cloud) -> None:
    site = edge.site(fixed)
    site.put("a")
    assert site.request("/a").status == 200


def test_stock_serves_private_content_to_everybody(stock: Cloud) -> None:
    site = _private(stock, _signer(stock))
    assert site.request("/a.pdf").status == 200
