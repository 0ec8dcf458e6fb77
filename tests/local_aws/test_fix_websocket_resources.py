"""fixes/websocket_resources.py"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.local_aws.example import ACCOUNT_ID, REGION
from ops.local_aws.instance import LocalAws
from tests.local_aws.cloud import Cloud, refused
from tests.local_aws.functions import deploy
from tests.local_aws.sockets import STAGE, Api, ask
from tests.local_aws.sources import map_source, queue, queue_rights

ONLY_OF_HTTP_APIS = {"AuthorizerPayloadFormatVersion", "JwtConfiguration", "EnableSimpleResponses"}

ROUTE = """
    import json
    def handle(event, context):
        return {"statusCode": 200, "body": json.dumps({"route": event["requestContext"]["routeKey"]})}
"""


def _authorizer(cloud: Cloud) -> dict[str, Any]:
    api = Api(cloud)
    api.authorize(deploy(cloud), permit=False)
    found: dict[str, Any] = api.client.get_authorizer(ApiId=api.identifier, AuthorizerId=api.authorizer)
    return found


def test_an_authorizer_has_only_what_websocket_apis_have(fixed: Cloud) -> None:
    assert not ONLY_OF_HTTP_APIS & _authorizer(fixed).keys()


@pytest.mark.parametrize("setting", ["access", "default", "route"])
def test_trap_37_logging_needs_the_accounts_role(fixed: Cloud, setting: str) -> None:
    level = {"LoggingLevel": "ERROR", "ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 1}
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/access"
    settings: dict[str, Any] = {
        "access": {"AccessLogSettings": {"DestinationArn": arn, "Format": "$context.requestId"}},
        "default": {"DefaultRouteSettings": level},
        "route": {"RouteSettings": {"$connect": level}},
    }[setting]
    api, account = Api(fixed), fixed.client("apigateway")
    change = {"op": "replace", "path": "/cloudwatchRoleArn"}
    account.update_account(patchOperations=[{**change, "value": ""}])
    call = {"ApiId": api.identifier, "StageName": STAGE, **settings}
    assert refused(api.client.create_stage, **call) == "BadRequestException"
    api.stage()
    assert refused(api.client.update_stage, **call) == "BadRequestException"
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/logs"
    account.update_account(patchOperations=[{**change, "value": role}])
    api.client.update_stage(**call)


def test_trap_38_a_stage_serves_the_routes_of_its_deployment(fixed: Cloud) -> None:
    api, function = Api(fixed), deploy(fixed, ROUTE)
    api.route("$default", function, replies=True)
    api.stage()
    api.route("ask", function, replies=True)
    with api.connect() as client:
        assert ask(client, action="ask") == {"route": "$default"}
        deployment = api.client.create_deployment(ApiId=api.identifier)["DeploymentId"]
        assert ask(client, action="ask") == {"route": "$default"}
        api.client.update_stage(ApiId=api.identifier, StageName=STAGE, DeploymentId=deployment)
        assert ask(client, action="ask") == {"route": "ask"}


def test_a_stage_without_a_deployment_has_no_routes(fixed: Cloud) -> None:
    api, function = Api(fixed), deploy(fixed, ROUTE)
    api.route("$default", function, replies=True)
    api.client.create_stage(ApiId=api.identifier, StageName=STAGE)
    with api.connect() as client:
        assert ask(client)["message"] == "Forbidden"


def test_apis_functions_and_mappings_survive_a_restart(instance: LocalAws) -> None:
    instance.start()
    api = Api(Cloud(instance))
    api.route("$default", deploy(api.cloud, ROUTE), replies=True)
    api.stage()
    source = queue(api.cloud)
    consumer = deploy(api.cloud, statements=queue_rights(source))
    map_source(consumer, source.arn)
    instance.stop()
    instance.start()
    with api.connect() as client:
        assert ask(client) == {"route": "$default"}
    source.send(number=1)
    assert consumer.await_seen()


def test_stock_gives_authorizers_more(stock: Cloud) -> None:
    assert _authorizer(stock).keys() >= ONLY_OF_HTTP_APIS


def test_stock_takes_logging_without_a_role(stock: Cloud) -> None:
    Api(stock).stage(DefaultRouteSettings={"LoggingLevel": "ERROR"})


def test_stock_serves_routes_that_are_not_deployed(stock: Cloud) -> None:
    api, function = Api(stock), deploy(stock, ROUTE)
    api.stage()
    api.route("$default", function, replies=True)
    with api.connect() as client:
        client.send(json.dumps({}))
        assert json.loads(client.receive(10)) == {"route": "$default"}
