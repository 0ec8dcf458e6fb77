"""The route `$disconnect`: best effort, API Gateway may not call it (trap 39), `expiresAt` does the rest."""

from __future__ import annotations

from functools import cache
from typing import Any

from functions.disconnect.settings import Settings
from functions.shared import frames, logs
from functions.shared.settings import load
from functions.shared.table import Table

log = logs.logger("disconnect")


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Forget the connection. An answer that is under way goes on: the client may come back for it."""
    request = event["requestContext"]
    if request["eventType"] == "MESSAGE":
        # A client's frame with this route's name as its action: its connection stays.
        return frames.reply(frames.unknown_action())
    connection_id = request["connectionId"]
    try:
        _table().delete_connection(connection_id)
    except Exception:
        log.exception("the connection could not be forgotten")
        return {"statusCode": 500}
    log.info("disconnected", connection_id=connection_id)
    return {"statusCode": 200}


@cache
def _table() -> Table:
    return Table(load(Settings).table_name)
