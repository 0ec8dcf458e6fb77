"""functions/connect/."""

from __future__ import annotations

import json

import pytest

from functions.connect import handler
from functions.shared import clients
from tests.functions.support import Broken, Log, forget, handshake, logged, message, request_context


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, table_name: str) -> Log:
    forget(handler)
    return logged(handler.log, monkeypatch)


def event(session_id: str | None) -> dict[str, object]:
    return {**handshake("the token"), "requestContext": request_context("CONNECT", session_id)}


def test_a_connection_is_noted_with_its_session(log: Log, table_name: str) -> None:
    assert handler.handle(event("s1"), None) == {"statusCode": 200}
    [item] = clients.dynamodb().Table(table_name).scan()["Items"]
    assert (item["PK"], item["GSI1PK"]) == ("CONN#CONN1=", "SESSION#s1")
    assert "the token" not in log.text


def test_a_connection_that_cannot_be_noted_is_refused(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "_table", Broken)
    assert handler.handle(event("s1"), None) == {"statusCode": 500}
    [error] = log.errors
    assert "It is down" in error["exception"]


def test_a_connection_without_authorizer_is_refused(log: Log, table_name: str) -> None:
    """The route has lost its authorizer: that is a failure of ours."""
    assert handler.handle(event(None), None) == {"statusCode": 500}
    assert clients.dynamodb().Table(table_name).scan()["Items"] == []
    assert len(log.errors) == 1


def test_a_frame_with_the_routes_name_connects_nothing(log: Log, table_name: str) -> None:
    answer = handler.handle(message('{"action":"$connect"}', "s1"), None)
    assert json.loads(answer["body"])["code"] == "unknownAction"
    assert clients.dynamodb().Table(table_name).scan()["Items"] == []
