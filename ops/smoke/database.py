"""Promises of the database."""

from __future__ import annotations

import uuid

from functions.shared.table import new_token
from ops.chat import sessions
from ops.smoke import Broken, Promise
from ops.smoke.deployment import Deployment
from ops.smoke.refusals import refused

PATIENCE_S = 10
"""A global secondary index follows its table after a moment."""


def found_again_through_the_index(deployment: Deployment) -> str:
    """Writes a session that expires in 30 days and finds it by its magic link, as the application does."""
    token = new_token()
    session = sessions.table(deployment).create_session(token, f"smoke-{uuid.uuid4()}")
    try:
        if not sessions.visible(deployment, token, PATIENCE_S):
            raise Broken(f"the query by magic link found no session within {PATIENCE_S} seconds")
    finally:
        sessions.forget(deployment, session.session_id)
    return "one session written, found by its magic link"


def scan_is_refused(deployment: Deployment) -> str:
    """The application's role has no permission that its access patterns do not need."""
    table = deployment.outputs["dynamodb_table_name"]
    client = deployment.application("dynamodb")
    return refused("Scan of the whole table", lambda: client.scan(TableName=table, Limit=1))


PROMISES = (
    Promise("database", "An item written is found again through GSI1", found_again_through_the_index),
    Promise("security", "A call without permission is refused", scan_is_refused),
)
