"""What tests of the functions do again and again."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from ulid import ULID

from ops.local_aws.example import ACCOUNT_ID, REGION

API_ID, STAGE = "a1b2c3d4e5", "dev"
METHOD_ARN = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{API_ID}/{STAGE}/$connect"
NOW = 1_750_000_000


@dataclass
class Clock:
    """Seconds since 1970, as long as nobody turns it."""

    seconds: float = NOW

    def __call__(self) -> float:
        return self.seconds

    def pass_(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Log:
    """What a function logged."""

    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["level"] == "ERROR"]


def logged(logger: Logger, monkeypatch: pytest.MonkeyPatch) -> Log:
    """What this logger writes from now on."""
    log = Log()
    for handler in logger.handlers:
        monkeypatch.setattr(handler, "stream", log.stream)
    return log


def forget(handler: ModuleType) -> ModuleType:
    """The handler as in a new execution environment: settings and table are read anew."""
    for name in ("_settings", "_table"):
        if hasattr(handler, name):
            getattr(handler, name).cache_clear()
    return handler


def ulid_at(seconds: float, last: int = 0) -> str:
    """A ULID of that time; of two the one with the greater `last` sorts last."""
    return str(ULID.from_bytes(int(seconds * 1000).to_bytes(6, "big") + last.to_bytes(10, "big")))


def request_context(event_type: str, session_id: str | None, connection_id: str = "CONN1=") -> dict[str, Any]:
    """As API Gateway has it (developer guide, "Set up a WebSocket API integration request")."""
    context: dict[str, Any] = {
        "routeKey": {"CONNECT": "$connect", "DISCONNECT": "$disconnect"}.get(event_type, "sendMessage"),
        "eventType": event_type,
        "extendedRequestId": "Fxxx=",
        "requestTime": "15/Jun/2025:15:06:40 +0000",
        "messageDirection": "IN",
        "stage": STAGE,
        "connectedAt": NOW * 1000,
        "requestTimeEpoch": NOW * 1000,
        "identity": {"sourceIp": "192.0.2.7", "userAgent": "test"},
        "requestId": "Fxxx=",
        "domainName": f"{API_ID}.execute-api.{REGION}.amazonaws.com",
        "connectionId": connection_id,
        "apiId": API_ID,
    }
    if event_type == "MESSAGE":
        context["messageId"] = "Fyyy="
    if session_id is not None:
        context["authorizer"] = {
            "principalId": session_id,
            "integrationLatency": 12,
            "sessionId": session_id,
        }
    return context


def handshake(token: str | None, origin: str | None = None, header: str = "Origin") -> dict[str, Any]:
    """What an authorizer of `$connect` gets."""
    headers = {"Host": "example.com", "Upgrade": "websocket"} | (
        {header: origin} if origin is not None else {}
    )
    query = {"token": token} if token is not None else None
    return {
        "type": "REQUEST",
        "methodArn": METHOD_ARN,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query and {name: [value] for name, value in query.items()},
        "stageVariables": {},
        "requestContext": request_context("CONNECT", None),
    }


def message(body: str | None, session_id: str | None, *, binary: bool = False) -> dict[str, Any]:
    """What a route gets with a client's frame."""
    event: dict[str, Any] = {
        "requestContext": request_context("MESSAGE", session_id),
        "isBase64Encoded": binary,
    }
    return event if body is None else {**event, "body": body}


class Broken:
    """A table or client whose every call fails in AWS."""

    def __init__(self, code: str = "InternalServerError") -> None:
        self._error = ClientError({"Error": {"Code": code, "Message": "It is down"}}, "Call")

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> None:
            raise self._error

        return fail
