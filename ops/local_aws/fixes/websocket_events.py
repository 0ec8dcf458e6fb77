"""Not a fix: what API Gateway sends to the functions of a WebSocket API, and who lets it.

Events as in the API Gateway Developer Guide ("Set up integration request", "Lambda authorizers for
WebSocket APIs"). Names of headers arrive as browsers send them, `Origin` and not `origin`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.local_aws.fixes import websocket_stages
from ops.local_aws.fixes.execution_roles import permits
from ops.local_aws.fixes.function_policies import may_be_invoked

PRINCIPAL = "apigateway.amazonaws.com"
Query = Mapping[str, list[str]]


@dataclass
class Connection:
    """A connection and what stays the same for all its events.

    headers: names in lower case; connected: epoch seconds; authorizer: the authorizer's context.
    """

    api_id: str
    stage: websocket_stages.Stage
    connection_id: str
    account: str
    region: str
    source_ip: str
    headers: Mapping[str, str]
    query: Query
    connected: float = field(default_factory=time.time)
    authorizer: dict[str, Any] | None = None

    def arn(self, what: str) -> str:
        """ARN of a part of the API, as permissions name it."""
        return f"arn:aws:execute-api:{self.region}:{self.account}:{self.api_id}/{what}"

    def context(self, route_key: str, event_type: str, request_id: str) -> dict[str, Any]:
        """requestContext."""
        now = time.time()
        return {
            "routeKey": route_key,
            "eventType": event_type,
            "extendedRequestId": websocket_stages.request_id(),
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "messageDirection": "IN",
            "stage": self.stage.name,
            "connectedAt": int(self.connected * 1000),
            "requestTimeEpoch": int(now * 1000),
            "identity": {
                "sourceIp": self.source_ip,
                **({"userAgent": self.headers["user-agent"]} if "user-agent" in self.headers else {}),
            },
            "requestId": request_id,
            "domainName": f"{self.api_id}.execute-api.{self.region}.amazonaws.com",
            "connectionId": self.connection_id,
            "apiId": self.api_id,
            **({"authorizer": self.authorizer} if self.authorizer is not None else {}),
        }

    def handshake(self) -> dict[str, Any]:
        """Headers and query string, as $connect and the authorizer get them."""
        forwarded = {
            "X-Forwarded-For": self.source_ip,
            "X-Forwarded-Port": "443",
            "X-Forwarded-Proto": "https",
        }
        headers = {_header(name): value for name, value in self.headers.items()} | forwarded
        fields: dict[str, Any] = {
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
        }
        if self.query:
            fields["queryStringParameters"] = {name: values[-1] for name, values in self.query.items()}
            fields["multiValueQueryStringParameters"] = dict(self.query)
        return fields


def _header(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-")).replace("Websocket", "WebSocket")


@dataclass(frozen=True)
class Answer:
    """What an integration made of an event.

    status: the function's own, or 500 (not permitted), 502 (it failed); body: text for the client, if any.
    """

    status: int
    body: str | None = None
    latency_ms: float = 0
    error: str | None = None

    @property
    def executed(self) -> bool:
        """Whether the function was reached."""
        return self.error is None or self.status != 500


async def integrate(connection: Connection, route: Mapping[str, Any], event: Mapping[str, Any]) -> Answer:
    """Has a route's integration handle an event."""
    from ministack.services import apigateway

    identifier = str(route.get("target", "")).rpartition("/")[2]
    integration = connection.stage.deployed("integrations").get(identifier)
    if integration is None:
        return Answer(500, error="No integration defined for method")
    if integration.get("integrationType") == "MOCK":
        return Answer(200)
    uri = apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
    source = connection.arn(f"{connection.stage.name}/{route.get('routeKey')}")
    if not _permitted(uri, integration.get("credentialsArn"), source):
        return Answer(500, error="Invalid permissions on Lambda function")
    started = time.monotonic()
    result = await _invoke(connection, uri, event)
    latency = (time.monotonic() - started) * 1000
    if result is None:
        return Answer(502, latency_ms=latency, error="Lambda function failed")
    if not isinstance(result, dict):
        return Answer(502, latency_ms=latency, error="Malformed Lambda proxy response")
    try:
        status = int(result.get("statusCode", 200))
    except (TypeError, ValueError):
        return Answer(502, latency_ms=latency, error="Malformed Lambda proxy response")
    body = result.get("body")
    if body is not None and not isinstance(body, str):
        return Answer(502, latency_ms=latency, error="Malformed Lambda proxy response")
    return Answer(status, body, latency)


async def authorize(
    connection: Connection, route: Mapping[str, Any], request_id: str
) -> tuple[int, str] | None:
    """Asks the route's authorizer: why it refuses, as (status, message); None with a context set."""
    from ministack.services import apigateway
    from ministack.services.apigateway_v1 import _stringify_context

    authorizer = connection.stage.deployed("authorizers").get(route.get("authorizerId") or "")
    if authorizer is None:
        return 500, "Internal server error"
    variables = apigateway._get_stage_variables(connection.api_id, connection.stage.name)
    present, _ = apigateway._request_authorizer_identity_sources(
        authorizer.get("identitySource"), connection.headers, connection.query, variables
    )
    if not present:
        return 401, "Unauthorized"
    uri = apigateway._extract_lambda_ref_from_integration_uri(authorizer.get("authorizerUri", ""))
    source = connection.arn(f"authorizers/{authorizer['authorizerId']}")
    if not _permitted(uri, authorizer.get("authorizerCredentialsArn"), source):
        return 500, "Internal server error"
    method = connection.arn(f"{connection.stage.name}/$connect")
    event = {
        "type": "REQUEST",
        "methodArn": method,
        **connection.handshake(),
        "stageVariables": variables,
        "requestContext": connection.context("$connect", "CONNECT", request_id),
    }
    started = time.monotonic()
    answer = await _invoke(connection, uri, event)
    if not isinstance(answer, dict) or not isinstance(answer.get("policyDocument"), dict):
        return 500, "Internal server error"
    decision = apigateway._evaluate_authorizer_policy(answer["policyDocument"], method)
    if decision != "Allow":
        reason = apigateway._WS_DENY_REASONS[decision]
        return 403, f"User is not authorized to access this resource {reason}"
    connection.authorizer = {
        **_stringify_context(answer.get("context")),
        **({"principalId": str(answer["principalId"])} if "principalId" in answer else {}),
        "integrationLatency": int((time.monotonic() - started) * 1000),
    }
    return None


def _permitted(uri: str, role: str | None, source_arn: str) -> bool:
    if role:
        return permits({"Role": role, "FunctionName": "apigateway"}, "lambda:InvokeFunction", uri)
    return may_be_invoked(uri, source_arn, PRINCIPAL)


async def _invoke(connection: Connection, uri: str, event: Mapping[str, Any]) -> Any:
    """The function's result; None if there is no such function, or it failed."""
    from ministack.core.concurrency import run_reentrant
    from ministack.services import lambda_svc

    record, function, _ = lambda_svc._get_func_record_for_ref_in_scope(
        uri, account_id=connection.account, region=connection.region
    )
    if record is None or function is None:
        return None
    outcome = await run_reentrant(
        lambda_svc._execute_function_with_config_scope,
        lambda_svc._execution_record_for_config(record, function),
        dict(event),
        thread_name="websocket-invoke",
    )
    if outcome.get("error") or outcome.get("throttle"):
        return None
    result = outcome.get("body")
    # A function without a result has answered nothing, which is no failure.
    return {} if result is None else result


def error_frame(message: str, connection_id: str, request_id: str) -> str:
    """What API Gateway itself tells a client."""
    return json.dumps({"message": message, "connectionId": connection_id, "requestId": request_id})
