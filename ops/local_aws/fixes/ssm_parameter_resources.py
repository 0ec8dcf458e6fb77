"""Parameters that a request to Systems Manager is about.

Upstream, MiniStack 1.5.33: core/iam_actions.py, extract_resource_arn finds the parameter in the member
Name only. GetParametersByPath has Path, and GetParameters and DeleteParameters have Names, so that only a
policy for "*" allows them. The fix names the path as AWS does, as it is written, and asks for each of
several names.

A policy for `parameter/spec-wizard/dev/*` thus allows the path `/spec-wizard/dev/` and refuses
`/spec-wizard/dev`, as on AWS. kms:Decrypt for parameters of the type SecureString is not asked for.
"""

from __future__ import annotations

import json
from typing import Any


def install() -> None:
    """Names the resource; asks for the further ones before the service's handler."""
    import ministack.app as app
    from ministack.core import iam_actions
    from ministack.core.responses import get_account_id, get_region, new_uuid
    from ministack.services import ssm

    inner_resource, inner = iam_actions.extract_resource_arn, ssm.handle_request

    def extract_resource_arn(
        service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any, *scope: str
    ) -> Any:
        named = _named(body) if service == "ssm" else []
        if named:
            return _arn(named[0], *scope)
        return inner_resource(service, method, path, headers, body, query_params, *scope)

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        action = iam_actions.extract_iam_action("ssm", method, path, headers, body, query_params)
        # The router has asked for the first.
        for name in _named(body)[1:]:
            arn = _arn(name, get_region(), get_account_id())
            if refusal := app._enforce_data_plane(
                "ssm", action, headers, query_params, new_uuid(), resource_arn=arn, named_resource=arn
            ):
                return refusal
        return await inner(method, path, headers, body, query_params)

    iam_actions.extract_resource_arn = extract_resource_arn
    ssm.handle_request = handle_request


def _named(body: bytes) -> list[str]:
    """The path or the names in a request."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return []
    if not isinstance(request, dict):
        return []
    names = request.get("Names") or [request.get("Path")]
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _arn(name: str, region: str, account: str) -> str:
    if name.startswith("arn:"):
        return name
    # A version or a label may stand behind a colon.
    return f"arn:aws:ssm:{region}:{account}:parameter/{name.lstrip('/').partition(':')[0]}"
