"""Not a fix: what the settings of a WebSocket API's stage do: throttling, the access log and metrics."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.local_aws.fixes.websocket_resources import deployed

VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)")

ACCOUNT_BURST, ACCOUNT_RATE = 5_000, 10_000
"""An account's own limits for one region."""


@dataclass
class _Bucket:
    """Tokens of one route's limit."""

    tokens: float
    filled: float


_buckets: dict[tuple[str, str, str], _Bucket] = {}
_filling = threading.Lock()


@dataclass(frozen=True)
class Stage:
    """A stage of an API, within the account and region of the current request."""

    api_id: str
    name: str

    def exists(self) -> bool:
        """Whether the API has such a stage."""
        return bool(self._settings())

    def deployed(self, kind: str) -> dict[str, Any]:
        """By id, what the stage's deployment has of "routes", "integrations", "authorizers", "responses"."""
        return dict(deployed(self.api_id, self._settings().get("deploymentId")).get(kind) or {})

    def admits(self, route_key: str) -> bool:
        """Takes one request from the limits of a route; False for one too many.

        The limits are those of the route's own settings, or else the stage's default ones. One that is
        left out there is the account's, which nobody reaches here; one that is 0 lets nobody in.
        """
        settings = self._settings()
        own = (settings.get("routeSettings") or {}).get(route_key)
        limits: Mapping[str, Any] = own or settings.get("defaultRouteSettings") or {}
        capacity = float(limits.get("throttlingBurstLimit", ACCOUNT_BURST))
        speed = float(limits.get("throttlingRateLimit", ACCOUNT_RATE))
        if capacity <= 0 or speed <= 0:
            return False
        key, now = (self.api_id, self.name, route_key), time.monotonic()
        with _filling:
            bucket = _buckets.setdefault(key, _Bucket(capacity, now))
            bucket.tokens = min(capacity, bucket.tokens + (now - bucket.filled) * speed)
            bucket.filled = now
            if bucket.tokens < 1:
                return False
            bucket.tokens -= 1
        return True

    def count(self, **values: float) -> None:
        """Adds to metrics of AWS/ApiGateway; latencies are milliseconds, all others counts."""
        from ministack.services import cloudwatch

        dimensions = {"ApiId": self.api_id, "Stage": self.name}
        for name, value in values.items():
            unit = "Milliseconds" if name.endswith("Latency") else "Count"
            cloudwatch.record_metric("AWS/ApiGateway", name, value, unit, dimensions)

    def log(self, context: Mapping[str, Any]) -> None:
        """Writes a line to the access log: `context` by the names of the $context variables."""
        from ministack.core.responses import get_account_id
        from ministack.services import cloudwatch_logs as logs

        wanted = self._settings().get("accessLogSettings") or {}
        destination, form = wanted.get("destinationArn", ""), wanted.get("format", "")
        group = destination.partition(":log-group:")[2].removesuffix(":*")
        if not form or group not in logs._log_groups:
            return
        line = VARIABLE.sub(lambda found: _text(context, found.group(1)), form)
        stream = f"{get_account_id()}_{self.api_id}_{self.name}"
        if stream not in logs._log_groups[group]["streams"]:
            logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
        event = {"timestamp": int(time.time() * 1000), "message": line}
        logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": [event]})

    def _settings(self) -> dict[str, Any]:
        from ministack.services import apigateway

        return dict((apigateway._stages.get(self.api_id) or {}).get(self.name) or {})


def _text(context: Mapping[str, Any], name: str) -> str:
    """A variable as it stands in the log: escaped as within a JSON string, `-` for one without a value."""
    value: Any = context
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return "-" if value is None or value == "" else json.dumps(str(value))[1:-1]


def request_id() -> str:
    """An identifier of a request, in the form of API Gateway's extended ones."""
    return f"{uuid.uuid4().hex[:15]}="
