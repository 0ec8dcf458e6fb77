"""A private bucket, the base of every bucket here: closed, encrypted, versioned, TLS only."""

from __future__ import annotations

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketLifecycleConfigurationRuleTransition,
)
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
from constructs_lib.security import CustomerKey


class PrivateBucket(Construct):
    """A bucket that only its owner reaches, over TLS 1.2 or newer.

    S3 answers 409 OperationAborted where two of these settings are written at once (trap 17), so each waits
    for the one before it; `last_setting` is what a further setting must depend on. Whoever needs a statement
    of the policy to be in force depends on `policy_resource`.

    Attributes: `bucket_name`, `bucket_arn`, `regional_domain_name`; after `write_policy` `policy_resource`.
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
        self.policy_resource: S3BucketPolicy | None = None
        self._statements = policies.deny_insecure_transport(self.bucket_arn)
        if key:
            self._statements += policies.deny_other_encryption(self.bucket_arn, key.key_arn)

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

    def allow(self, *statements: policies.Statement) -> None:
        """Add statements to the bucket policy, before or after it is written."""
        self._statements += statements
        if self.policy_resource:
            self.policy_resource.policy = policies.document(*self._statements)

    def write_policy(self) -> None:
        """The bucket's one policy, the next setting in the chain: refusals, and what `allow` was given."""
        self.policy_resource = S3BucketPolicy(
            self,
            "policy",
            bucket=self.bucket_name,
            policy=policies.document(*self._statements),
            depends_on=[self.last_setting],
        )
        self.last_setting = self.policy_resource

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
