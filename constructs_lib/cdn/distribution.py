"""CDN: the CloudFront distribution before the exports bucket (seed, "CDN Stack").

What is downloaded is private: a link works while it is signed by a key of the environment (trap 23), and the
bucket is read by this distribution alone.
"""

from __future__ import annotations

from cdktf import TerraformProvider
from cdktf_cdktf_provider_aws.cloudfront_distribution import (
    CloudfrontDistribution,
    CloudfrontDistributionCustomErrorResponse,
    CloudfrontDistributionDefaultCacheBehavior,
    CloudfrontDistributionOrigin,
    CloudfrontDistributionRestrictions,
    CloudfrontDistributionRestrictionsGeoRestriction,
    CloudfrontDistributionViewerCertificate,
)
from cdktf_cdktf_provider_aws.cloudfront_origin_access_control import CloudfrontOriginAccessControl
from constructs import Construct

from constructs_lib import policies
from constructs_lib.cdn.access_logs import AccessLogs
from constructs_lib.cdn.caching import Caching
from constructs_lib.cdn.certificate import AddressRecords, Certificate
from constructs_lib.cdn.firewall import Firewall
from constructs_lib.cdn.headers import ResponseHeaders
from constructs_lib.cdn.keys import TrustedKeys
from constructs_lib.security import CustomerKey
from constructs_lib.storage import Storage
from environments import EnvironmentConfig, naming, signing_keys

ORIGIN = "exports"
ERROR_CACHE_SECONDS = 1
"""How long CloudFront repeats a refusal: a link that was opened too early works at the next try (trap 30)."""
NO_SUCH_PAGE = "index.html"
"""There is none, so that `/` is a missing object: without a default root object it would list the bucket."""


class Cdn(Construct):
    """The distribution and what belongs to it, from the trusted keys to the DNS records.

    Attributes: `domain_name` (d….cloudfront.net), `url` (https, without a slash at the end),
    `distribution_id`, `distribution_arn`, `key_pair_id` (CloudFront's id of the newest public key, or None).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        storage: Storage,
        key: CustomerKey,
        us_east_1: TerraformProvider | None,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._us_east_1 = config, us_east_1
        self._name = naming.resource(config.environment, "downloads")
        self._comment = f"Downloads of the Specification Wizard ({config.environment})"

        trusted = self._trust_keys() if config.cdn.signed_urls else None
        distribution = self._distribute(storage, trusted)
        storage.allow(*policies.allow_distribution(storage.bucket_arn, distribution.arn))
        key.allow(policies.key_for_distribution(distribution.arn))
        self._log_access(distribution, storage)
        self._lead_domain_to(distribution)

        self.domain_name: str = distribution.domain_name
        self.url: str = f"https://{config.domain_name or distribution.domain_name}"
        self.distribution_id: str = distribution.id
        self.distribution_arn: str = distribution.arn
        self.key_pair_id: str | None = trusted.key_pair_id if trusted else None

    def _trust_keys(self) -> TrustedKeys:
        return TrustedKeys(
            self,
            "keys",
            environment=self._config.environment,
            pems=signing_keys.read(self._config.cdn.public_key_file),
            protected=self._config.protected,
        )

    def _distribute(self, storage: Storage, trusted: TrustedKeys | None) -> CloudfrontDistribution:
        return CloudfrontDistribution(
            self,
            "distribution",
            comment=self._comment,
            # Without a key there is nobody whose signature could be asked for: nothing is served then.
            enabled=trusted is None or trusted.key_pair_id is not None,
            aliases=[self._config.domain_name] if self._config.domain_name else None,
            default_root_object=NO_SUCH_PAGE,
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class=self._config.cdn.price_class,
            web_acl_id=self._protect() if self._config.cdn.waf else None,
            origin=[self._origin(storage)],
            default_cache_behavior=self._behavior(trusted),
            custom_error_response=[
                CloudfrontDistributionCustomErrorResponse(
                    error_code=code, error_caching_min_ttl=ERROR_CACHE_SECONDS
                )
                for code in (403, 404)
            ],
            restrictions=CloudfrontDistributionRestrictions(
                geo_restriction=CloudfrontDistributionRestrictionsGeoRestriction(restriction_type="none")
            ),
            viewer_certificate=self._viewer_certificate(),
        )

    def _origin(self, storage: Storage) -> CloudfrontDistributionOrigin:
        """The bucket under its regional name (trap 22), every request signed by CloudFront (OAC, trap 1)."""
        control = CloudfrontOriginAccessControl(
            self,
            "origin-access-control",
            name=self._name,
            description=self._comment,
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
        )
        return CloudfrontDistributionOrigin(
            origin_id=ORIGIN,
            domain_name=storage.regional_domain_name,
            origin_access_control_id=control.id,
        )

    def _behavior(self, trusted: TrustedKeys | None) -> CloudfrontDistributionDefaultCacheBehavior:
        caching = Caching(
            self, "caching", name=self._name, comment=self._comment, days=self._config.cdn.cache_days
        )
        headers = ResponseHeaders(
            self,
            "headers",
            name=self._name,
            comment=self._comment,
            origins=self._config.storage.cors_origins,
        )
        return CloudfrontDistributionDefaultCacheBehavior(
            target_origin_id=ORIGIN,
            viewer_protocol_policy="redirect-to-https",
            allowed_methods=["GET", "HEAD", "OPTIONS"],
            # A preflight's answer depends on headers that are not in the cache's key.
            cached_methods=["GET", "HEAD"],
            compress=True,
            cache_policy_id=caching.cache_policy_id,
            origin_request_policy_id=caching.origin_request_policy_id,
            response_headers_policy_id=headers.policy_id,
            trusted_key_groups=trusted.key_group_ids if trusted else None,
        )

    def _viewer_certificate(self) -> CloudfrontDistributionViewerCertificate:
        """TLS 1.2 is claimed only with a certificate of our own: with its default one CloudFront takes TLSv1,
        whatever minimum is set (trap 24)."""
        config = self._config
        if not config.domain_name:
            return CloudfrontDistributionViewerCertificate(cloudfront_default_certificate=True)
        arn = config.certificate_arn
        if not arn:
            if not config.cdn.hosted_zone_id:
                raise ValueError("DOMAIN_NAME needs CERTIFICATE_ARN or HOSTED_ZONE_ID")
            arn = Certificate(
                self,
                "certificate",
                domain_name=config.domain_name,
                hosted_zone_id=config.cdn.hosted_zone_id,
                us_east_1=self._us_east_1,
            ).certificate_arn
        return CloudfrontDistributionViewerCertificate(
            acm_certificate_arn=arn,
            ssl_support_method="sni-only",
            minimum_protocol_version="TLSv1.2_2021",
        )

    def _protect(self) -> str:
        """ARN of a web ACL for the distribution."""
        return Firewall(
            self,
            "firewall",
            name=self._name,
            rate_limit=self._config.cdn.waf_rate_limit,
            account_id=self._config.aws_account_id,
            log_retention_days=self._config.logs.application_retention_days,
            us_east_1=self._us_east_1,
        ).web_acl_arn

    def _log_access(self, distribution: CloudfrontDistribution, storage: Storage) -> None:
        if self._config.cdn.access_logs and storage.log_bucket:
            AccessLogs(
                self,
                "access-logs",
                name=self._name,
                distribution_arn=distribution.arn,
                bucket=storage.log_bucket,
                account_id=self._config.aws_account_id,
                us_east_1=self._us_east_1,
            )

    def _lead_domain_to(self, distribution: CloudfrontDistribution) -> None:
        """Where the zone is not ours, whoever has it leads the name to the output `cloudfront_domain`."""
        if self._config.domain_name and self._config.cdn.hosted_zone_id:
            AddressRecords(
                self,
                "address",
                domain_name=self._config.domain_name,
                hosted_zone_id=self._config.cdn.hosted_zone_id,
                distribution_domain_name=distribution.domain_name,
                distribution_zone_id=distribution.hosted_zone_id,
            )
