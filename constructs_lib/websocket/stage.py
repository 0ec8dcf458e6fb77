"""The stage of the chat's API: limits, and logs that say what happened without saying what was said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cdktf_cdktf_provider_aws.apigatewayv2_stage import (
    Apigatewayv2Stage,
    Apigatewayv2StageAccessLogSettings,
    Apigatewayv2StageDefaultRouteSettings,
    Apigatewayv2StageRouteSettings,
)
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from constructs_lib import policies
from constructs_lib.security import CustomerKey
from constructs_lib.websocket.api import WebSocketApi
from constructs_lib.websocket.routes import ROUTES
from environments import EnvironmentConfig, naming

ACCESS_LOG = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "connectionId": "$context.connectionId",
    "eventType": "$context.eventType",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "integrationStatus": "$context.integrationStatus",
    "integrationLatency": "$context.integrationLatency",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
    "authorizerStatus": "$context.authorizer.status",
    "ip": "$context.identity.sourceIp",
}
"""No path, query string, header or body: the magic link's token is in the query of every connect.

Source of the names: API Gateway developer guide, "Set up logging for WebSocket APIs".
"""

LOGGING_LEVEL = "ERROR"
"""INFO would also write each request's parameters into the execution log, the token among them."""


class Stage(Construct):
    """One stage, named like the environment, with its two log groups.

    That API Gateway may write logs at all is a setting of the account's stack (trap 37).

    Attributes: `access_log_group`: the log group resource.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        api: WebSocketApi,
        deployment_id: str,
        key: CustomerKey,
        depends_on: Sequence[Any],
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._key = config, key
        access = naming.log_group(config.environment, "websocket-access")
        # API Gateway would make it itself at the first error, without retention or key (trap 37).
        execution = f"/aws/apigateway/{api.api_id}/{api.stage_name}"
        self._allow_use_of_key(access, execution)
        self.access_log_group = self._create_log_group("access-log", access)
        execution_log_group = self._create_log_group("execution-log", execution)
        stage = Apigatewayv2Stage(
            self,
            "stage",
            api_id=api.api_id,
            name=api.stage_name,
            description=f"Chat of {config.environment}",
            deployment_id=deployment_id,
            default_route_settings=Apigatewayv2StageDefaultRouteSettings(**self._limits()),
            route_settings=[
                Apigatewayv2StageRouteSettings(route_key=route.key, **self._limits()) for route in ROUTES
            ],
            access_log_settings=Apigatewayv2StageAccessLogSettings(
                destination_arn=self.access_log_group.arn, format=json.dumps(ACCESS_LOG)
            ),
            depends_on=[execution_log_group, *depends_on],
        )
        self.stage_id: str = stage.id

    def _limits(self) -> dict[str, Any]:
        """For the default and again for each route: a block without a limit sets it to 0 (trap 36)."""
        return {
            "throttling_burst_limit": self._config.chat.throttle_burst,
            "throttling_rate_limit": self._config.chat.throttle_rate,
            "data_trace_enabled": False,  # it would log what is said
            "detailed_metrics_enabled": True,
            "logging_level": LOGGING_LEVEL,
        }

    def _allow_use_of_key(self, *names: str) -> None:
        region = self._config.aws_region
        prefix = f"arn:aws:logs:{region}:{self._config.aws_account_id}:log-group:"
        statement = policies.key_for_log_groups([f"{prefix}{name}" for name in names], region)
        self._key.allow(statement | {"Sid": "CloudWatchLogsOfTheChat"})

    def _create_log_group(self, id_: str, name: str) -> CloudwatchLogGroup:
        return CloudwatchLogGroup(
            self,
            id_,
            name=name,
            retention_in_days=self._config.logs.application_retention_days,
            kms_key_id=self._key.key_arn,
            depends_on=[self._key.policy_resource],
        )
