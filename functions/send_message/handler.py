"""The routes `sendMessage` and `$default`: what is returned here is the reply to the client (trap 42).

It only takes the message: the answer would outlast the 29 seconds that API Gateway waits (trap 39). Protocol:
docs/chat.md.
"""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

from botocore.exceptions import ClientError
from ulid import ULID

from functions.send_message.settings import Settings
from functions.shared import clients, frames, logs
from functions.shared.frames import Ask, Cancel, Frame, Refusal
from functions.shared.settings import load
from functions.shared.table import Session, Table

log = logs.logger("send_message")

THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ThrottlingException",
}


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a message or a cancellation; whatever else comes gets an error frame."""
    request = frames.parse(event.get("body"), time.time(), binary=bool(event.get("isBase64Encoded")))
    if isinstance(request, Refusal):
        log.info("refused", code=request.code)
        return frames.reply(request.frame())
    if isinstance(request, Ask) and request.message_id is None:
        # Made here, so that the error frame below has it: sent again with it, nothing is asked twice.
        request = Ask(request.text, str(ULID()))
    try:
        return frames.reply(_answer(request, event["requestContext"]))
    except Exception as failure:
        log.exception("the frame could not be handled", message_id=request.message_id)
        return frames.reply(_failed(failure, request.message_id), status=500)


def _answer(request: Ask | Cancel, place: dict[str, Any]) -> Frame:
    session = _table().session(place["authorizer"]["sessionId"])
    if session is None or session.state != "active":
        return frames.error("sessionEnded", "The session has ended.", request.message_id)
    if isinstance(request, Cancel):
        return _cancel(request, session)
    return _ask(request, session, place["connectionId"])


def _ask(request: Ask, session: Session, connection_id: str) -> Frame:
    """Store the message, then queue it: one that is stored and not queued is sent again by its client.

    One that was answered long ago is queued, too: the worker replays its answer to this connection.
    """
    message_id = str(request.message_id)
    _table().add_message(session, message_id, request.text, connection_id)
    job = {"sessionId": session.session_id, "messageId": message_id, "connectionId": connection_id}
    clients.client("sqs").send_message(QueueUrl=_settings().jobs_queue_url, MessageBody=json.dumps(job))
    log.info("accepted", session_id=session.session_id, message_id=message_id, connection_id=connection_id)
    return frames.accepted(message_id)


def _cancel(request: Cancel, session: Session) -> Frame:
    """The worker looks at the message once a second, and ends its answer with `done`."""
    if not _table().request_cancel(session.session_id, request.message_id):
        return frames.error("badRequest", "There is no such message.", request.message_id)
    log.info("to be cancelled", session_id=session.session_id, message_id=request.message_id)
    return frames.accepted(request.message_id)


def _failed(failure: Exception, message_id: str | None) -> Frame:
    code = failure.response["Error"]["Code"] if isinstance(failure, ClientError) else ""
    if code in THROTTLED:
        return frames.error("busy", "Too much at once; send it again in a moment.", message_id)
    return frames.error("internal", "That failed on our side; send it again.", message_id)


@cache
def _settings() -> Settings:
    return load(Settings)


@cache
def _table() -> Table:
    return Table(_settings().table_name)
