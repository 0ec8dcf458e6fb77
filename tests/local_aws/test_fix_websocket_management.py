"""fixes/websocket_management.py"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.local_aws.cloud import Caller, Cloud, allow, refused
from tests.local_aws.functions import deploy
from tests.local_aws.sockets import STAGE, Api, ask

WHO = """
    import json
    def handle(event, context):
        return {"statusCode": 200, "body": json.dumps({"id": event["requestContext"]["connectionId"]})}
"""


def _api(cloud: Cloud) -> Api:
    api = Api(cloud)
    api.route("$default", deploy(cloud, WHO), replies=True)
    api.stage()
    return api


@pytest.fixture(scope="module")
def api(fixed: Cloud) -> Api:
    """It answers with the connection's id."""
    return _api(fixed)


def _management(caller: Caller | Cloud, api: Api) -> Any:
    return caller.client("apigatewaymanagementapi", endpoint=api.management_url)


def test_posts_arrive_in_order(api: Api, fixed: Cloud) -> None:
    management = _management(fixed, api)
    with api.connect() as client:
        connection = ask(client)["id"]
        for number in range(20):
            management.post_to_connection(ConnectionId=connection, Data=f"delta {number} ä")
        assert [client.receive(10) for _ in range(20)] == [f"delta {number} ä" for number in range(20)]


def test_a_post_has_at_most_128_kb(api: Api, fixed: Cloud) -> None:
    management = _management(fixed, api)
    with api.connect(max_size=None) as client:
        connection = ask(client)["id"]
        management.post_to_connection(ConnectionId=connection, Data=b"x" * 128 * 1024)
        assert len(client.receive(10)) == 128 * 1024
        call = {"ConnectionId": connection, "Data": b"x" * (128 * 1024 + 1)}
        assert refused(management.post_to_connection, **call) == "PayloadTooLargeException"


def test_a_connection_is_described(api: Api, fixed: Cloud) -> None:
    with api.connect(user_agent_header="test/1") as client:
        connection = ask(client)["id"]
        found = _management(fixed, api).get_connection(ConnectionId=connection)
    assert abs(found["ConnectedAt"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert found["LastActiveAt"] >= found["ConnectedAt"]
    assert found["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "test/1"}


def test_a_closed_connection_is_gone(api: Api, fixed: Cloud) -> None:
    management = _management(fixed, api)
    with api.connect() as client:
        connection = ask(client)["id"]
        management.delete_connection(ConnectionId=connection)
        with pytest.raises(ConnectionClosed):
            client.receive(10)
    for call, more in (
        (management.post_to_connection, {"Data": b"x"}),
        (management.get_connection, {}),
        (management.delete_connection, {}),
    ):
        assert refused(call, ConnectionId=connection, **more) == "GoneException"


def test_a_connection_of_another_stage_is_gone(api: Api, fixed: Cloud) -> None:
    other = api.management_url.removesuffix(STAGE) + "other"
    management = fixed.client("apigatewaymanagementapi", endpoint=other)
    with api.connect() as client:
        connection = ask(client)["id"]
        call = {"ConnectionId": connection, "Data": b"x"}
        assert refused(management.post_to_connection, **call) == "GoneException"


def test_posting_needs_the_permission_on_its_arn(api: Api, fixed: Cloud) -> None:
    with api.connect() as client:
        connection = ask(client)["id"]
        call = {"ConnectionId": connection, "Data": json.dumps({"type": "delta"})}
        for what, allowed in (
            (f"{STAGE}/POST/@connections/*", True),
            (f"{STAGE}/POST/@connections/{connection}", True),
            (f"{STAGE}/GET/@connections/*", False),
            ("prod/POST/@connections/*", False),
        ):
            statement = allow("execute-api:ManageConnections", api.arn(what))
            management = _management(fixed.assume(fixed.role(statement)), api)
            if allowed:
                management.post_to_connection(**call)
                assert client.receive(10) == call["Data"]
            else:
                assert refused(management.post_to_connection, **call) in (
                    "AccessDeniedException",
                    "ForbiddenException",
                )
        wrong = allow("execute-api:Invoke", api.arn("*"))
        management = _management(fixed.assume(fixed.role(wrong)), api)
        assert refused(management.post_to_connection, **call) in (
            "AccessDeniedException",
            "ForbiddenException",
        )


def test_stock_takes_larger_posts_and_describes_nothing(stock: Cloud) -> None:
    api = _api(stock)
    management = _management(stock, api)
    with api.connect(max_size=None) as client:
        connection = ask(client)["id"]
        management.post_to_connection(ConnectionId=connection, Data=b"x" * 200_000)
        assert len(client.receive(10)) == 200_000
        assert "ConnectedAt" not in management.get_connection(ConnectionId=connection)
