"""The @connections API: its limit, its answers, and the stage in its path.

Upstream, MiniStack 1.5.33: services/apigateway.py, handle_connections_api takes payloads of any size,
serves a connection below any stage's path, counts no message, and answers GetConnection with members that
SDKs do not know (`ConnectedAt` with epoch seconds instead of `connectedAt` in ISO 8601). The permission,
execute-api:ManageConnections on the method's ARN, is checked by MiniStack itself.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ops.local_aws.fixes.websocket_frames import MESSAGE_BYTES
from ops.local_aws.fixes.websocket_stages import Stage


def install() -> None:
    """Wraps the handler."""
    from ministack.services import apigateway

    inner = apigateway.handle_connections_api

    async def handle_connections_api(
        method: str, api_id: str, stage: str, connection_id: str, body: bytes, headers: Any
    ) -> Any:
        connection = apigateway._ws_connections.get(connection_id) or {}
        if connection.get("apiId") != api_id or connection.get("stage") != stage:
            return _error(410, "GoneException")
        if method == "GET":
            return _json(200, _description(connection))
        if method == "POST" and len(body) > MESSAGE_BYTES:
            return _error(413, "PayloadTooLargeException")
        answer = await inner(method, api_id, stage, connection_id, body, headers)
        if method == "POST" and answer[0] == 200:
            Stage(api_id, stage).count(MessageCount=1)
        return answer

    apigateway.handle_connections_api = handle_connections_api


def _description(connection: dict[str, Any]) -> dict[str, Any]:
    return {
        "connectedAt": _iso(connection["connectedAt"]),
        "identity": connection["identity"],
        "lastActiveAt": _iso(connection["lastActiveAt"]),
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(status: int, code: str) -> Any:
    status, headers, body = _json(status, {"message": code})
    return status, {**headers, "x-amzn-ErrorType": code}, body


def _json(status: int, content: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()
