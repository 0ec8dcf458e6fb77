"""The REQUEST authorizer of `$connect` (trap 41).

Event and policy: API Gateway developer guide, "Control access to WebSocket APIs with Lambda REQUEST
authorizers". The context's `sessionId` comes back in every later event of the connection.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from functions.authorizer.settings import Settings
from functions.shared import logs
from functions.shared.settings import load
from functions.shared.table import Session, Table

log = logs.logger("authorizer")


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Allow who brings the token of a live, active session from an allowed origin; deny everybody else.

    A failure of ours is raised: the client gets 500 and tries again, where 403 would tell it that its link is
    no good.
    """
    if not _origin_is_allowed(event.get("headers") or {}):
        return _deny(event, "origin")
    token = (event.get("queryStringParameters") or {}).get("token")
    if not token:
        return _deny(event, "no token")
    try:
        session = _table().session_by_token(token)
    except Exception:
        log.exception("the session could not be looked up")
        raise
    if session is None:
        return _deny(event, "no such session")
    if session.state != "active":
        return _deny(event, f"session {session.state}")
    return _allow(event, session)


def _origin_is_allowed(headers: dict[str, str]) -> bool:
    """Browsers always send Origin and no page can change it; other programs need not (no CORS here)."""
    origins = [value for name, value in headers.items() if name.lower() == "origin"]
    return all(origin in _settings().allowed_origins for origin in origins)


def _allow(event: dict[str, Any], session: Session) -> dict[str, Any]:
    log.info("allowed", session_id=session.session_id)
    answer = _policy("Allow", event, session.session_id)
    return {**answer, "context": {"sessionId": session.session_id}}


def _deny(event: dict[str, Any], why: str) -> dict[str, Any]:
    log.info("denied", why=why)
    return _policy("Deny", event, "nobody")


def _policy(effect: str, event: dict[str, Any], principal: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": principal, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


@cache
def _settings() -> Settings:
    return load(Settings)


@cache
def _table() -> Table:
    return Table(_settings().table_name)
