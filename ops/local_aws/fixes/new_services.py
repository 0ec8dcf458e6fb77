"""Not a fix: adds a service that MiniStack has not to its router, authorization, persistence and reset."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

Request = dict[str, Any]
Operation = Callable[[Request], dict[str, Any]]


class Refused(Exception):
    """An error answer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def add_json_service(
    scope: str,
    target_prefix: str,
    module: str,
    operations: Mapping[str, Operation],
    stores: Mapping[str, Any],
) -> None:
    """A service of the JSON protocol: the operation stands in X-Amz-Target.

    scope: its name in signatures and in IAM; module: under which its data is kept; stores: that data.
    """

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        return _answer(operations.get(name), json.loads(body or b"{}"))

    _register(scope, {"target_prefixes": [target_prefix]}, handle_request, module, stores)


def add_rest_service(
    scope: str, model: str, module: str, operations: Mapping[str, Operation], stores: Mapping[str, Any]
) -> None:
    """A service of the REST-JSON protocol, whose routes come from botocore.

    model: its folder in botocore's data. An operation is given the members of body and query, and those of
    the path under the names of the model.
    """
    from ministack.core import iam_actions

    iam_actions._BOTOCORE_SERVICE_MAP[scope] = [model]

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        name = iam_actions._match_rest_action(scope, method, path, query_params)
        request = json.loads(body or b"{}") | dict(query_params)
        return _answer(operations.get(name or ""), request | _path_members(model, name, path))

    _register(scope, {}, handle_request, module, stores)


def _register(
    scope: str, pattern: dict[str, Any], handler: Any, module: str, stores: Mapping[str, Any]
) -> None:
    import ministack.app as app
    from ministack.core import iam_actions, router

    from ops.local_aws.fixes.registration import register

    router.SERVICE_PATTERNS[scope] = {**pattern, "credential_scope": scope}
    app.SERVICE_HANDLERS[scope] = handler
    iam_actions.SERVICE_TO_IAM_NAMESPACE[scope] = scope
    register(module, stores, handler)


def _answer(operation: Operation | None, request: Request) -> Any:
    from ministack.core.responses import error_response_json, json_response

    if operation is None:
        return error_response_json("UnknownOperationException", "unknown operation", 400)
    try:
        return json_response(operation(request))
    except Refused as refused:
        return error_response_json(refused.code, str(refused), refused.status)


def _path_members(model: str, operation: str | None, path: str) -> Request:
    """What the path says, by the names in the model's route; one may hold slashes, as an ARN does."""
    from ministack.core import iam_actions

    if operation is None:
        return {}
    route = iam_actions._load_botocore_model(model)["operations"][operation]["http"]["requestUri"]
    fixed, _, label = route.partition("{")
    if not label:
        return {}
    name, _, rest = label.partition("}")
    return {name: unquote(path[len(fixed) :].removesuffix(rest))}
