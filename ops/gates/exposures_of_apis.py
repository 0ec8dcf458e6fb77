"""What lets people into the APIs who are not signed in."""

from __future__ import annotations

from collections.abc import Iterator

from ops.gates.guards import lost
from ops.gates.references import References
from ops.gates.values import inside, is_known
from ops.plans.document import ResourceChange


def route(change: ResourceChange, references: References) -> Iterator[str]:
    """Routes that ask nobody who they are."""
    if change.after is None or not is_known(change, "authorization_type"):
        return
    key = str(change.after.get("route_key"))
    api = references.change(references.targets(change, "api_id", "aws_apigatewayv2_api")[1])
    is_http = api is not None and inside(api.after, "protocol_type") == "HTTP"
    if not (key == "$connect" or is_http or " " in key):
        return  # a WebSocket is asked once, when it connects
    is_open = (change.after.get("authorization_type") or "NONE") == "NONE"
    was_open = change.before is not None and (change.before.get("authorization_type") or "NONE") == "NONE"
    if is_open and not was_open:
        yield f"route {key} would ask nobody who they are (authorization_type NONE)"


def authorizer(change: ResourceChange, references: References) -> Iterator[str]:
    """Authorizers that go, or ask for less."""
    if how := lost(change, references, "api_id", "aws_apigatewayv2_api"):
        yield f"the authorizer would be {how}"
    if change.before is not None and change.after is not None:
        old, new = ({*(values.get("identity_sources") or ())} for values in (change.before, change.after))
        if is_known(change, "identity_sources") and (less := sorted(old - new)):
            yield f"the authorizer would not ask for {', '.join(less)} any more"


def function_url(change: ResourceChange, _: References) -> Iterator[str]:
    """URLs of functions."""
    was, will = (inside(values, "authorization_type") for values in (change.before, change.after))
    if will == "NONE" != was:
        yield "the function's URL would ask nobody who they are (authorization_type NONE)"
