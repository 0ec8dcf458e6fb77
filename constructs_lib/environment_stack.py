"""One environment: the wiring of its constructs, its provider, its remote state and its outputs."""

from __future__ import annotations

from cdktf import S3Backend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from constructs_lib.database import Database
from constructs_lib.email import Email
from constructs_lib.log_groups import LogGroups
from constructs_lib.security import Security
from constructs_lib.storage import Storage
from environments import EnvironmentConfig, naming


class EnvironmentStack(TerraformStack):
    """dev, staging or prod."""

    def __init__(self, scope: Construct, id_: str, *, config: EnvironmentConfig) -> None:
        super().__init__(scope, id_)
        self._provide(config)
        self._keep_state(config)

        security = Security(self, "security", config=config)
        database = Database(
            self,
            "database",
            name=naming.table(config.environment, config.database.generation),
            config=config.database,
            key=security.table_key,
            region=config.aws_region,
            protected=config.protected,
        )
        storage = Storage(
            self,
            "storage",
            name=naming.exports_bucket(config.environment, config.aws_account_id),
            log_bucket_name=naming.logs_bucket(config.environment, config.aws_account_id),
            config=config.storage,
            key=security.objects_key,
            account_id=config.aws_account_id,
            region=config.aws_region,
            protected=config.protected,
        )
        log_groups = LogGroups(self, "log-groups", config=config, key=security.messages_key)

        email = Email(self, "email", config=config)

        database.grant_read_write(security.application)
        storage.grant_read_write(security.application)
        security.openai_secret.grant_read(security.application)
        security.anthropic_secret.grant_read(security.application)
        log_groups.grant_write(security.application)
        email.grant_send(security.application)
        database.grant_stream_read(security.stream_consumer)

        self._publish(
            aws_region=config.aws_region,
            dynamodb_table_name=database.table_name,
            dynamodb_stream_arn=database.stream_arn,
            s3_bucket_name=storage.bucket_name,
            application_role_arn=security.application.role_arn,
            application_log_group=log_groups.application_name,
            openai_secret_arn=security.openai_secret.secret_arn,
            anthropic_secret_arn=security.anthropic_secret.secret_arn,
        )

    def _provide(self, config: EnvironmentConfig) -> None:
        """The AWS provider. A profile of another account fails before anything is planned."""
        AwsProvider(
            self,
            "aws",
            region=config.aws_region,
            allowed_account_ids=[config.aws_account_id],
            default_tags=[
                AwsProviderDefaultTags(
                    tags={
                        "Project": naming.PROJECT,
                        "Environment": config.environment,
                        "ManagedBy": "terraform",
                    }
                )
            ],
        )

    def _keep_state(self, config: EnvironmentConfig) -> None:
        """Remote state in S3, locked by a DynamoDB item, by a lock file beside the state, or by both.

        Terraform before 1.10 knows only the item, after 1.11 the item is deprecated: with both, every
        version in use honours one lock. `ops bootstrap` makes the bucket, the table and the key.
        """
        lock = config.state.lock
        S3Backend(
            self,
            bucket=naming.state_bucket(config.aws_account_id, config.aws_region),
            key=naming.state_key(config.environment),
            region=config.aws_region,
            encrypt=True,
            kms_key_id=naming.state_kms_key_arn(config.aws_account_id, config.aws_region),
            dynamodb_table=naming.LOCK_TABLE if lock in ("both", "dynamodb") else None,
            allowed_account_ids=[config.aws_account_id],
        )
        if lock in ("both", "lockfile"):
            # cdktf 0.21.0 has no such argument: it was written before Terraform 1.10.
            self.add_override("terraform.backend.s3.use_lockfile", True)

    def _publish(self, **outputs: str) -> None:
        """Outputs under the names that the application's `.env` has in capitals."""
        for name, value in outputs.items():
            TerraformOutput(self, name, value=value)
