"""fixes/websocket_connections.py, websocket_events.py, websocket_stages.py"""

from __future__ import annotations

import concurrent.futures
import json
import threading
import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from functions.shared import frames
from ops.chat.wire import Wire
from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, unique
from tests.local_aws.functions import LOGS, deploy, eventually
from tests.local_aws.sockets import STAGE, Api, ask, receive

AUTHORIZER = """
    def handle(event, context):
        token = event["queryStringParameters"]["token"]
        if token == "broken":
            raise ValueError("no")
        effect = "Allow" if token == "good" else "Deny"
        statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
        return {
            "principalId": "user",
            "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            "context": {"sessionId": "s1", "number": 7},
        }
"""

# The first result that is asked for, as a frame's "answer" says or the $connect query string.
EVENTS = """
    import json, time
    def handle(event, context):
        print("SEEN " + json.dumps(event))
        body = event.get("body") or "{}"
        asked = json.loads(body) if body.startswith("{") else {"action": body}
        asked = asked | (event.get("queryStringParameters") or {})
        time.sleep(float(asked.get("sleep", 0)))
        if asked.get("how") == "raise":
            raise ValueError("secret detail")
        if asked.get("how") == "list":
            return ["no proxy response"]
        if asked.get("how") == "give":
            return asked["result"]
        return {"statusCode": int(asked.get("status", 200)), "body": json.dumps({"got": asked})}
"""


@pytest.fixture(scope="module")
def api(fixed: Cloud) -> Api:
    """An API with an authorizer and one function behind all routes."""
    made = Api(fixed)
    made.authorize(deploy(fixed, AUTHORIZER))
    function = deploy(fixed, EVENTS, timeout_s=20)
    for key in ("$connect", "$disconnect"):
        made.route(key, function)
    for key in ("$default", "ask"):
        made.route(key, function, replies=True)
    made.route("tell", function)
    made.stage()
    vars(made)["function"] = function
    return made


def _events(api: Api, kind: str, connection: str) -> list[dict[str, Any]]:
    """Events of a connection, once there is one."""

    def found() -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = vars(api)["function"].seen()
        return [
            event
            for event in seen
            if event["requestContext"]["eventType"] == kind
            and event["requestContext"]["connectionId"] == connection
        ]

    return eventually(found)


def _connection_id(client: Wire) -> str:
    """API Gateway names it when something goes wrong."""
    return str(ask(client, action="tell", how="raise")["connectionId"])


def test_only_the_authorizers_allow_opens_a_connection(api: Api) -> None:
    with api.connect("?token=good") as client:
        assert ask(client, action="ask")["got"] == {"action": "ask"}
    status, body = api.refusal()
    assert (status, body["message"]) == (401, "Unauthorized")
    assert api.refusal("?token=")[0] == 401
    assert api.refusal("?token=bad")[0] == 403
    assert api.refusal("?token=broken")[0] == 500


def test_the_authorizers_context_comes_with_every_later_event(api: Api) -> None:
    with api.connect("?token=good", origin="https://app.example.com") as client:
        connection = _connection_id(client)
    for kind in ("CONNECT", "MESSAGE", "DISCONNECT"):
        [event] = _events(api, kind, connection)
        authorizer = event["requestContext"]["authorizer"]
        assert (authorizer["sessionId"], authorizer["number"], authorizer["principalId"]) == (
            "s1",
            "7",
            "user",
        )
        assert event["requestContext"]["stage"] == STAGE
        assert event["requestContext"]["connectedAt"] <= event["requestContext"]["requestTimeEpoch"]
    [connect] = _events(api, "CONNECT", connection)
    assert connect["headers"]["Origin"] == "https://app.example.com"
    assert connect["queryStringParameters"] == {"token": "good"}


def test_disconnect_gets_the_clients_code_and_reason(api: Api) -> None:
    with api.connect("?token=good") as client:
        connection = _connection_id(client)
        client.close(4001, "done")
    [event] = _events(api, "DISCONNECT", connection)
    context = event["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (4001, "done")


def test_disconnect_is_sent_when_the_client_just_vanishes(api: Api) -> None:
    with api.connect("?token=good") as client:
        connection = _connection_id(client)
        client.abort()
    [event] = _events(api, "DISCONNECT", connection)
    assert event["requestContext"]["disconnectStatusCode"] == 1006


@pytest.mark.parametrize(("how", "status"), [("status=403", 403), ("status=500", 500), ("how=raise", 502)])
def test_a_connect_function_that_fails_refuses(api: Api, how: str, status: int) -> None:
    answered, body = api.refusal(f"?token=good&{how}")
    assert answered == status
    assert "secret" not in json.dumps(body)


def test_an_unknown_stage_and_an_unknown_api_are_refused(api: Api) -> None:
    assert api.refusal("?token=good", api.url.replace(STAGE, "prod"))[0] == 403
    assert api.refusal("?token=good", api.url.replace(api.identifier, "00000000"))[0] == 403


@pytest.mark.parametrize(
    "text", ["ping", "[1]", "3", "{}", '{"action": "unknown"}', '{"action": "$connect"}', "[" * 5_000]
)
def test_a_frame_without_a_route_goes_to_default(api: Api, text: str) -> None:
    with api.connect("?token=good") as client:
        connection = _connection_id(client)
        client.send(text)
        events = eventually(lambda: len(_events(api, "MESSAGE", connection)) > 1)
        assert events
        [event] = [
            e for e in _events(api, "MESSAGE", connection) if e["requestContext"]["routeKey"] == "$default"
        ]
        assert (event["body"], event["isBase64Encoded"]) == (text, False)


def test_a_route_without_response_does_not_answer(api: Api) -> None:
    with api.connect("?token=good") as client:
        client.send(json.dumps({"action": "tell", "number": 1}))
        assert ask(client, action="ask", number=2)["got"]["number"] == 2
        with pytest.raises(TimeoutError):
            client.receive(0.3)


def test_a_response_needs_the_selection_expression_as_well(fixed: Cloud) -> None:
    api, function = Api(fixed), deploy(fixed, EVENTS)
    api.route("ask", function)
    api.respond("ask")
    api.route("other", function, replies=True)
    api.stage()
    with api.connect() as client:
        client.send(json.dumps({"action": "ask"}))
        assert ask(client, action="other")["got"] == {"action": "other"}


@pytest.mark.parametrize("how", [{"how": "raise"}, {"how": "list"}])
def test_a_failing_function_does_not_show_its_error(api: Api, how: dict[str, Any]) -> None:
    with api.connect("?token=good") as client:
        answer = ask(client, action="tell", **how)
        assert answer["message"] == "Internal server error"
        assert set(answer) == {"message", "connectionId", "requestId"}
        assert ask(client, action="ask")["got"] == {"action": "ask"}


@pytest.mark.parametrize("code", ["busy", "internal"])
def test_an_error_frame_reaches_the_client_whatever_its_status(api: Api, code: frames.Code) -> None:
    """As send_message returns it, when the database or the queue fails."""
    frame = frames.error(code, "That failed on our side.", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    with api.connect("?token=good") as client:
        assert ask(client, action="ask", how="give", result=frames.reply(frame, status=500)) == frame
        assert ask(client, action="ask")["got"] == {"action": "ask"}


def test_a_status_of_500_is_not_told_without_a_route_response(api: Api) -> None:
    with api.connect("?token=good") as client:
        client.send(json.dumps({"action": "tell", "status": 500}))
        with pytest.raises(TimeoutError):
            client.receive(2)


def test_a_frame_without_route_and_default_is_forbidden(fixed: Cloud) -> None:
    api = Api(fixed)
    api.stage()
    with api.connect() as client:
        assert ask(client, action="ask")["message"] == "Forbidden"
    assert api.metric("ClientError") == 1


def test_binary_frames_close_with_1003(api: Api) -> None:
    with api.connect("?token=good") as client:
        client.send(b"\x00")
        with pytest.raises(ConnectionClosed) as caught:
            client.receive(10)
    assert caught.value.rcvd
    assert caught.value.rcvd.code == 1003


def test_functions_need_permission_for_routes_and_authorizers(fixed: Cloud) -> None:
    api, function = Api(fixed), deploy(fixed, EVENTS)
    api.route("$default", function, permit=False)
    api.stage()
    with api.connect() as client:
        assert ask(client, action="a")["message"] == "Internal server error"
        function.permit("sns")
        function.permit("apigateway", api.arn("*/$connect"))
        assert ask(client, action="b")["message"] == "Internal server error"
        function.permit("apigateway", api.arn("*/$default"))
        client.send("{}")
        assert function.await_seen()[0]["body"] == "{}"
    assert api.metric("ExecutionError") == 2
    guarded, authorizer = Api(fixed), deploy(fixed, AUTHORIZER)
    guarded.authorize(authorizer, permit=False)
    guarded.route("$connect", function)
    guarded.stage()
    assert guarded.refusal("?token=good")[0] == 500
    authorizer.permit("apigateway", guarded.arn(f"authorizers/{guarded.authorizer}"))
    guarded.connect("?token=good").close()


def test_messages_of_one_connection_run_at_once(api: Api) -> None:
    with api.connect("?token=good") as client:
        started = time.monotonic()
        for number in range(4):
            client.send(json.dumps({"action": "ask", "sleep": 1, "number": number}))
        assert sorted(receive(client)["got"]["number"] for _ in range(4)) == [0, 1, 2, 3]
        # Two environments may have to be started first.
        assert time.monotonic() - started < 3.5


def test_trap_36_a_limit_of_zero_lets_nobody_in(fixed: Cloud) -> None:
    api, function = Api(fixed), deploy(fixed, EVENTS)
    api.route("ask", function, replies=True)
    api.stage(DefaultRouteSettings={"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0})
    assert api.refusal()[0] == 429
    api.client.update_stage(
        ApiId=api.identifier,
        StageName=STAGE,
        DefaultRouteSettings={"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 5},
    )
    with api.connect() as client:
        assert ask(client, action="ask")["got"]


def test_more_than_the_burst_is_answered_with_too_many_requests(fixed: Cloud) -> None:
    api, function = Api(fixed), deploy(fixed, EVENTS)
    api.route("ask", function, replies=True)
    limits = {"ThrottlingBurstLimit": 3, "ThrottlingRateLimit": 0.01}
    api.stage(RouteSettings={"ask": limits})
    with api.connect() as client:
        answers = [ask(client, action="ask", number=number) for number in range(5)]
    assert ["got" in answer for answer in answers] == [True, True, True, False, False]
    assert answers[4]["message"] == "Too Many Requests"


def test_what_happens_is_counted(fixed: Cloud) -> None:
    api, function = Api(fixed), deploy(fixed, EVENTS)
    for key in ("$connect", "$disconnect"):
        api.route(key, function)
    api.route("ask", function, replies=True)
    api.stage()
    with api.connect() as client:
        ask(client, action="ask")
        ask(client, action="ask", how="raise")
    assert eventually(lambda: function.metric("Invocations") == 4)
    counts = {
        name: api.metric(name)
        for name in ("ConnectCount", "MessageCount", "IntegrationError", "ClientError", "ExecutionError")
    }
    assert counts == {
        "ConnectCount": 1,
        # Two from the client, one to it.
        "MessageCount": 3,
        "IntegrationError": 1,
        "ClientError": 0,
        "ExecutionError": 0,
    }
    assert api.metric("IntegrationLatency") > 0


def test_the_access_log_has_the_stages_format(fixed: Cloud) -> None:
    api, function, logs = Api(fixed), deploy(fixed, AUTHORIZER), fixed.client("logs")
    group = unique("/access/websocket")
    logs.create_log_group(logGroupName=group)
    api.authorize(function)
    api.route("$connect", None)
    worker = deploy(fixed, EVENTS, [LOGS])
    api.route("ask", worker, replies=True)
    variables = (
        "eventType",
        "routeKey",
        "status",
        "connectionId",
        "authorizer.sessionId",
        "integrationError",
    )
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}"
    fields = {name: f"$context.{name}" for name in variables}
    role = "arn:aws:iam::123456789012:role/logs"
    fixed.client("apigateway").update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
    )
    api.stage(AccessLogSettings={"DestinationArn": arn, "Format": json.dumps(fields)})
    api.refusal()
    api.refusal("?token=bad")
    events = eventually(
        lambda: [
            json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]
        ]
    )
    assert [(event["status"], event["routeKey"]) for event in events] == [
        ("401", "$connect"),
        ("403", "$connect"),
    ]
    assert events[0]["authorizer.sessionId"] == "-"


def test_fifty_clients_are_served_at_once(api: Api) -> None:
    ready = threading.Barrier(50)

    def chat(client_number: int) -> list[int]:
        with api.connect("?token=good") as client:
            ready.wait(180)
            return [ask(client, action="ask", number=number)["got"]["number"] for number in range(5)]

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        results = list(pool.map(chat, range(50)))
    assert results == [list(range(5))] * 50


def _stock_api(cloud: Cloud) -> Api:
    api, function = Api(cloud), deploy(cloud, EVENTS)
    api.route("$default", function, permit=False)
    api.stage(DefaultRouteSettings={"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0})
    return api


def test_stock_answers_without_permission_limit_or_response(stock: Cloud) -> None:
    with _stock_api(stock).connect() as client:
        assert ask(client, action="a")["got"] == {"action": "a"}


def test_stock_serves_stages_that_do_not_exist(stock: Cloud) -> None:
    api = _stock_api(stock)
    with api.connect(url=api.url.replace(STAGE, "prod")) as client:
        assert ask(client, action="a")["got"] == {"action": "a"}


def test_stock_runs_the_messages_of_a_connection_one_after_another(stock: Cloud) -> None:
    api = _stock_api(stock)
    with api.connect() as client:
        started = time.monotonic()
        for _ in range(3):
            client.send(json.dumps({"sleep": 0.7}))
        for _ in range(3):
            receive(client)
        assert time.monotonic() - started > 2


def test_stock_counts_nothing(stock: Cloud) -> None:
    api = _stock_api(stock)
    with api.connect() as client:
        ask(client, action="a")
    assert api.metric("MessageCount") == 0
