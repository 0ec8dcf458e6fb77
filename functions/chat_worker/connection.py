"""Posting frames to a connection of the WebSocket API (@connections)."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.chat_worker.clock import Clock
from functions.shared import frames, logs

log = logs.logger("chat_worker")

THROTTLED = {"LimitExceededException", "TooManyRequestsException", "ThrottlingException"}
PAUSES_S = (0.1, 0.2, 0.4, 0.8)
"""Before each further attempt to post what API Gateway did not take for want of capacity."""


class Gone(Exception):
    """The connection is closed."""


class Unreachable(Exception):
    """API Gateway did not take the frame; the text is its error code. The connection may be alive."""


class Connections:
    """client: of the API Gateway Management API, at the stage's address.

    Posting returns when API Gateway has the frame: whoever waits for it reads no faster from the model than
    the client takes it. botocore posts again where the answer to a post is lost, so a frame may come twice.
    """

    def __init__(self, client: Any, clock: Clock) -> None:
        self._client, self._clock = client, clock

    def post(self, connection_id: str, frame: frames.Frame) -> None:
        """Send one frame. Gone, Unreachable."""
        data = frames.encode(frame).encode()
        for pause in (*PAUSES_S, None):
            try:
                self._client.post_to_connection(ConnectionId=connection_id, Data=data)
                return
            except ClientError as error:
                code = error.response["Error"]["Code"]
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if code == "GoneException" or status == 410:
                    raise Gone(connection_id) from None
                if code not in THROTTLED or pause is None:
                    log.warning("a frame was not taken", code=code)
                    raise Unreachable(code) from None
                self._clock.sleep(pause)
            except BotoCoreError as error:
                log.warning("a frame was not taken", code=type(error).__name__)
                raise Unreachable(type(error).__name__) from None
