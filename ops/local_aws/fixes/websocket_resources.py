"""Authorizers, stages and deployments of WebSocket APIs.

Upstream, MiniStack 1.5.33: services/apigateway.py,
- _create_authorizer gives a WebSocket API's authorizer what only HTTP APIs' have (a payload version, JWT
  settings, simple responses), which Terraform wants to take away at every plan;
- _create_stage and _update_stage take logging without the account's role for it, where AWS answers
  "CloudWatch Logs role ARN must be set in account settings to enable logging";
- a deployment is a name only: stages serve routes as they are, although AWS serves them as they were when
  the stage's deployment was made.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

from ops.local_aws.fixes.registration import register

ONLY_OF_HTTP_APIS = ("authorizerPayloadFormatVersion", "jwtConfiguration", "enableSimpleResponses")
NO_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"

_deployed: list[Any] = []


def install() -> None:
    """Wraps the operations."""
    from ministack.core.responses import AccountRegionScopedDict
    from ministack.services import apigateway

    kept = AccountRegionScopedDict()
    _deployed[:] = [kept]
    register("websocket_deployments", {"deployed": kept})
    authorizer, deployment = apigateway._create_authorizer, apigateway._create_deployment
    create_stage, update_stage = apigateway._create_stage, apigateway._update_stage

    def create_authorizer(api_id: str, request: Mapping[str, Any]) -> Any:
        answer = authorizer(api_id, request)
        if answer[0] == 201 and _is_websocket(api_id):
            record = apigateway._authorizers[api_id][json.loads(answer[2])["authorizerId"]]
            for name in ONLY_OF_HTTP_APIS:
                if name not in request:
                    record.pop(name, None)
        return answer

    def create_deployment(api_id: str, request: Mapping[str, Any]) -> Any:
        answer = deployment(api_id, request)
        if answer[0] == 201 and _is_websocket(api_id):
            kept[json.loads(answer[2])["deploymentId"]] = copy.deepcopy(_current(api_id))
        return answer

    def checked(inner: Callable[..., Any]) -> Callable[..., Any]:
        def change(api_id: str, *arguments: Any) -> Any:
            if _is_websocket(api_id) and _wants_logging(arguments[-1]) and not _account_role():
                return apigateway._apigw_error("BadRequestException", NO_ROLE, 400)
            return inner(api_id, *arguments)

        return change

    apigateway._create_authorizer, apigateway._create_deployment = create_authorizer, create_deployment
    apigateway._create_stage, apigateway._update_stage = checked(create_stage), checked(update_stage)


def deployed(api_id: str, deployment_id: str | None) -> dict[str, Any]:
    """Routes, integrations, authorizers and route responses of an API, by their names in `_current`.

    Those of the deployment; of none, where a stage has none. Without this fix, those of now.
    """
    if not _deployed:
        return _current(api_id)
    found: dict[str, Any] = _deployed[0].get(deployment_id or "") or {}
    return found


def _current(api_id: str) -> dict[str, Any]:
    from ministack.services import apigateway

    return {
        "routes": dict(apigateway._routes.get(api_id) or {}),
        "integrations": dict(apigateway._integrations.get(api_id) or {}),
        "authorizers": dict(apigateway._authorizers.get(api_id) or {}),
        "responses": dict(apigateway._route_responses.get(api_id) or {}),
    }


def _is_websocket(api_id: str) -> bool:
    from ministack.services import apigateway

    return bool((apigateway._apis.get(api_id) or {}).get("protocolType") == "WEBSOCKET")


def _wants_logging(request: Mapping[str, Any]) -> bool:
    settings = [request.get("defaultRouteSettings") or {}, *(request.get("routeSettings") or {}).values()]
    levels = [one.get("loggingLevel") or "OFF" for one in settings]
    access = (request.get("accessLogSettings") or {}).get("destinationArn")
    return bool(access) or any(level != "OFF" for level in levels)


def _account_role() -> str | None:
    from ministack.services import apigateway_v1

    settings = apigateway_v1._account_settings.get("settings") or {}
    return settings.get("cloudwatchRoleArn") or None
