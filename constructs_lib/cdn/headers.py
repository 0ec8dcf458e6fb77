"""What CloudFront says to browsers beside the file itself: security headers and CORS."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudfront_response_headers_policy import (
    CloudfrontResponseHeadersPolicy,
    CloudfrontResponseHeadersPolicyCorsConfig,
    CloudfrontResponseHeadersPolicyCorsConfigAccessControlAllowHeaders,
    CloudfrontResponseHeadersPolicyCorsConfigAccessControlAllowMethods,
    CloudfrontResponseHeadersPolicyCorsConfigAccessControlAllowOrigins,
    CloudfrontResponseHeadersPolicyCorsConfigAccessControlExposeHeaders,
    CloudfrontResponseHeadersPolicyRemoveHeadersConfig,
    CloudfrontResponseHeadersPolicyRemoveHeadersConfigItems,
    CloudfrontResponseHeadersPolicySecurityHeadersConfig,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigXssProtection,
)
from constructs import Construct

TWO_YEARS = 63_072_000
"""Seconds."""

ONLY_OURS = [
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption",
    "x-amz-version-id",
]
"""What S3 says of its own: the first names the account and the key."""


def content_security_policy(origins: tuple[str, ...]) -> str:
    """No script, and nothing loaded from anywhere; what is left is what PDF viewers need.

    Chrome draws a PDF as an embedded object in a page of its own with inline style, to which this policy
    applies (crbug.com/271452); `sandbox` would keep it from drawing at all. The origins that may read a file
    by CORS may show it in a frame; browsers that know frame-ancestors ignore X-Frame-Options.
    """
    return "; ".join(
        [
            "default-src 'none'",
            "object-src 'self'",
            "style-src 'unsafe-inline'",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {' '.join(origins)}",
        ]
    )


class ResponseHeaders(Construct):
    """The response headers policy. It overrides what S3 says of the same.

    Attributes: `policy_id`.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, comment: str, origins: tuple[str, ...]
    ) -> None:
        super().__init__(scope, id_)
        policy = CloudfrontResponseHeadersPolicy(
            self,
            "policy",
            name=name,
            comment=comment,
            security_headers_config=self._security(origins),
            cors_config=self._cors(origins),
            remove_headers_config=CloudfrontResponseHeadersPolicyRemoveHeadersConfig(
                items=[
                    CloudfrontResponseHeadersPolicyRemoveHeadersConfigItems(header=header)
                    for header in ONLY_OURS
                ]
            ),
        )
        self.policy_id: str = policy.id

    @staticmethod
    def _security(origins: tuple[str, ...]) -> CloudfrontResponseHeadersPolicySecurityHeadersConfig:
        return CloudfrontResponseHeadersPolicySecurityHeadersConfig(
            # For this name alone: what lies under it is not this distribution's to promise. A preload list
            # is hard to leave; hstspreload.org asks that `preload` is never sent by default.
            strict_transport_security=(
                CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity(
                    access_control_max_age_sec=TWO_YEARS,
                    include_subdomains=False,
                    preload=False,
                    override=True,
                )
            ),
            content_type_options=CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions(
                override=True
            ),
            frame_options=CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions(
                frame_option="DENY", override=True
            ),
            xss_protection=CloudfrontResponseHeadersPolicySecurityHeadersConfigXssProtection(
                protection=True, mode_block=True, override=True
            ),
            # The address of a file holds its signature; a link in a PDF must not give it away.
            referrer_policy=CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy(
                referrer_policy="no-referrer", override=True
            ),
            content_security_policy=CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy(
                content_security_policy=content_security_policy(origins), override=True
            ),
        )

    @staticmethod
    def _cors(origins: tuple[str, ...]) -> CloudfrontResponseHeadersPolicyCorsConfig:
        """Reading only: uploads go to S3 itself. A signature stands in the address, so no credentials."""
        return CloudfrontResponseHeadersPolicyCorsConfig(
            access_control_allow_origins=CloudfrontResponseHeadersPolicyCorsConfigAccessControlAllowOrigins(
                items=list(origins)
            ),
            access_control_allow_methods=CloudfrontResponseHeadersPolicyCorsConfigAccessControlAllowMethods(
                items=["GET", "HEAD", "OPTIONS"]
            ),
            access_control_allow_headers=CloudfrontResponseHeadersPolicyCorsConfigAccessControlAllowHeaders(
                items=["range"]
            ),
            access_control_expose_headers=CloudfrontResponseHeadersPolicyCorsConfigAccessControlExposeHeaders(
                items=["accept-ranges", "content-disposition", "content-length", "content-range", "etag"]
            ),
            access_control_allow_credentials=False,
            access_control_max_age_sec=3600,
            origin_override=True,
        )
