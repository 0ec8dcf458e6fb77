"""Storage: the private bucket of PDFs and exports, and the bucket of its access logs (seed, "Storage")."""

from __future__ import annotations

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_cors_configuration import (
    S3BucketCorsConfiguration,
    S3BucketCorsConfigurationCorsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketLifecycleConfigurationRuleTransition,
)
from cdktf_cdktf_provider_aws.s3_bucket_logging import S3BucketLoggingA
from cdktf_cdktf_provider_aws.s3_bucket_metric import S3BucketMetric
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from constructs_lib import policies
from constructs_lib.security import CustomerKey, Grantee
from environments.sections import StorageConfig

METRICS_FILTER = "EntireBucket"
"""Name of the request metrics filter; alarms name it as the dimension `FilterId` (trap 18)."""

EXPORTS_LOG_PREFIX = "exports/"


class PrivateBucket(Construct):
    """A bucket that only its owner reaches, over TLS 1.2 or newer.

    S3 answers 409 OperationAborted where two of these settings are written at once (trap 17), so each waits
    for the one before it; `last_setting` is what a further setting must depend on.

    Attributes: `bucket_name`, `bucket_arn`, `regional_domain_name`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        versioning: bool,
        key: CustomerKey | None,
        protected: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._key = key
        self._bucket = S3Bucket(
            self,
            "bucket",
            bucket=name,
            force_destroy=not protected,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if protected else None,
        )
        block = S3BucketPublicAccessBlock(
            self,
            "public-access-block",
            bucket=self._bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        ownership = S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=self._bucket.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
            depends_on=[block],
        )
        encryption = self._encrypt(after=ownership)
        self.last_setting: ITerraformDependable = S3BucketVersioningA(
            self,
            "versioning",
            bucket=self._bucket.id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(
                status="Enabled" if versioning else "Suspended"
            ),
            depends_on=[encryption],
        )

        self.bucket_name: str = self._bucket.id
        self.bucket_arn: str = self._bucket.arn
        self.regional_domain_name: str = self._bucket.bucket_regional_domain_name

    def _encrypt(self, after: ITerraformDependable) -> ITerraformDependable:
        by_default = (
            # With a bucket key S3 asks KMS once in a while, not for every object (trap 21).
            S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                sse_algorithm="aws:kms", kms_master_key_id=self._key.key_arn
            )
            if self._key
            # Log delivery cannot use a customer key (trap 16).
            else S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                sse_algorithm="AES256"
            )
        )
        return S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=self._bucket.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=by_default,
                    bucket_key_enabled=True if self._key else None,
                )
            ],
            depends_on=[after],
        )

    def set_policy(self, *statements: policies.Statement) -> None:
        """The bucket's one policy: these statements, and the refusals that every bucket has."""
        refusals = policies.deny_insecure_transport(self.bucket_arn)
        if self._key:
            refusals += policies.deny_other_encryption(self.bucket_arn, self._key.key_arn)
        self.last_setting = S3BucketPolicy(
            self,
            "policy",
            bucket=self.bucket_name,
            policy=policies.document(*refusals, *statements),
            depends_on=[self.last_setting],
        )

    def set_lifecycle(
        self,
        *,
        expire_after_days: int,
        noncurrent_retention_days: int,
        transitions: list[tuple[int, str]] | None = None,
    ) -> None:
        """Transitions (days, storage class), expiry of current and noncurrent versions, clean-up.

        Objects below 128 KB stay in the Standard class, S3's own default since 2024, set so that it is
        seen (trap 14): moving and storing them elsewhere would cost more than it saves.
        """
        no_filter = [S3BucketLifecycleConfigurationRuleFilter()]
        self.last_setting = S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            bucket=self.bucket_name,
            transition_default_minimum_object_size="all_storage_classes_128K",
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="age",
                    status="Enabled",
                    filter=no_filter,
                    transition=[
                        S3BucketLifecycleConfigurationRuleTransition(days=days, storage_class=storage_class)
                        for days, storage_class in transitions or []
                    ],
                    expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=expire_after_days)],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=noncurrent_retention_days
                        )
                    ],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=7
                        )
                    ],
                ),
                # Expiry leaves a delete marker on a versioned bucket; S3 takes "remove the marker when it
                # is alone" only in a rule without days (trap 15).
                S3BucketLifecycleConfigurationRule(
                    id="delete-markers",
                    status="Enabled",
                    filter=no_filter,
                    expiration=[
                        S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)
                    ],
                ),
            ],
            depends_on=[self.last_setting],
        )


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

    def _create_exports(self, name: str, protected: bool) -> PrivateBucket:
        bucket = PrivateBucket(
            self, "exports", name=name, versioning=self._config.versioning, key=self._key, protected=protected
        )
        bucket.set_policy()
        bucket.last_setting = S3BucketCorsConfiguration(
            bucket,
            "cors",
            bucket=bucket.bucket_name,
            cors_rule=[
                S3BucketCorsConfigurationCorsRule(
                    allowed_origins=list(self._config.cors_origins),
                    allowed_methods=["GET", "HEAD", "PUT", "POST"],
                    # What browsers announce for a presigned upload (trap 20).
                    allowed_headers=["content-type", "content-md5", "cache-control", "x-amz-*"],
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
        bucket.set_policy(
            policies.allow_access_log_delivery(
                bucket.bucket_arn, EXPORTS_LOG_PREFIX, self._exports.bucket_arn, account_id
            )
        )
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
