"""Sessions of the chat, made and ended as the application does it: under its role."""

from __future__ import annotations

import time
from dataclasses import dataclass

from functions.shared.table import Table, new_token
from ops.smoke.deployment import Deployment


@dataclass(frozen=True)
class Opened:
    """A new session. token: the secret of its magic link; nobody can read it anywhere afterwards."""

    session_id: str
    token: str
    expires_at: int


def table(deployment: Deployment) -> Table:
    """The table, as the application sees it."""
    return Table(
        deployment.outputs["dynamodb_table_name"], resource=deployment.application_resource("dynamodb")
    )


def create(deployment: Deployment) -> Opened:
    """Make a session, and wait until a connection with its token would be let in."""
    token = new_token()
    session = table(deployment).create_session(token)
    visible(deployment, token)
    return Opened(session.session_id, token, session.expires_at)


def visible(deployment: Deployment, token: str, patience_s: float = 5.0) -> bool:
    """Whether the index has the session of a token, which it does a moment after the table."""
    deadline, of_environment = time.monotonic() + patience_s, table(deployment)
    while of_environment.session_by_token(token) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def forget(deployment: Deployment, session_id: str) -> int:
    """Remove a session with all that belongs to it; how many items that were."""
    return table(deployment).forget_session(session_id)
