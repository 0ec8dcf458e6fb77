"""A log group that tests write to."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.local_aws.cloud import Cloud, unique

STREAM = "stream"


class LogGroup:
    """A new group with one stream."""

    def __init__(self, cloud: Cloud) -> None:
        self.client, self.name = cloud.client("logs"), unique("/test/group")
        self.client.create_log_group(logGroupName=self.name)
        self.client.create_log_stream(logGroupName=self.name, logStreamName=STREAM)

    def write(self, *events: str | dict[str, Any], age_s: float = 0) -> None:
        """Adds events, dictionaries as JSON."""
        texts = [event if isinstance(event, str) else json.dumps(event) for event in events]
        when = round((time.time() - age_s) * 1000)
        self.client.put_log_events(
            logGroupName=self.name,
            logStreamName=STREAM,
            logEvents=[{"timestamp": when, "message": text} for text in texts],
        )
