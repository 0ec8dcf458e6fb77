"""What CloudWatch Logs sends to a subscriber.

Source: CloudWatch Logs user guide, "Subscription filters with Lambda".
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any, NamedTuple


class LogEvent(NamedTuple):
    """timestamp: milliseconds since 1970."""

    timestamp: int
    message: str


@dataclass(frozen=True)
class Payload:
    """Events of one log stream."""

    stream: str
    events: tuple[LogEvent, ...]


def read(event: dict[str, Any]) -> Payload | None:
    """The events; None: a control message, by which CloudWatch Logs tries whether it may send."""
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    if data["messageType"] != "DATA_MESSAGE":
        return None
    return Payload(
        stream=data["logStream"],
        events=tuple(LogEvent(item["timestamp"], item["message"]) for item in data["logEvents"]),
    )
