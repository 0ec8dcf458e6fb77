"""Chat: the WebSocket API, the functions behind it, and the queue between question and answer.

A route's function has 29 seconds and a model may take longer, so a message is put into a queue and answered
at once; a worker streams the model's answer to the connection (trap 39). Protocol: `docs/chat.md`.
"""

from __future__ import annotations

from collections.abc import Mapping

from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingScalingConfig,
)
from constructs import Construct

from constructs_lib.compute.function import Function
from constructs_lib.database import Database
from constructs_lib.log_groups import LogGroups
from constructs_lib.security import Secret, Security
from constructs_lib.websocket.api import WebSocketApi
from constructs_lib.websocket.domain import ChatDomain
from constructs_lib.websocket.jobs import MAX_RECEIVES, Jobs
from constructs_lib.websocket.stage import Stage
from environments import EnvironmentConfig


class Chat(Construct):
    """Connect with a magic link's token, ask, and watch the answer come in.

    Attributes: `api_id`, `stage_name`, `websocket_url` (wss://…), `domain_target` (None without a domain of
    one's own), `access_log_group` (the resource), `jobs_queue_url`, `jobs_queue_name`,
    `dead_letter_queue_url`, `dead_letter_queue_name`; `functions`: folder with hyphens -> `Function`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        database: Database,
        security: Security,
        log_groups: LogGroups,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._log_groups = config, log_groups
        self._table = {"TABLE_NAME": database.table_name}
        secret = self._secret(security)
        jobs = Jobs(self, "jobs", config=config, key=security.messages_key)
        api = WebSocketApi(self, "api", config=config)

        self.functions = {
            "authorizer": self._create_authorizer(database),
            "connect": self._create_connect(database),
            "disconnect": self._create_disconnect(database),
            "send-message": self._create_send_message(database, jobs),
            "chat-worker": self._create_worker(database, jobs, api, secret),
        }
        deployment_id, needed = api.serve(self.functions)
        self._consume(jobs, self.functions["chat-worker"])
        stage = Stage(
            self,
            "stage",
            config=config,
            api=api,
            deployment_id=deployment_id,
            key=security.messages_key,
            depends_on=needed,
        )
        domain = self._create_domain(api, stage)

        self.api_id = api.api_id
        self.stage_name = api.stage_name
        self.websocket_url = domain.url if domain else api.endpoint_url
        self.domain_target = domain.target if domain else None
        self.access_log_group = stage.access_log_group
        self.jobs_queue_url = jobs.queue_url
        self.jobs_queue_name = jobs.queue_name
        self.dead_letter_queue_url = jobs.dead_letter_queue_url
        self.dead_letter_queue_name = jobs.dead_letter_queue_name

    def _function(self, id_: str, environment: Mapping[str, str], timeout_s: int | None = None) -> Function:
        return Function(
            self,
            id_,
            config=self._config,
            log_group=self._log_groups.application,
            environment=environment,
            timeout_s=timeout_s,
        )

    def _create_authorizer(self, database: Database) -> Function:
        origins = ",".join(self._config.storage.cors_origins)
        function = self._function("authorizer", self._table | {"ALLOWED_ORIGINS": origins})
        database.grant_lookup(function)
        return function

    def _create_connect(self, database: Database) -> Function:
        function = self._function("connect", self._table)
        database.grant_items(function, "PutItem")
        return function

    def _create_disconnect(self, database: Database) -> Function:
        function = self._function("disconnect", self._table)
        database.grant_items(function, "DeleteItem")
        return function

    def _create_send_message(self, database: Database, jobs: Jobs) -> Function:
        function = self._function("send-message", self._table | {"JOBS_QUEUE_URL": jobs.queue_url})
        database.grant_items(function, "GetItem", "UpdateItem")
        jobs.grant_send(function)
        return function

    def _create_worker(
        self, database: Database, jobs: Jobs, api: WebSocketApi, secret: Secret | None
    ) -> Function:
        chat = self._config.chat
        chosen = {
            "CHAT_MODEL": chat.model,
            "CHAT_PROVIDER_URL": chat.provider_url,
            "API_KEY_SECRET_ARN": secret.secret_arn if secret else None,
        }
        function = self._function(
            "chat-worker",
            {
                **self._table,
                "JOBS_QUEUE_URL": jobs.queue_url,
                "CONNECTIONS_URL": api.connections_url,
                "CHAT_PROVIDER": chat.provider,
                "MAX_RECEIVES": str(MAX_RECEIVES),
                **{name: value for name, value in chosen.items() if value},
            },
            timeout_s=chat.worker_timeout_s,
        )
        database.grant_items(function, "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
        jobs.grant_consume(function)
        jobs.grant_delay(function)
        api.grant_post(function)
        if secret:
            secret.grant_read(function)
        return function

    def _secret(self, security: Security) -> Secret | None:
        """The key of the provider that answers: the worker can read no other. None for the built-in model."""
        return {"openai": security.openai_secret, "anthropic": security.anthropic_secret}.get(
            self._config.chat.provider
        )

    def _consume(self, jobs: Jobs, worker: Function) -> None:
        LambdaEventSourceMapping(
            self,
            "jobs-to-worker",
            event_source_arn=jobs.queue_arn,
            function_name=worker.function_arn,
            # One answer may take the worker's whole time.
            batch_size=1,
            scaling_config=LambdaEventSourceMappingScalingConfig(
                maximum_concurrency=self._config.chat.worker_concurrency
            ),
            function_response_types=["ReportBatchItemFailures"],
            # Lambda tries the role's permissions on the queue when the mapping is made.
            depends_on=worker.permissions,
        )

    def _create_domain(self, api: WebSocketApi, stage: Stage) -> ChatDomain | None:
        chat = self._config.chat
        if not chat.domain_name or not chat.certificate_arn:
            return None
        return ChatDomain(
            self,
            "domain",
            config=self._config,
            domain_name=chat.domain_name,
            certificate_arn=chat.certificate_arn,
            api_id=api.api_id,
            stage_id=stage.stage_id,
        )
