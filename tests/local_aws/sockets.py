"""WebSocket APIs of functions, and clients of theirs."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from ops.chat.wire import Wire
from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, unique
from tests.local_aws.functions import Function, metric_sum

STAGE = "dev"


@dataclass
class Api:
    """An API with one stage."""

    cloud: Cloud
    identifier: str = ""
    authorizer: str | None = None
    routes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = self.cloud.client("apigatewayv2")
        if not self.identifier:
            self.identifier = self.client.create_api(
                Name=unique("api"),
                ProtocolType="WEBSOCKET",
                RouteSelectionExpression="$request.body.action",
            )["ApiId"]

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"{self.cloud.endpoint.replace('https', 'wss')}/_aws/execute-api/{self.identifier}/{STAGE}"

    @property
    def management_url(self) -> str:
        """Where @connections is."""
        return f"{self.cloud.endpoint}/_aws/execute-api/{self.identifier}/{STAGE}"

    def arn(self, what: str) -> str:
        """ARN of a part, as permissions name it."""
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{self.identifier}/{what}"

    def authorize(self, function: Function, *, permit: bool = True) -> None:
        """Lets a function decide about the next $connect route, by the query string's token."""
        made = self.client.create_authorizer(
            ApiId=self.identifier,
            Name="authorizer",
            AuthorizerType="REQUEST",
            AuthorizerUri=_uri(function),
            IdentitySource=["route.request.querystring.token"],
        )
        self.authorizer = made["AuthorizerId"]
        if permit:
            function.permit("apigateway", self.arn(f"authorizers/{self.authorizer}"))

    def route(
        self, key: str, function: Function | None, *, permit: bool = True, replies: bool = False
    ) -> None:
        """Sends a route's events to a function."""
        more: dict[str, Any] = {}
        if function:
            integration = self.client.create_integration(
                ApiId=self.identifier, IntegrationType="AWS_PROXY", IntegrationUri=_uri(function)
            )
            more["Target"] = f"integrations/{integration['IntegrationId']}"
            if permit:
                function.permit("apigateway", self.arn(f"*/{key}"))
        if replies:
            more["RouteResponseSelectionExpression"] = "$default"
        if key == "$connect" and self.authorizer:
            more |= {"AuthorizationType": "CUSTOM", "AuthorizerId": self.authorizer}
        made = self.client.create_route(ApiId=self.identifier, RouteKey=key, **more)
        self.routes[key] = made["RouteId"]
        if replies:
            self.respond(key)

    def respond(self, key: str) -> None:
        """Gives a route a response."""
        self.client.create_route_response(
            ApiId=self.identifier, RouteId=self.routes[key], RouteResponseKey="$default"
        )

    def stage(self, **settings: Any) -> None:
        """Makes the stage."""
        deployment = self.client.create_deployment(ApiId=self.identifier)["DeploymentId"]
        self.client.create_stage(ApiId=self.identifier, StageName=STAGE, DeploymentId=deployment, **settings)

    def connect(self, query: str = "", url: str | None = None, **more: Any) -> Wire:
        """A client."""
        context = ssl.create_default_context(cafile=str(self.cloud.authority))
        return Wire((url or self.url) + query, ssl=context, open_timeout=20, proxy=None, **more)

    def refusal(self, query: str = "", url: str | None = None) -> tuple[int, dict[str, Any]]:
        """Status and body with which a client is refused."""
        with pytest.raises(InvalidStatus) as caught:
            self.connect(query, url)
        response = caught.value.response
        return response.status_code, json.loads(response.body or b"{}")

    def metric(self, name: str) -> float:
        """Sum of a metric of the stage."""
        return metric_sum(self.cloud, "AWS/ApiGateway", name, {"ApiId": self.identifier, "Stage": STAGE})


def _uri(function: Function) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function.arn}/invocations"


def ask(client: Wire, **content: Any) -> Any:
    """Sends JSON and gives the next frame as JSON."""
    client.send(json.dumps(content))
    return receive(client)


def receive(client: Wire) -> Any:
    """The next frame as JSON."""
    return json.loads(client.receive(10))
