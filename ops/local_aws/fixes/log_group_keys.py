"""A log group's key, changed after the group was made.

Upstream, MiniStack 1.5.33: services/cloudwatch_logs.py `handle_request` knows `kmsKeyId` of CreateLogGroup,
but neither AssociateKmsKey nor DisassociateKmsKey. Terraform calls them when the key of a log group is
replaced.
"""

from __future__ import annotations

import json
from typing import Any


def install() -> None:
    """Adds both actions."""
    from ministack.core.responses import error_response_json, json_response
    from ministack.services import cloudwatch_logs as logs

    inner = logs.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action not in ("AssociateKmsKey", "DisassociateKmsKey"):
            return await inner(method, path, headers, body, query_params)
        request = json.loads(body or b"{}")
        name = request.get("logGroupName") or str(request.get("resourceIdentifier", "")).rpartition(":")[2]
        group = logs._log_groups.get(name)
        if group is None:
            message = f"The specified log group does not exist: {name}"
            return error_response_json("ResourceNotFoundException", message, 400)
        group["kmsKeyId"] = request.get("kmsKeyId") if action == "AssociateKmsKey" else None
        return json_response({})

    logs.handle_request = handle_request
