"""functions/authorizer/."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.authorizer import handler
from functions.shared.table import SESSION_SECONDS, Session, Table
from tests.functions.support import METHOD_ARN, NOW, Broken, Log, forget, handshake, logged

WIZARD, OTHER = "https://wizard.example.com", "https://evil.example.com"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, table_name: str) -> Log:
    monkeypatch.setenv("ALLOWED_ORIGINS", f"{WIZARD},http://localhost:3000")
    forget(handler)
    return logged(handler.log, monkeypatch)


def policy(effect: str, principal: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": METHOD_ARN}
    return {"principalId": principal, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


DENY = policy("Deny", "nobody")


@pytest.mark.parametrize("origin", [WIZARD, "http://localhost:3000", None])
@pytest.mark.parametrize("header", ["Origin", "origin"])
def test_a_live_session_is_let_in_trap_41(
    log: Log, session: Session, origin: str | None, header: str
) -> None:
    answer = handler.handle(handshake("the token", origin, header), None)
    assert answer == {
        **policy("Allow", session.session_id),
        "context": {"sessionId": session.session_id},
    }


@pytest.mark.parametrize("origin", [OTHER, "", "null", WIZARD.upper(), f"{WIZARD}/", f"{WIZARD}.evil.com"])
@pytest.mark.parametrize("header", ["Origin", "origin", "ORIGIN"])
def test_a_foreign_origin_is_refused_trap_41(log: Log, session: Session, origin: str, header: str) -> None:
    assert handler.handle(handshake("the token", origin, header), None) == DENY


def test_of_two_origins_both_must_be_allowed(log: Log, session: Session) -> None:
    event = handshake("the token", WIZARD)
    event["headers"]["origin"] = OTHER
    assert handler.handle(event, None) == DENY


@pytest.mark.parametrize("token", [None, "", "another token", "the token ", "\ud800"])
def test_an_unknown_token_is_refused(log: Log, session: Session, token: str | None) -> None:
    assert handler.handle(handshake(token), None) == DENY


def test_an_expired_token_is_refused(log: Log, table_name: str) -> None:
    old = Table(table_name, clock=lambda: NOW)
    assert old.create_session("the token").expires_at == NOW + SESSION_SECONDS
    assert handler.handle(handshake("the token"), None) == DENY


@pytest.mark.parametrize("end", ["revoked", "completed"])
def test_an_ended_session_is_refused(log: Log, session: Session, table_name: str, end: str) -> None:
    if end == "revoked":
        Table(table_name).revoke_session(session.session_id)
    else:
        Table(table_name).complete_session(session.session_id, "R-1")
    assert handler.handle(handshake("the token"), None) == DENY
    assert log.lines[-1]["why"] == f"session {end}"


def test_no_token_is_in_the_log(log: Log, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for event in (handshake("the token"), handshake("the token", OTHER), handshake("the other token")):
        handler.handle(event, None)
    monkeypatch.setattr(handler, "_table", Broken)
    with pytest.raises(ClientError):
        handler.handle(handshake("the token"), None)
    assert len(log.lines) == 4
    assert "token" not in log.text.replace("session_by_token(token)", "")


def test_our_own_failure_is_no_refusal(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """API Gateway answers 500 and not 403: the link is good."""
    monkeypatch.setattr(handler, "_table", Broken)
    with pytest.raises(ClientError, match="It is down"):
        handler.handle(handshake("the token"), None)
    [error] = log.errors
    assert "It is down" in error["exception"]
