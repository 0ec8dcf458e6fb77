"""CloudFront as the tests use it: a distribution in front of a bucket of its own, and its viewers."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ops.local_aws.example import REGION
from tests.local_aws.cloud import Cloud, Statement, document, unique

CACHE_TTL_S = 604_800


@dataclass(frozen=True)
class Answer:
    """What a viewer got; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request(
    cloud: Cloud, host: str, path: str, *, method: str = "GET", plain: bool = False, **headers: str
) -> Answer:
    """A viewer's request. In the names of headers `_` stands for `-`."""
    target = urlsplit(cloud.plain_endpoint if plain else cloud.endpoint)
    connection: http.client.HTTPConnection
    if plain:
        connection = http.client.HTTPConnection(target.hostname or "", target.port)
    else:
        context = ssl.create_default_context(cafile=str(cloud.authority))
        connection = http.client.HTTPSConnection(target.hostname or "", target.port, context=context)
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    try:
        connection.request(method, path, headers={"Host": host, **named})
        response = connection.getresponse()
        found = {name.lower(): text for name, text in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Site:
    """A distribution and its bucket."""

    cloud: Cloud
    bucket: str
    identifier: str
    arn: str
    domain: str

    def request(self, path: str, **more: Any) -> Answer:
        """A viewer's request to the distribution's own name."""
        return request(self.cloud, self.domain, path, **more)

    def put(self, key: str, body: bytes = b"1", **more: Any) -> None:
        """Writes an object."""
        self.cloud.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    def allow(
        self, *more: Statement, arn: str | None = None, actions: Sequence[str] = ("GetObject",)
    ) -> None:
        """Makes this the bucket's policy: what `arn` (this distribution when left out) may, and `more`."""
        resource = f"arn:aws:s3:::{self.bucket}"
        statement = for_cloudfront(
            arn or self.arn, [f"s3:{action}" for action in actions], [resource, f"{resource}/*"]
        )
        policy = document(statement, *more)
        self.cloud.client("s3").put_bucket_policy(Bucket=self.bucket, Policy=policy)

    def change(self, **changes: Any) -> None:
        """Changes members of the configuration."""
        client = self.cloud.client("cloudfront")
        found = client.get_distribution_config(Id=self.identifier)
        changed = {**found["DistributionConfig"], **changes}
        client.update_distribution(Id=self.identifier, IfMatch=found["ETag"], DistributionConfig=changed)

    def invalidate(self, *paths: str) -> None:
        """Clears the cache of these paths."""
        batch = {
            "Paths": {"Quantity": len(paths), "Items": list(paths)},
            "CallerReference": unique("invalidation"),
        }
        self.cloud.client("cloudfront").create_invalidation(
            DistributionId=self.identifier, InvalidationBatch=batch
        )


def for_cloudfront(arn: str, actions: str | list[str], resources: str | list[str] = "*") -> Statement:
    """A statement that allows CloudFront something on behalf of a distribution."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": actions,
        "Resource": resources,
        "Condition": {"StringEquals": {"AWS:SourceArn": arn}},
    }


def site(
    cloud: Cloud,
    *,
    key: str | None = None,
    origin: str | None = None,
    behavior: Mapping[str, Any] | None = None,
    **configuration: Any,
) -> Site:
    """A new distribution like the product's.

    key: the bucket's KMS key. origin: domain name of another bucket. behavior: changes to the cache
    behaviour. configuration: changes to the rest.
    """
    client, bucket = cloud.client("cloudfront"), cloud.bucket(key)
    control = client.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": unique("control"),
            "OriginAccessControlOriginType": "s3",
            "SigningBehavior": "always",
            "SigningProtocol": "sigv4",
        }
    )["OriginAccessControl"]
    objects = {
        "Id": "objects",
        "DomainName": origin or f"{bucket}.s3.{REGION}.amazonaws.com",
        "OriginAccessControlId": control["Id"],
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    methods = ["GET", "HEAD", "OPTIONS"]
    made = client.create_distribution(
        DistributionConfig={
            "CallerReference": unique("distribution"),
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [objects]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "objects",
                "ViewerProtocolPolicy": "redirect-to-https",
                "AllowedMethods": {"Quantity": 3, "Items": methods},
                "Compress": True,
                "CachePolicyId": cache_policy(cloud),
                **(behavior or {}),
            },
            **configuration,
        }
    )["Distribution"]
    new = Site(cloud, bucket, made["Id"], made["ARN"], made["DomainName"])
    new.allow()
    return new


def cache_policy(cloud: Cloud, ttl_s: int = CACHE_TTL_S, headers: Sequence[str] = ()) -> str:
    """Id of a new cache policy. headers: those that are part of the cache key and reach the origin."""
    listed = {"HeaderBehavior": "whitelist", "Headers": {"Quantity": len(headers), "Items": list(headers)}}
    made = cloud.client("cloudfront").create_cache_policy(
        CachePolicyConfig={
            "Name": unique("cache"),
            "MinTTL": 0,
            "DefaultTTL": ttl_s,
            "MaxTTL": 31_536_000,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": True,
                "EnableAcceptEncodingBrotli": True,
                "HeadersConfig": listed if headers else {"HeaderBehavior": "none"},
                "CookiesConfig": {"CookieBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "none"},
            },
        }
    )
    return str(made["CachePolicy"]["Id"])


def headers_policy(cloud: Cloud, origin: str = "https://wizard.example.com") -> str:
    """Id of a new response headers policy with all security headers, and CORS for this page's origin."""
    made = cloud.client("cloudfront").create_response_headers_policy(
        ResponseHeadersPolicyConfig={
            "Name": unique("headers"),
            "CorsConfig": {
                "AccessControlAllowOrigins": {"Quantity": 1, "Items": [origin]},
                "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["*"]},
                "AccessControlAllowMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
                "AccessControlAllowCredentials": False,
                "AccessControlMaxAgeSec": 600,
                "OriginOverride": True,
            },
            "SecurityHeadersConfig": {
                "StrictTransportSecurity": {
                    "Override": True,
                    "IncludeSubdomains": True,
                    "Preload": False,
                    "AccessControlMaxAgeSec": 63_072_000,
                },
                "ContentTypeOptions": {"Override": True},
                "FrameOptions": {"Override": True, "FrameOption": "DENY"},
                "XSSProtection": {"Override": True, "Protection": True, "ModeBlock": True},
                "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "no-referrer"},
                "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'none'"},
            },
        }
    )
    return str(made["ResponseHeadersPolicy"]["Id"])


def pdf(size: int = 2_000) -> dict[str, Any]:
    """Arguments of `Site.put` that make a PDF."""
    return {"body": b"%PDF-1.7\n" + b"0" * size, "ContentType": "application/pdf"}


def error_code(answer: Answer) -> str:
    """The Code of an answer in XML."""
    text = answer.body.decode()
    return text[text.index("<Code>") + 6 : text.index("</Code>")]


def insecure_denied(bucket: str) -> Statement:
    """The statement with which a bucket insists on TLS."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
