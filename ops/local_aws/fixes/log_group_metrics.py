"""What log groups take in, as a metric.

Upstream, MiniStack 1.5.33: services/cloudwatch_logs.py, _put_log_events reports nothing to CloudWatch. The
fix stores AWS/Logs IncomingLogEvents and IncomingBytes, by LogGroupName and for the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXTRA_BYTES = 26
"""What an event costs beside its text (quotas of CloudWatch Logs)."""


def install() -> None:
    """Wraps what stores log events."""
    from ministack.services import cloudwatch
    from ministack.services import cloudwatch_logs as logs

    inner = logs._put_log_events

    def put_log_events(request: Mapping[str, Any]) -> Any:
        answer = inner(request)
        events = request.get("logEvents") or []
        if answer[0] == 200 and events:
            size = sum(len(event["message"].encode()) + EXTRA_BYTES for event in events)
            for dimensions in ({"LogGroupName": request["logGroupName"]}, {}):
                cloudwatch.record_metric("AWS/Logs", "IncomingLogEvents", len(events), "None", dimensions)
                cloudwatch.record_metric("AWS/Logs", "IncomingBytes", size, "Bytes", dimensions)
        return answer

    logs._put_log_events = put_log_events
