"""One environment: the wiring of its constructs and its outputs."""

from __future__ import annotations

from cdktf import TerraformStack
from constructs import Construct

from constructs_lib import stack_settings
from constructs_lib.backup import Backup
from constructs_lib.cdn.distribution import Cdn
from constructs_lib.consumers.consumers import Consumers
from constructs_lib.database import INDEX, Database
from constructs_lib.email import Email
from constructs_lib.log_groups import LogGroups
from constructs_lib.monitoring.monitoring import Monitoring
from constructs_lib.monitoring.subjects import Subjects
from constructs_lib.outputs import Outputs
from constructs_lib.security import Security
from constructs_lib.storage import METRICS_FILTER, Storage
from constructs_lib.websocket.chat import Chat
from environments import EnvironmentConfig, naming


class EnvironmentStack(TerraformStack):
    """dev, staging or prod."""

    def __init__(self, scope: Construct, id_: str, *, config: EnvironmentConfig) -> None:
        super().__init__(scope, id_)
        us_east_1 = stack_settings.provide(
            self,
            account_id=config.aws_account_id,
            region=config.aws_region,
            environment=config.environment,
            with_us_east_1=config.enable_cloudfront,
        )
        stack_settings.keep_state(
            self,
            account_id=config.aws_account_id,
            region=config.aws_region,
            environment=config.environment,
            lock=config.state.lock,
        )

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
        if config.backup.enabled:
            Backup(self, "backup", config=config, database=database, table_key=security.table_key)
        log_groups = LogGroups(self, "log-groups", config=config, key=security.messages_key)

        email = Email(self, "email", config=config, key=security.messages_key)
        chat = Chat(self, "chat", config=config, database=database, security=security, log_groups=log_groups)
        consumers = Consumers(
            self,
            "consumers",
            config=config,
            database=database,
            security=security,
            email=email,
            log_groups=log_groups,
        )

        database.grant_read_write(security.application)
        storage.grant_read_write(security.application)
        security.openai_secret.grant_read(security.application)
        security.anthropic_secret.grant_read(security.application)
        log_groups.grant_write(security.application)
        email.grant_send(security.application)

        outputs = Outputs(self, config=config)
        outputs.grant_read(security.application)
        outputs.publish(
            aws_region=config.aws_region,
            dynamodb_table_name=database.table_name,
            dynamodb_stream_arn=database.stream_arn,
            s3_bucket_name=storage.bucket_name,
            application_role_arn=security.application.role_arn,
            application_log_group=log_groups.application_name,
            error_log_group=log_groups.error_name,
            openai_secret_arn=security.openai_secret.secret_arn,
            anthropic_secret_arn=security.anthropic_secret.secret_arn,
            ses_from_email=config.ses_from_email,
            ses_configuration_set=email.configuration_set_name,
            ses_export_template=email.template_names["export"],
            ses_submission_template=email.template_names["submission"],
            email_events_queue_url=email.events_queue_url,
            cloudfront_signing_secret_arn=security.signing_secret.secret_arn,
            websocket_url=chat.websocket_url,
            chat_jobs_queue_url=chat.jobs_queue_url,
            chat_dead_letter_queue_url=chat.dead_letter_queue_url,
            stream_failures_queue_url=consumers.stream_failures_queue_url,
            mail_failures_queue_url=consumers.mail_failures_queue_url,
        )
        cdn: Cdn | None = None
        if config.enable_cloudfront:
            cdn = Cdn(
                self,
                "cdn",
                config=config,
                storage=storage,
                key=security.objects_key,
                us_east_1=us_east_1,
            )
            security.signing_secret.grant_read(security.application)
            outputs.publish(
                cloudfront_domain=cdn.domain_name,
                cloudfront_url=cdn.url,
                cloudfront_distribution_id=cdn.distribution_id,
                **({"cloudfront_key_pair_id": cdn.key_pair_id} if cdn.key_pair_id else {}),
            )

        def queue(purpose: str) -> str:
            return naming.resource(config.environment, purpose)

        functions = {**chat.functions, **consumers.functions}
        monitoring = Monitoring(
            self,
            "monitoring",
            config=config,
            subjects=Subjects(
                environment=config.environment,
                region=config.aws_region,
                account_id=config.aws_account_id,
                table=database.table_name,
                index=INDEX,
                bucket=storage.bucket_name,
                bucket_metrics=METRICS_FILTER,
                api_id=chat.api_id,
                stage=chat.stage_name,
                functions={name: function.function_name for name, function in functions.items()},
                jobs_queue=queue("chat-jobs"),
                failure_queues={
                    name: queue(name)
                    for name in ("chat-dead-letters", "stream-failures", "mail-event-failures")
                },
                configuration_set=email.configuration_set_name,
                secrets={
                    name: naming.secret(config.environment, name)
                    for name in ("openai-api-key", "anthropic-api-key")
                },
                application_log_group=log_groups.application_name,
                error_log_group=log_groups.error_name,
                distribution_id=cdn.distribution_id if cdn else None,
            ),
            key=security.messages_key,
            us_east_1=us_east_1,
        )
        outputs.publish(
            alarm_topic_arn=monitoring.topic_arn,
            dashboard_name=monitoring.dashboard_name,
            unhealthy_alarm_name=monitoring.unhealthy_alarm_name,
        )
        if monitoring.cloudfront_topic_arn:
            outputs.publish(cloudfront_alarm_topic_arn=monitoring.cloudfront_topic_arn)
