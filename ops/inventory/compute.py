"""Functions, what starts them, and the APIs before them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from environments import naming
from ops.inventory.model import Lister, pages


def _functions(lambda_: Any) -> Iterator[str]:
    yield from (function["FunctionName"] for function in pages(lambda_, "list_functions", "Functions"))


def _permissions(lambda_: Any) -> Iterator[str]:
    """Who may invoke a function of ours, by the statements of its policy."""
    for name in _functions(lambda_):
        if naming.PROJECT not in name:
            continue
        try:
            policy = json.loads(lambda_.get_policy(FunctionName=name)["Policy"])
        except lambda_.exceptions.ResourceNotFoundException:
            continue
        yield from (f"{name}/{statement['Sid']}" for statement in policy["Statement"])


def _event_sources(lambda_: Any) -> Iterator[tuple[str, str]]:
    for mapping in pages(lambda_, "list_event_source_mappings", "EventSourceMappings"):
        source = mapping.get("EventSourceArn", "").partition("/stream/")[0]
        yield f"{source} -> {mapping['FunctionArn']}", mapping["UUID"]


def _apis(gateway: Any) -> Iterator[tuple[str, str]]:
    """Each API and the parts of ours; by names, because ids are others after every deployment."""
    for api in pages(gateway, "get_apis", "Items"):
        name, id_ = api["Name"], api["ApiId"]
        yield name, id_
        if naming.PROJECT in name:
            yield from ((f"{name}: {part}", id_) for part in _parts(gateway, id_))


def _parts(gateway: Any, api: str) -> Iterator[str]:
    yield from (f"stage {stage['StageName']}" for stage in pages(gateway, "get_stages", "Items", ApiId=api))
    for authorizer in pages(gateway, "get_authorizers", "Items", ApiId=api):
        yield f"authorizer {authorizer['Name']}"
    for integration in pages(gateway, "get_integrations", "Items", ApiId=api):
        yield f"integration {integration['IntegrationUri']}"
    for route in pages(gateway, "get_routes", "Items", ApiId=api):
        yield f"route {route['RouteKey']}"
        for response in pages(gateway, "get_route_responses", "Items", ApiId=api, RouteId=route["RouteId"]):
            yield f"response {response['RouteResponseKey']} of {route['RouteKey']}"


def _domain_names(gateway: Any) -> Iterator[str]:
    """By their tags: a domain name says nothing of the environment."""
    for domain in pages(gateway, "get_domain_names", "Items"):
        yield tagged(domain["DomainName"], domain.get("Tags") or {})


def tagged(name: str, tags: dict[str, str]) -> str:
    """The name with project and environment behind it, as far as tags tell them."""
    project, environment = tags.get("Project"), tags.get("Environment")
    return f"{name} of {project} ({environment})" if project and environment else name


def _rules(events: Any) -> Iterator[str]:
    yield from (rule["Name"] for rule in pages(events, "list_rules", "Rules"))


def _network_interfaces(ec2: Any) -> Iterator[tuple[str, str]]:
    """What Lambda makes for functions inside a network, and takes away only after a while."""
    for interface in pages(ec2, "describe_network_interfaces", "NetworkInterfaces"):
        tags = {tag["Key"]: tag["Value"] for tag in interface.get("TagSet") or ()}
        yield tagged(interface.get("Description", ""), tags), interface["NetworkInterfaceId"]


LISTERS = (
    Lister("function", "lambda", _functions),
    Lister("permission", "lambda", _permissions),
    Lister("event source", "lambda", _event_sources),
    Lister("api", "apigatewayv2", _apis),
    Lister("domain name", "apigatewayv2", _domain_names),
    Lister("rule", "events", _rules),
    Lister("network interface", "ec2", _network_interfaces),
)
