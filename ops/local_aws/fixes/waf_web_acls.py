"""Logging configurations of web ACLs, and a web ACL's changed description.

Upstream, MiniStack 1.5.33: services/waf.py, handle_request answers the logging actions with 400, and
_update_web_acl keeps the old description. The fix stores a configuration and gives it back; nothing is
logged, because no rule is evaluated.
"""

from __future__ import annotations

import json
import re
from typing import Any

DESTINATION_PREFIX = "aws-waf-logs-"
"""What the name of a destination must begin with (WAF Developer Guide, "Logging destinations")."""

MISSING = "AWS WAF couldn't perform the operation because your resource doesn't exist."


def install() -> None:
    """Puts the actions before WAF's handler."""
    from ministack.core.responses import AccountScopedDict, error_response_json, json_response
    from ministack.services import waf

    from ops.local_aws.fixes.registration import register

    inner, update_acl, delete_acl = waf.handle_request, waf._update_web_acl, waf.delete_web_acl_record
    kept: Any = AccountScopedDict()  # ARN of the web ACL -> configuration

    def put(request: dict[str, Any]) -> Any:
        configuration = request["LoggingConfiguration"]
        (destination,) = configuration["LogDestinationConfigs"]
        # …:log-group:NAME, …:::NAME of a bucket, …:deliverystream/NAME
        if not re.split("[:/]", destination.removesuffix(":*"))[-1].startswith(DESTINATION_PREFIX):
            message = f"The ARN isn't valid, field: LOG_DESTINATION, parameter: {destination}"
            return error_response_json("WAFInvalidParameterException", message, 400)
        kept[configuration["ResourceArn"]] = configuration
        return json_response({"LoggingConfiguration": configuration})

    def get(request: dict[str, Any]) -> Any:
        configuration = kept.get(request["ResourceArn"])
        if configuration is None:
            return error_response_json("WAFNonexistentItemException", MISSING, 400)
        return json_response({"LoggingConfiguration": configuration})

    def delete(request: dict[str, Any]) -> Any:
        if kept.pop(request["ResourceArn"], None) is None:
            return error_response_json("WAFNonexistentItemException", MISSING, 400)
        return json_response({})

    def update_web_acl(request: dict[str, Any]) -> Any:
        answer = update_acl(request)
        if answer[0] == 200:
            acl = waf._resource_from_scope(waf._web_acls, request["Id"], request["Scope"])
            acl["Description"] = request.get("Description", "")
        return answer

    def delete_web_acl_record(identifier: str, scope: str) -> Any:
        acl = waf._resource_from_scope(waf._web_acls, identifier, scope)
        kept.pop(acl["ARN"], None)
        return delete_acl(identifier, scope)

    actions = {
        "PutLoggingConfiguration": put,
        "GetLoggingConfiguration": get,
        "DeleteLoggingConfiguration": delete,
    }

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        action = actions.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if action is None:
            return await inner(method, path, headers, body, query_params)
        return action(json.loads(body or b"{}"))

    waf.handle_request = handle_request
    waf._update_web_acl = update_web_acl
    waf.delete_web_acl_record = delete_web_acl_record
    register("waf_web_acls", {"logging": kept})
