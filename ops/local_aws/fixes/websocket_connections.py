"""WebSocket APIs: connections as API Gateway keeps them.

Upstream, MiniStack 1.5.33: services/apigateway.py, handle_websocket and _invoke_ws_lambda. All events of a
function run in one process, one at a time, and those of a connection one after another (ten clients whose
function takes a second wait for 14); no function logs or counts anything; neither the function's policy
nor throttling is asked; a stage that does not exist serves; a refusal by the $connect function is always
403; a missing $connect or $disconnect route falls back to $default; a result's body is sent although the
route has no response; errors of functions reach the client as their text; frames without a route, or nested
too deeply for Python's JSON, are dropped silently; binary frames are served; nothing is counted in
AWS/ApiGateway or logged.

The fix replaces the connection's whole course. Sources: API Gateway Developer Guide, "WebSocket APIs"
(routes, route responses, binary media types: closed with 1003), "Monitor WebSocket API execution with
CloudWatch metrics". Not here: the 10 minutes of idleness and the 2 hours of life after which AWS closes.

That a result's body is sent whatever its statusCode, 500 included: the same guide, "Set up a WebSocket API
integration response" (proxy integrations: the backend's output is passed to the caller as the complete
payload). Seen on AWS: "I set the response status code to 500, but it still triggers onmessage function with
the response body", issue 2 of yai333/React-Chat-App-using-AWS-API-Gateway-Websocket-and-Serverless-Framework.
Only a function that raises, or whose result is none of a proxy, is answered with "Internal server error".
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from ops.local_aws.fixes.websocket_events import Answer, Connection, authorize, error_frame, integrate
from ops.local_aws.fixes.websocket_stages import Stage

Send = Callable[[dict[str, Any]], Awaitable[None]]

UNSUPPORTED_DATA = 1003
CLOSE = "local_aws.close"
"""Key in the ASGI scope: (code, reason) of how the connection ended, where that is known."""


def install() -> None:
    """Replaces the handling of WebSocket connections."""
    from ministack.services import apigateway

    async def handle_websocket(
        scope: Any, receive: Any, send: Send, api_id: str, path_override: str | None = None
    ) -> None:
        if (await receive()).get("type") != "websocket.connect":
            return
        owner = apigateway._api_owner(api_id)
        path = scope.get("path", "") if path_override is None else path_override
        stage = Stage(api_id, path.lstrip("/").partition("/")[0])
        if not owner or owner[0] != "WEBSOCKET":
            await _refuse(send, 403, "Forbidden", "", str(uuid.uuid4()))
            return
        _, account, region = owner
        with _scope(account, region):
            connection = _connection(scope, stage, account, region)
            await _Course(connection, scope, receive, send).run()

    apigateway.handle_websocket = handle_websocket


@contextlib.contextmanager
def _scope(account: str, region: str) -> Any:
    from ministack.core.responses import request_scope

    with request_scope(account, region):
        yield


def _connection(scope: Any, stage: Stage, account: str, region: str) -> Connection:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
    # In AWS's form, with the `=` that has to be quoted in the path of @connections.
    identifier = base64.urlsafe_b64encode(os.urandom(11)).decode()
    source = (scope.get("client") or ("127.0.0.1", 0))[0]
    return Connection(stage.api_id, stage, identifier, account, region, source, headers, query)


async def _refuse(send: Send, status: int, message: str, connection_id: str, request_id: str) -> None:
    body = error_frame(message, connection_id, request_id).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


class _Course:
    """One connection from the handshake to its end."""

    def __init__(self, connection: Connection, scope: Any, receive: Any, send: Send) -> None:
        self._connection, self._stage = connection, connection.stage
        self._scope, self._receive, self._send = scope, receive, send
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._closed = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._record = {
            "apiId": connection.api_id,
            "accountId": connection.account,
            "stage": self._stage.name,
            "connectedAt": connection.connected,
            "lastActiveAt": connection.connected,
            "sourceIp": connection.source_ip,
            "identity": connection.context("", "", "")["identity"],
            "outbox": self._outbox,
            "close_event": self._closed,
        }

    async def run(self) -> None:
        """Serves the client until either side closes."""
        from ministack.services import apigateway

        request_id = str(uuid.uuid4())
        refusal, answer = await self._connect(request_id)
        self._log("$connect", "CONNECT", request_id, refusal[0] if refusal else 200, answer, refusal)
        if refusal:
            self._stage.count(**({"ClientError": 1} if refusal[0] < 500 else {}))
            await _refuse(self._send, *refusal, self._connection.connection_id, request_id)
            return
        await self._send({"type": "websocket.accept"})
        identifier = self._connection.connection_id
        apigateway._ws_connections[identifier] = self._record
        sending = asyncio.create_task(self._deliver())
        code, reason = 1006, ""
        try:
            code, reason = await self._listen()
        finally:
            apigateway._ws_connections.pop(identifier, None)
            self._closed.set()
            self._outbox.put_nowait(None)
            await sending
            with contextlib.suppress(Exception):
                await self._send({"type": "websocket.close", "code": code if code == 1003 else 1000})
            await self._disconnect(code, reason)

    async def _connect(self, request_id: str) -> tuple[tuple[int, str] | None, Answer | None]:
        """Why the client is refused, and what the $connect function answered."""
        if not self._stage.exists():
            return (403, "Forbidden"), None
        route = self._route("$connect")
        if not self._stage.admits("$connect"):
            return (429, "Too Many Requests"), None
        self._stage.count(ConnectCount=1)
        if route is None:
            return None, None
        kind = route.get("authorizationType") or "NONE"
        if kind == "CUSTOM":
            refusal = await authorize(self._connection, route, request_id)
            if refusal:
                if refusal[0] >= 500:
                    self._stage.count(ExecutionError=1)
                return refusal, None
        elif kind != "NONE":
            return (500, f"{kind} is not part of this local AWS"), None
        context = self._connection.context("$connect", "CONNECT", request_id)
        fields = self._connection.handshake()
        answer = await self._integrate(route, {**fields, "requestContext": context, "isBase64Encoded": False})
        if 200 <= answer.status < 300:
            return None, answer
        return (answer.status, "Internal server error" if answer.error else "Forbidden"), answer

    async def _listen(self) -> tuple[int, str]:
        """Takes frames until the connection ends: with which code and reason."""
        ended = asyncio.ensure_future(self._closed.wait())
        try:
            while True:
                receiving = asyncio.ensure_future(self._receive())
                await asyncio.wait({receiving, ended}, return_when=asyncio.FIRST_COMPLETED)
                if not receiving.done():
                    receiving.cancel()
                    return 1000, "Connection Closed Normally"
                message = receiving.result()
                if message["type"] == "websocket.disconnect":
                    return self._scope.get(CLOSE) or (int(message.get("code") or 1005), "")
                if message.get("text") is None:
                    return UNSUPPORTED_DATA, "Binary frames are not supported"
                self._record["lastActiveAt"] = time.time()
                # AWS does not wait for the one before either.
                task = asyncio.create_task(self._message(message["text"]))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
        finally:
            ended.cancel()

    async def _message(self, text: str) -> None:
        from ministack.services import apigateway

        request_id, identifier = str(uuid.uuid4()), self._connection.connection_id
        api = apigateway._apis.get(self._connection.api_id) or {}
        try:
            key = apigateway._evaluate_route_selection(api.get("routeSelectionExpression", ""), text)
        except RecursionError:  # JSON that is nested too deeply; upstream only expects what is no JSON
            key = "$default"
        # The names of the routes of the connection's own course are not for clients.
        own = key in ("$connect", "$disconnect")
        route = (None if own else self._route(key)) or self._route("$default")
        self._stage.count(MessageCount=1)
        if route is None or not self._stage.admits(route["routeKey"]):
            status, text = (403, "Forbidden") if route is None else (429, "Too Many Requests")
            self._stage.count(ClientError=1)
            self._log(key if route is None else route["routeKey"], "MESSAGE", request_id, status, None)
            self._outbox.put_nowait(error_frame(text, identifier, request_id))
            return
        context = self._connection.context(route["routeKey"], "MESSAGE", request_id)
        context["messageId"] = uuid.uuid4().hex[:15] + "="
        event = {"requestContext": context, "body": text, "isBase64Encoded": False}
        answer = await self._integrate(route, event)
        self._log(route["routeKey"], "MESSAGE", request_id, answer.status, answer, None, context["messageId"])
        if answer.error:
            self._outbox.put_nowait(error_frame("Internal server error", identifier, request_id))
        # Whatever its status: that is for metrics and logs, a frame has none.
        elif answer.body and self._replies(route):
            self._stage.count(MessageCount=1)
            self._outbox.put_nowait(answer.body)

    async def _disconnect(self, code: int, reason: str) -> None:
        route = self._route("$disconnect")
        if route is None:
            return
        request_id = str(uuid.uuid4())
        context = self._connection.context("$disconnect", "DISCONNECT", request_id)
        context |= {"disconnectStatusCode": code, "disconnectReason": reason}
        headers = {"Host": context["domainName"], "x-api-key": "", "x-restapi": ""}
        event = {
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "requestContext": context,
            "isBase64Encoded": False,
        }
        answer = await self._integrate(route, event)
        self._log("$disconnect", "DISCONNECT", request_id, answer.status, answer)

    async def _integrate(self, route: Mapping[str, Any], event: Mapping[str, Any]) -> Answer:
        answer = await integrate(self._connection, route, event)
        if answer.executed:
            self._stage.count(IntegrationLatency=answer.latency_ms)
            if answer.status >= 400:
                self._stage.count(IntegrationError=1)
        else:
            self._stage.count(ExecutionError=1)
        return answer

    async def _deliver(self) -> None:
        """Sends what is put into the outbox, in order, to the end."""
        while (text := await self._outbox.get()) is not None:
            # The client may be gone already, which the listener learns.
            with contextlib.suppress(Exception):
                await self._send({"type": "websocket.send", "text": text})

    def _route(self, key: str) -> dict[str, Any] | None:
        routes = self._stage.deployed("routes").values()
        return next((dict(route) for route in routes if route.get("routeKey") == key), None)

    def _replies(self, route: Mapping[str, Any]) -> bool:
        """Whether the route answers its clients: it names a response and has one."""
        responses = self._stage.deployed("responses").get(route["routeId"])
        return bool(route.get("routeResponseSelectionExpression") and responses)

    def _log(
        self,
        route_key: str,
        event_type: str,
        request_id: str,
        status: int,
        answer: Answer | None,
        refusal: tuple[int, str] | None = None,
        message_id: str | None = None,
    ) -> None:
        error = refusal[1] if refusal else (answer.error if answer else None)
        integration = {} if answer is None else {"status": answer.status, "error": answer.error}
        context = self._connection.context(route_key, event_type, request_id)
        self._stage.log(
            {
                **context,
                "status": status,
                "messageId": message_id,
                "accountId": self._connection.account,
                "error": {"message": error, "messageString": error and f'"{error}"'},
                "integration": {**integration, "latency": answer and int(answer.latency_ms)},
                "integrationStatus": answer and answer.status,
                "integrationLatency": answer and int(answer.latency_ms),
                "integrationErrorMessage": answer and answer.error,
            }
        )
