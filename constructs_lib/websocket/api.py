"""The WebSocket API: routes, integrations, authorizer, and the deployment that puts them into effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.apigatewayv2_api import Apigatewayv2Api
from cdktf_cdktf_provider_aws.apigatewayv2_authorizer import Apigatewayv2Authorizer
from cdktf_cdktf_provider_aws.apigatewayv2_deployment import Apigatewayv2Deployment
from cdktf_cdktf_provider_aws.apigatewayv2_integration import Apigatewayv2Integration
from cdktf_cdktf_provider_aws.apigatewayv2_route import Apigatewayv2Route
from cdktf_cdktf_provider_aws.apigatewayv2_route_response import Apigatewayv2RouteResponse
from constructs import Construct

from constructs_lib import policies
from constructs_lib.compute.function import Function
from constructs_lib.security import Grantee
from constructs_lib.websocket.routes import (
    AUTHORIZER,
    INTEGRATION,
    RESPONSE,
    ROUTES,
    SELECTION,
    Route,
    digest,
)
from environments import EnvironmentConfig, naming

SERVICE = "apigateway.amazonaws.com"


class WebSocketApi(Construct):
    """The API before anything is behind it; `serve` gives it its functions.

    In two steps, because the function that answers must know the API's address, and the API its functions.
    The address comes from the API's id: by the stage's own attributes Terraform finds a cycle (trap 40).

    Attributes: `api_id`, `stage_name`, `connections_url`: where frames are posted to connections;
    `endpoint_url`: wss://…
    """

    def __init__(self, scope: Construct, id_: str, *, config: EnvironmentConfig) -> None:
        super().__init__(scope, id_)
        self._config = config
        self._api = Apigatewayv2Api(
            self,
            "api",
            name=naming.resource(config.environment, "chat"),
            description=f"Chat of the Specification Wizard ({config.environment})",
            protocol_type="WEBSOCKET",
            route_selection_expression=SELECTION,
        )
        self.api_id: str = self._api.id
        self.stage_name = config.environment
        host = f"{self.api_id}.execute-api.{config.aws_region}.amazonaws.com"
        self.connections_url = f"https://{host}/{self.stage_name}"
        self.endpoint_url = f"wss://{host}/{self.stage_name}"

    def grant_post(self, grantee: Grantee) -> None:
        """Post frames to whoever is connected to this stage; neither look at connections nor end them."""
        grantee.attach(
            "post-to-connections",
            policies.allow(
                "PostToConnections",
                ["execute-api:ManageConnections"],
                [f"{self._stage_arn}/POST/@connections/*"],
            ),
        )

    def serve(self, functions: Mapping[str, Function]) -> tuple[str, list[Any]]:
        """Connect the routes to their functions, by folder with hyphens, "authorizer" among them.

        Returns the id of the deployment, and what must be there before a stage lets somebody in.
        """
        authorizer, permission = self._authorize(functions["authorizer"])
        integrations = {
            name: self._integrate(name, functions[name])
            for name in dict.fromkeys(route.function for route in ROUTES)
        }
        routes: list[Any] = []
        permissions = [permission]
        for route in ROUTES:
            routes += self._route(route, integrations[route.function], authorizer)
            # One for each route, exactly: what else reaches the function is not the chat.
            permissions.append(
                functions[route.function].allow_invocation(
                    f"{route.id}-route", service=SERVICE, source_arn=f"{self._stage_arn}/{route.key}"
                )
            )
        deployment = Apigatewayv2Deployment(
            self,
            "deployment",
            api_id=self.api_id,
            description="As in constructs_lib/websocket/routes.py",
            triggers={
                "definition": digest(),
                # One that was replaced has a new id, which a deployment does not follow.
                "parts": ",".join([authorizer.id, *(part.id for part in integrations.values())]),
            },
            # The stage holds on to the old one until it has the next.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            depends_on=routes,
        )
        granted = [policy for function in functions.values() for policy in function.permissions]
        return deployment.id, [*permissions, *granted]

    @property
    def _stage_arn(self) -> str:
        """Of the API's execution, before /<route key> or /<method>/@connections/…"""
        return f"{self._api.execution_arn}/{self.stage_name}"

    def _authorize(self, function: Function) -> tuple[Apigatewayv2Authorizer, Any]:
        authorizer = Apigatewayv2Authorizer(
            self,
            "authorizer",
            api_id=self.api_id,
            name=naming.resource(self._config.environment, "chat-authorizer"),
            authorizer_uri=function.invoke_arn,
            **AUTHORIZER,
        )
        # Not covered by the permission of a route (trap 41).
        permission = function.allow_invocation(
            "authorizer",
            service=SERVICE,
            source_arn=f"{self._api.execution_arn}/authorizers/{authorizer.id}",
        )
        return authorizer, permission

    def _integrate(self, name: str, function: Function) -> Apigatewayv2Integration:
        return Apigatewayv2Integration(
            self,
            f"{name}-integration",
            api_id=self.api_id,
            integration_uri=function.invoke_arn,
            **INTEGRATION,
        )

    def _route(
        self, route: Route, integration: Apigatewayv2Integration, authorizer: Apigatewayv2Authorizer
    ) -> list[Any]:
        """The route, and its response where its function answers."""
        resource = Apigatewayv2Route(
            self,
            f"{route.id}-route",
            api_id=self.api_id,
            route_key=route.key,
            target=f"integrations/{integration.id}",
            authorization_type="CUSTOM" if route.authorized else "NONE",
            authorizer_id=authorizer.id if route.authorized else None,
            route_response_selection_expression=RESPONSE if route.replies else None,
        )
        if not route.replies:
            return [resource]
        response = Apigatewayv2RouteResponse(
            self,
            f"{route.id}-response",
            api_id=self.api_id,
            route_id=resource.id,
            route_response_key=RESPONSE,
        )
        return [resource, response]
