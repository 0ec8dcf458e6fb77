"""The route `$connect`, after the authorizer: a status other than 200 refuses the connection."""

from __future__ import annotations

from functools import cache
from typing import Any

from functions.connect.settings import Settings
from functions.shared import frames, logs
from functions.shared.settings import load
from functions.shared.table import Table

log = logs.logger("connect")


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Note the connection and whose it is."""
    request = event["requestContext"]
    if request["eventType"] == "MESSAGE":
        # A client's frame with this route's name as its action.
        return frames.reply(frames.unknown_action())
    try:
        connection_id, session_id = request["connectionId"], request["authorizer"]["sessionId"]
        _table().put_connection(connection_id, session_id)
    except Exception:
        log.exception("the connection could not be noted")
        return {"statusCode": 500}
    log.info("connected", connection_id=connection_id, session_id=session_id)
    return {"statusCode": 200}


@cache
def _table() -> Table:
    return Table(load(Settings).table_name)
