"""Saved queries of CloudWatch Logs Insights.

Upstream, MiniStack 1.5.33: services/cloudwatch_logs.py, handle_request knows neither PutQueryDefinition nor
DescribeQueryDefinitions nor DeleteQueryDefinition. The fix adds the three.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes.registration import register


def install() -> None:
    """Adds the actions."""
    from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response
    from ministack.services import cloudwatch_logs as logs

    kept = AccountRegionScopedDict()
    inner = logs.handle_request

    def put(request: Mapping[str, Any]) -> Any:
        name = request.get("queryDefinitionId") or str(uuid.uuid4())
        if request.get("queryDefinitionId") and name not in kept:
            return error_response_json(
                "ResourceNotFoundException", "The query definition does not exist.", 400
            )
        members = ("name", "queryString", "logGroupNames", "queryLanguage")
        said = {member: request[member] for member in members if request.get(member)}
        kept[name] = {**said, "queryDefinitionId": name, "lastModified": round(time.time() * 1000)}
        return json_response({"queryDefinitionId": name})

    def describe(request: Mapping[str, Any]) -> Any:
        prefix = request.get("queryDefinitionNamePrefix") or ""
        found = sorted(kept.values(), key=lambda one: str(one["name"]))
        return json_response({"queryDefinitions": [one for one in found if one["name"].startswith(prefix)]})

    def delete(request: Mapping[str, Any]) -> Any:
        if kept.pop(request["queryDefinitionId"], None) is None:
            return error_response_json(
                "ResourceNotFoundException", "The query definition does not exist.", 400
            )
        return json_response({"success": True})

    actions = {
        "PutQueryDefinition": put,
        "DescribeQueryDefinitions": describe,
        "DeleteQueryDefinition": delete,
    }

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        action = actions.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if action is None:
            return await inner(method, path, headers, body, query_params)
        return action(json.loads(body or b"{}"))

    logs.handle_request = handle_request
    register("query_definitions", {"definitions": kept})
