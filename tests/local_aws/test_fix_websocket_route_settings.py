"""Settings of a route in a stage, as Terraform changes them."""

from __future__ import annotations

from typing import Any

from tests.local_aws.cloud import Cloud, refused, unique


def _stage(cloud: Cloud) -> tuple[Any, dict[str, str]]:
    """A client, and a stage with limits for two routes."""
    gateway = cloud.client("apigatewayv2")
    api = {"ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
    stage = {"ApiId": gateway.create_api(Name=unique("api"), **api)["ApiId"], "StageName": "dev"}
    limits = {"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 1.0}
    gateway.create_stage(**stage, RouteSettings={"$connect": limits, "sendMessage": limits})
    return gateway, stage


def test_settings_of_a_route_are_deleted_and_nothing_else(fixed: Cloud) -> None:
    gateway, stage = _stage(fixed)
    gateway.delete_route_settings(**stage, RouteKey="$connect")
    assert gateway.get_stage(**stage)["RouteSettings"].keys() == {"sendMessage"}
    assert refused(gateway.delete_route_settings, **stage, RouteKey="$connect") == "NotFoundException"


def test_stock_deletes_the_stage_instead(stock: Cloud) -> None:
    gateway, stage = _stage(stock)
    gateway.delete_route_settings(**stage, RouteKey="$connect")
    assert refused(gateway.get_stage, **stage) == "NotFoundException"
