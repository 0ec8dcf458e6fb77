"""Finders of the chat's API. Its parts are named by ids below the API's own, which a first plan may not know.

API Gateway takes a second API, integration or deployment of the same kind without a word, and refuses a
second route, authorizer, response, stage or mapping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ops.adoption.answers import Find, known, missing


def _items(call: Callable[..., Any], **asked: str) -> Iterator[dict[str, Any]]:
    """All items of one of API Gateway's lists, page by page; of what is not there, none."""
    following: dict[str, str] = {}
    while answer := missing(lambda: call(**asked, **following), "NotFoundException"):  # noqa: B023
        yield from answer.get("Items", [])
        if not answer.get("NextToken"):
            return
        following = {"NextToken": answer["NextToken"]}


def _api(gateway: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    for api in _items(gateway.get_apis):
        if api["Name"] == after["name"] and api.get("Tags", {}) == ours:
            return str(api["ApiId"])
    return None


def _part(operation: str, id_name: str, **named: str) -> Find:
    """A part of an API by one of its attributes. named: argument of Terraform -> attribute of AWS."""
    ((argument, attribute),) = named.items()

    def find(gateway: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
        values = known(after, "api_id", argument)
        if not values:
            return None
        api_id, wanted = values
        for item in _items(getattr(gateway, operation), ApiId=api_id):
            if item.get(attribute) == wanted:
                return f"{api_id}/{item[id_name]}"
        return None

    return find


def _route_response(gateway: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    values = known(after, "api_id", "route_id", "route_response_key")
    if not values:
        return None
    api_id, route_id, key = values
    for response in _items(gateway.get_route_responses, ApiId=api_id, RouteId=route_id):
        if response["RouteResponseKey"] == key:
            return f"{api_id}/{route_id}/{response['RouteResponseId']}"
    return None


def _stage(gateway: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    values = known(after, "api_id", "name")
    if not values:
        return None
    api_id, name = values
    answer = missing(lambda: gateway.get_stage(ApiId=api_id, StageName=name), "NotFoundException")
    return f"{api_id}/{name}" if answer and answer.get("Tags", {}) == ours else None


def _domain_name(gateway: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["domain_name"]
    answer = missing(lambda: gateway.get_domain_name(DomainName=name), "NotFoundException")
    return name if answer and answer.get("Tags", {}) == ours else None


def _api_mapping(gateway: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """The one without a path; a domain name that is ours has no other."""
    values = known(after, "domain_name", "api_id")
    if not values:
        return None
    domain, api_id = values
    for mapping in _items(gateway.get_api_mappings, DomainName=domain):
        if mapping["ApiId"] == api_id and not mapping.get("ApiMappingKey"):
            return f"{mapping['ApiMappingId']}/{domain}"
    return None


FINDERS: dict[str, tuple[str, Find]] = {
    "aws_apigatewayv2_api": ("apigatewayv2", _api),
    "aws_apigatewayv2_authorizer": ("apigatewayv2", _part("get_authorizers", "AuthorizerId", name="Name")),
    "aws_apigatewayv2_integration": (
        "apigatewayv2",
        _part("get_integrations", "IntegrationId", integration_uri="IntegrationUri"),
    ),
    "aws_apigatewayv2_route": ("apigatewayv2", _part("get_routes", "RouteId", route_key="RouteKey")),
    "aws_apigatewayv2_route_response": ("apigatewayv2", _route_response),
    "aws_apigatewayv2_deployment": (
        "apigatewayv2",
        _part("get_deployments", "DeploymentId", description="Description"),
    ),
    "aws_apigatewayv2_stage": ("apigatewayv2", _stage),
    "aws_apigatewayv2_domain_name": ("apigatewayv2", _domain_name),
    "aws_apigatewayv2_api_mapping": ("apigatewayv2", _api_mapping),
}
