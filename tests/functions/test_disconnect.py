"""functions/disconnect/."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.disconnect import handler
from functions.shared import clients
from functions.shared.table import Table
from tests.functions.support import Broken, Log, forget, logged, message, request_context


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, table_name: str) -> Log:
    forget(handler)
    Table(table_name).put_connection("CONN1=", "s1")
    Table(table_name).put_connection("CONN2=", "s1")
    return logged(handler.log, monkeypatch)


def event(connection_id: str) -> dict[str, Any]:
    context = request_context("DISCONNECT", "s1", connection_id)
    return {"requestContext": {**context, "disconnectStatusCode": 1005}, "isBase64Encoded": False}


def left(table_name: str) -> list[str]:
    return sorted(item["connectionId"] for item in clients.dynamodb().Table(table_name).scan()["Items"])


def test_only_that_connection_is_forgotten(log: Log, table_name: str) -> None:
    for _ in range(2):
        assert handler.handle(event("CONN1="), None) == {"statusCode": 200}
        assert left(table_name) == ["CONN2="]


def test_a_failure_is_logged(log: Log, table_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "_table", Broken)
    assert handler.handle(event("CONN1="), None) == {"statusCode": 500}
    [error] = log.errors
    assert "It is down" in error["exception"]


def test_a_frame_with_the_routes_name_disconnects_nothing(log: Log, table_name: str) -> None:
    answer = handler.handle(message('{"action":"$disconnect"}', "s1"), None)
    assert json.loads(answer["body"])["code"] == "unknownAction"
    assert left(table_name) == ["CONN1=", "CONN2="]
