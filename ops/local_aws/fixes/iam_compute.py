"""What a request to Lambda, API Gateway or EventBridge is about, as policies of deployers have it.

Upstream, MiniStack 1.5.33: core/iam_actions.py, request_tag_context looks for tags by the name of an
operation, which permissions of API Gateway do not have, so that a new API has no aws:RequestTag.
extract_resource_arn there knows no ARN of a new function, of a rule or an alarm whose tags are asked for, of
alarms that are deleted, and of dashboards ("*"), takes the bus for the rule whose targets are changed, and
puts the bus `default` into that of a rule.
_lambda_action there takes reading a mapping for listing all, checks no permission for changing or deleting
one, and takes what is asked of a function's event-invoke-config for reading, changing or deleting the
function. Nothing supplies lambda:FunctionArn for event source mappings. services/tagging.py does not collect
the tags of APIs, their stages, domain names and event source mappings for aws:ResourceTag. The fix does all
of it.

What lies in an API has the tags that it was given itself, so none: whether AWS hands the API's down to it is
not documented (the developer guide tells it of REST APIs only).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MAPPING_ACTIONS = {"GET": "Get", "PUT": "Update", "DELETE": "Delete"}
INVOKE_CONFIG_ACTIONS = {"GET": "Get", "PUT": "Put", "POST": "Update", "DELETE": "Delete"}
NEW_FUNCTION = re.compile(r"/functions/?$")
DEFAULT_BUS = ":rule/default/"
MAPPING = ":event-source-mapping:"


def install() -> None:
    """Wraps the functions that tell what a request asks for, and the one that resolves condition keys."""
    from ministack.core import iam_actions, iam_evaluator
    from ministack.services import tagging

    inner_resource, inner_tags = iam_actions.extract_resource_arn, iam_actions.request_tag_context
    inner_key = iam_evaluator._resolve_condition_key
    inner_functions = tagging._RESOURCE_TAG_COLLECTORS["lambda"]
    inner_action = iam_actions._lambda_action

    def lambda_action(method: str, path: str) -> Any:
        parts = [part for part in path.split("/") if part]
        if parts[1:2] == ["event-source-mappings"] and len(parts) == 3 and method in MAPPING_ACTIONS:
            return f"{MAPPING_ACTIONS[method]}EventSourceMapping"
        if parts[3:4] == ["event-invoke-config"] and method in INVOKE_CONFIG_ACTIONS:
            return f"{INVOKE_CONFIG_ACTIONS[method]}FunctionEventInvokeConfig"
        return inner_action(method, path)

    def extract_resource_arn(
        service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any, *scope: str
    ) -> Any:
        arn = inner_resource(service, method, path, headers, body, query_params, *scope)
        if service == "monitoring" and arn == "*":
            return _of_cloudwatch(_json(body) or query_params or {}, *scope) or arn
        if service == "lambda" and arn == "*" and NEW_FUNCTION.search(path):
            return _function_arn(str(_json(body).get("FunctionName", "")))
        if service != "events" or not isinstance(arn, str):
            return arn
        asked = _json(body)
        if rule := asked.get("Rule"):
            region, account = scope
            return f"arn:aws:events:{region}:{account}:rule/{rule}"
        named = str(asked.get("ResourceARN", "")) if arn == "*" else ""
        return (named or arn).replace(DEFAULT_BUS, ":rule/")

    def request_tag_context(service: str, iam_action: str, body: bytes, params: Any) -> dict[str, Any]:
        context = dict(inner_tags(service, iam_action, body, params))
        if service == "apigateway" and iam_action in ("apigateway:POST", "apigateway:PUT"):
            tags = _json(body).get("tags")
            for name, value in (tags if isinstance(tags, dict) else {}).items():
                context[f"aws:requesttag/{name}".lower()] = value
        if iam_action == "lambda:CreateEventSourceMapping" and (function := _json(body).get("FunctionName")):
            context["lambda:functionarn"] = _function_arn(str(function))
        return context

    def resolve(key: str, context: Any) -> Any:
        if key.lower() == "lambda:functionarn" and MAPPING in context.resource_arn:
            return _mapping(context.resource_arn).get("FunctionArn")
        return inner_key(key, context)

    def functions_and_mappings() -> Iterator[tuple[str, list[dict[str, str]]]]:
        yield from inner_functions()
        yield from _mappings()

    iam_actions._lambda_action = lambda_action
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.request_tag_context = request_tag_context
    iam_evaluator._resolve_condition_key = resolve
    tagging._RESOURCE_TAG_COLLECTORS["lambda"] = functions_and_mappings
    tagging._RESOURCE_TAG_COLLECTORS["apigateway"] = _apis
    tagging._RESOURCE_TAG_COLLECTORS["events"] = tagging._collect_eventbridge


def _of_cloudwatch(request: Any, region: str, account: str) -> str:
    """Of a form or of JSON. Of several alarms or dashboards the first: ours are asked for one by one."""

    def first(*members: str) -> str:
        values = (request.get(member) for member in members)
        found = next(filter(None, values), "")
        return str(found[0] if isinstance(found, list) else found)

    if arn := first("ResourceARN"):
        return arn
    if name := first("AlarmNames", "AlarmNames.member.1"):
        return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
    if name := first("DashboardName", "DashboardNames", "DashboardNames.member.1"):
        return f"arn:aws:cloudwatch::{account}:dashboard/{name}"
    return ""


def _apis() -> Iterator[tuple[str, list[dict[str, str]]]]:
    from ministack.services import apigateway, apigateway_v1

    for store in (apigateway._api_tags, apigateway_v1._v1_tags):
        for arn, tags in store.items():
            yield arn, [{"Key": key, "Value": value} for key, value in tags.items()]


def _mappings() -> Iterator[tuple[str, list[dict[str, str]]]]:
    from ministack.services import lambda_svc

    for id_, mapping in lambda_svc._esms.items():
        tags = mapping.get("Tags", {})
        yield lambda_svc._esm_arn(id_), [{"Key": key, "Value": value} for key, value in tags.items()]


def _mapping(arn: str) -> dict[str, Any]:
    from ministack.services import lambda_svc

    found: dict[str, Any] = lambda_svc._esms.get(arn.rpartition(":")[2]) or {}
    return found


def _function_arn(reference: str) -> str:
    """A function by its name or its ARN."""
    from ministack.services import lambda_svc

    return reference if reference.startswith("arn:") else str(lambda_svc._func_arn(reference))


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
