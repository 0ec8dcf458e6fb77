"""Storage: the private bucket of PDFs and exports, and the bucket of its access logs (seed, "Storage")."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.s3_bucket_cors_configuration import (
    S3BucketCorsConfiguration,
    S3BucketCorsConfigurationCorsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_logging import S3BucketLoggingA
from cdktf_cdktf_provider_aws.s3_bucket_metric import S3BucketMetric
from constructs import Construct

from constructs_lib import policies
from constructs_lib.private_bucket import PrivateBucket
from constructs_lib.security import CustomerKey, Grantee
from environments.sections import StorageConfig

METRICS_FILTER = "EntireBucket"
"""Name of the request metrics filter; alarms name it as the dimension `FilterId` (trap 18)."""

EXPORTS_LOG_PREFIX = "exports/"


class Storage(Construct):
    """The exports bucket and, where access is logged, the bucket of the logs.

    Attributes: `bucket_name`, `bucket_arn`, `regional_domain_name` of the exports bucket; `log_bucket`:
    a `PrivateBucket` or None.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        log_bucket_name: str,
        config: StorageConfig,
        key: CustomerKey,
        account_id: str,
        region: str,
        protected: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._key, self._region = config, key, region
        self._exports = self._create_exports(name, protected)
        self.log_bucket = (
            self._create_log_bucket(log_bucket_name, account_id, protected) if config.access_logs else None
        )
        if self.log_bucket:
            self._log_access_to(self.log_bucket)
        # Last: a distribution may be named in it, which AWS takes minutes to make; nothing else waits for it.
        self._exports.write_policy()

        self.bucket_name: str = self._exports.bucket_name
        self.bucket_arn: str = self._exports.bucket_arn
        self.regional_domain_name: str = self._exports.regional_domain_name

    def grant_read_write(self, grantee: Grantee) -> None:
        """Read, write and list objects; also what a presigned upload or download of theirs may do."""
        grantee.attach(
            "exports-read-write",
            policies.allow("ReadWriteObjects", ["s3:GetObject", "s3:PutObject"], [f"{self.bucket_arn}/*"]),
            # Without it a missing object looks like a forbidden one: 403 instead of 404.
            policies.allow("ListObjects", ["s3:ListBucket"], [self.bucket_arn]),
            policies.use_key(
                "UseObjectsKey", self._key.key_arn, ["kms:Decrypt", "kms:GenerateDataKey"], "s3", self._region
            ),
        )

    def allow(self, *statements: policies.Statement) -> None:
        """Add statements to the policy of the exports bucket, for a service that acts in its own name."""
        self._exports.allow(*statements)

    def _create_exports(self, name: str, protected: bool) -> PrivateBucket:
        bucket = PrivateBucket(
            self, "exports", name=name, versioning=self._config.versioning, key=self._key, protected=protected
        )
        bucket.last_setting = S3BucketCorsConfiguration(
            bucket,
            "cors",
            bucket=bucket.bucket_name,
            cors_rule=[
                S3BucketCorsConfigurationCorsRule(
                    allowed_origins=list(self._config.cors_origins),
                    allowed_methods=["GET", "HEAD", "PUT", "POST"],
                    # What browsers announce for a presigned upload (trap 20), and for a part of a download.
                    allowed_headers=[
                        *("content-type", "content-md5", "content-disposition", "cache-control", "x-amz-*"),
                        "range",
                    ],
                    expose_headers=["ETag", "x-amz-version-id"],
                    max_age_seconds=3600,
                )
            ],
            depends_on=[bucket.last_setting],
        )
        bucket.last_setting = S3BucketMetric(
            bucket,
            "metrics",
            bucket=bucket.bucket_name,
            name=METRICS_FILTER,
            depends_on=[bucket.last_setting],
        )
        bucket.set_lifecycle(
            # GLACIER_IR answers at once; from GLACIER or DEEP_ARCHIVE every link would be a 403 (trap 13).
            transitions=[
                (self._config.intelligent_tiering_after_days, "INTELLIGENT_TIERING"),
                (self._config.lifecycle_days, "GLACIER_IR"),
            ],
            expire_after_days=self._config.expire_after_days,
            noncurrent_retention_days=self._config.noncurrent_retention_days,
        )
        return bucket

    def _create_log_bucket(self, name: str, account_id: str, protected: bool) -> PrivateBucket:
        bucket = PrivateBucket(self, "logs", name=name, versioning=True, key=None, protected=protected)
        bucket.allow(
            policies.allow_access_log_delivery(
                bucket.bucket_arn, EXPORTS_LOG_PREFIX, self._exports.bucket_arn, account_id
            )
        )
        bucket.write_policy()
        bucket.set_lifecycle(
            expire_after_days=self._config.expire_after_days,
            noncurrent_retention_days=self._config.noncurrent_retention_days,
        )
        return bucket

    def _log_access_to(self, log_bucket: PrivateBucket) -> None:
        self._exports.last_setting = S3BucketLoggingA(
            self._exports,
            "access-log",
            bucket=self._exports.bucket_name,
            target_bucket=log_bucket.bucket_name,
            target_prefix=EXPORTS_LOG_PREFIX,
            # S3 checks that it may deliver before it accepts the setting (trap 16).
            depends_on=[self._exports.last_setting, log_bucket.last_setting],
        )
