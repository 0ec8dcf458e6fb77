"""What CloudFront keeps, for how long, and what of a request S3 gets to see."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudfront_cache_policy import (
    CloudfrontCachePolicy,
    CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOrigin,
    CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfig,
    CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfig,
    CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfig,
    CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfigQueryStrings,
)
from cdktf_cdktf_provider_aws.cloudfront_origin_request_policy import (
    CloudfrontOriginRequestPolicy,
    CloudfrontOriginRequestPolicyCookiesConfig,
    CloudfrontOriginRequestPolicyHeadersConfig,
    CloudfrontOriginRequestPolicyHeadersConfigHeaders,
    CloudfrontOriginRequestPolicyQueryStringsConfig,
)
from constructs import Construct

DAY = 86_400
"""Seconds."""

DISPOSITION = "response-content-disposition"
"""The one query string that reaches S3: as what file name a browser saves the object. A signature covers it.

CloudFront takes Expires, Signature, Key-Pair-Id and Policy off before it looks into its cache.
`response-content-type` is not let through: it could turn a file into a page.
"""

PREFLIGHT_HEADERS = ["origin", "access-control-request-method", "access-control-request-headers"]
"""Without them S3 answers a browser's preflight with 403, whatever CORS headers CloudFront adds to it."""


class Caching(Construct):
    """The cache policy and the origin request policy.

    Attributes: `cache_policy_id`, `origin_request_policy_id`.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, comment: str, days: int) -> None:
        super().__init__(scope, id_)
        cache = CloudfrontCachePolicy(
            self,
            "cache",
            name=name,
            comment=comment,
            # The default is for what comes without Cache-Control; an uploader's own word wins (trap 27),
            # between the bounds: nothing is kept against his will, nothing beyond a year.
            min_ttl=0,
            default_ttl=days * DAY,
            max_ttl=365 * DAY,
            parameters_in_cache_key_and_forwarded_to_origin=(
                CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOrigin(
                    # Text exports profit; a PDF is compressed already, and CloudFront leaves it (trap 26).
                    enable_accept_encoding_gzip=True,
                    enable_accept_encoding_brotli=True,
                    cookies_config=CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfig(
                        cookie_behavior="none"
                    ),
                    headers_config=CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfig(
                        header_behavior="none"
                    ),
                    query_strings_config=self._query_strings(),
                )
            ),
        )
        origin_request = CloudfrontOriginRequestPolicy(
            self,
            "origin-request",
            name=name,
            comment=comment,
            cookies_config=CloudfrontOriginRequestPolicyCookiesConfig(cookie_behavior="none"),
            headers_config=CloudfrontOriginRequestPolicyHeadersConfig(
                header_behavior="whitelist",
                headers=CloudfrontOriginRequestPolicyHeadersConfigHeaders(items=PREFLIGHT_HEADERS),
            ),
            query_strings_config=CloudfrontOriginRequestPolicyQueryStringsConfig(
                query_string_behavior="none"
            ),
        )
        self.cache_policy_id: str = cache.id
        self.origin_request_policy_id: str = origin_request.id

    @staticmethod
    def _query_strings() -> CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfig:
        return CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfig(
            query_string_behavior="whitelist",
            query_strings=(
                CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfigQueryStrings(
                    items=[DISPOSITION]
                )
            ),
        )
