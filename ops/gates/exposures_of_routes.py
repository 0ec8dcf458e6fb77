"""Routes of an API that ask nobody who they are, or that leave their callers to one that does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ops.gates.guards import lost
from ops.gates.references import References
from ops.gates.values import inside, is_known
from ops.plans.document import Json, ResourceChange

API, AUTHORIZER, ROUTE = "aws_apigatewayv2_api", "aws_apigatewayv2_authorizer", "aws_apigatewayv2_route"
CONNECT, DEFAULT = "$connect", "$default"


def route(change: ResourceChange, references: References) -> Iterator[str]:
    """A route without authorization; one with it that goes, or asks another authorizer."""
    yield from _opened(change, references)
    yield from _unguarded(change, references)
    yield from _asked_otherwise(change, references)


def _opened(change: ResourceChange, references: References) -> Iterator[str]:
    if change.after is None or not is_known(change, "authorization_type"):
        return
    key = _key(change.after)
    api = references.change(references.targets(change, "api_id", API)[1])
    is_http = api is not None and inside(api.after, "protocol_type") == "HTTP"
    if not (key == CONNECT or is_http or " " in key):
        return  # a WebSocket is asked once, when it connects
    was_open = change.before is not None and _is_open(change.before) and _key(change.before) == key
    if _is_open(change.after) and not was_open:
        yield f"route {key} would ask nobody who they are (authorization_type NONE)"


def _unguarded(change: ResourceChange, references: References) -> Iterator[str]:
    """Who came by a route that asked, and now comes by another one, or without any.

    Whoever opens a WebSocket is asked by $connect alone, and where there is no such route, by nobody.
    Source: API Gateway developer guide, "The $connect route".
    """
    if change.before is None or change.action == "no-op" or _is_open(change.before):
        return
    key, api = _key(change.before), references.targets(change, "api_id", API)[0]
    how = lost(change, references, "api_id", API)
    stays = change.after is not None and (not is_known(change, "route_key") or _key(change.after) == key)
    if how == "forgotten" or (stays and not how) or not (how or change.after):
        return
    left = {
        _key(one.after): one.after
        for one in references.changes(ROUTE)
        if one.after is not None and references.targets(one, "api_id", API)[1] == api
    }
    if key in left:
        return  # another resource has it now, and is looked at itself
    if key == CONNECT:
        yield "anybody could connect: there would be no route $connect, the only one that asks who they are"
    elif (other := serving(key, left)) and _is_open(left[other]):
        yield f"{key} would be served by route {other}, which asks nobody who they are"


def _asked_otherwise(change: ResourceChange, references: References) -> Iterator[str]:
    if change.before is None or change.after is None or not change.before.get("authorizer_id"):
        return
    old, new = references.targets(change, "authorizer_id", AUTHORIZER)
    if old != new and not _is_open(change.after) and references.after(change, "authorizer_id"):
        yield f"route {_key(change.after)} would ask another authorizer: from {old} to {new}"


def serving(key: str, routes: Iterable[str]) -> str:
    """Which of the routes of an HTTP API serves the requests of a route that there is no more; "" for none.

    Source: API Gateway developer guide, "Create routes for HTTP APIs": the most specific one.
    """
    return min((one for one in routes if _covers(one, key)), key=_breadth, default="")


def _covers(route: str, key: str) -> bool:
    if route == DEFAULT:
        return key != DEFAULT
    method, _, path = route.partition(" ")
    asked, _, wanted = key.partition(" ")
    if method not in ("ANY", asked) or not path or not wanted:
        return False
    parts, others = path.split("/"), wanted.split("/")
    for place, part in enumerate(parts):
        if place >= len(others):
            return False
        if part.endswith("+}"):
            return True
        if others[place].endswith("+}") or not (part == others[place] or part.startswith("{")):
            return False
    return len(parts) == len(others)


def _breadth(route: str) -> tuple[bool, bool, int, bool]:
    return route == DEFAULT, "+}" in route, route.count("{"), route.startswith("ANY ")


def _key(values: Json) -> str:
    return str(values.get("route_key"))


def _is_open(values: Json) -> bool:
    return (values.get("authorization_type") or "NONE") == "NONE"
