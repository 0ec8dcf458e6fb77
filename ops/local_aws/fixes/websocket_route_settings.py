"""A route's settings can be taken out of a stage.

Upstream, MiniStack 1.5.33: services/apigateway.py, handle_request takes DeleteRouteSettings (DELETE
/v2/apis/{id}/stages/{name}/routesettings/{key}) for DeleteStage. Terraform sends it before every change of a
route's limits, and then finds no stage to change. The fix takes out what was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote


def install() -> None:
    """Wraps the handler of requests."""
    from ministack.services import apigateway

    inner = apigateway.handle_request

    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Any
    ) -> Any:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if method == "DELETE" and parts[:2] == ["v2", "apis"] and parts[5:6] == ["routesettings"]:
            return _delete(parts[2], parts[4], parts[6])
        return await inner(method, path, headers, body, query_params)

    apigateway.handle_request = handle_request


def _delete(api_id: str, stage_name: str, route_key: str) -> Any:
    from ministack.services import apigateway

    stage = apigateway._stages.get(api_id, {}).get(stage_name)
    if not stage or route_key not in stage.get("routeSettings", {}):
        return apigateway._apigw_error("NotFoundException", "Unable to find the route settings", 404)
    del stage["routeSettings"][route_key]
    return 204, {}, b""
