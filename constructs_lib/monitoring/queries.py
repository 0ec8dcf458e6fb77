"""Saved queries of CloudWatch Logs Insights: what one asks after an alarm.

The fields are those of Powertools' logger, of its metrics (a value is a list there, hence `.0`), and of the
access log of the WebSocket API.
"""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib.monitoring.subjects import Subjects
from environments import naming

RECENT_ERRORS = (
    "fields @timestamp, service, message, errorMessage, @message | sort @timestamp desc | limit 20"
)
"""Of the log group of errors. An exception that no handler caught is written by Lambda itself: its text is in
errorMessage, and there is no `service`."""


@dataclass(frozen=True)
class Query:
    """A saved query over some log groups."""

    id: str
    log_groups: tuple[str, ...]
    text: str


def queries(subjects: Subjects) -> list[Query]:
    """All of an environment; ids are unique."""
    application = (subjects.application_log_group,)
    access = (naming.log_group(subjects.environment, "websocket-access"),)
    return [
        Query(
            "errors-by-function",
            application,
            "filter level in ['ERROR', 'CRITICAL']\n"
            "| stats count(*) as errors, latest(@timestamp) as last,"
            " latest(coalesce(message, errorMessage)) as example by coalesce(service, '-') as function\n"
            "| sort errors desc",
        ),
        Query(
            "slow-answers",
            application,
            "fields @timestamp, @logStream, FirstDeltaMilliseconds.0 as milliseconds\n"
            "| filter milliseconds > 3000\n"
            "| sort milliseconds desc\n"
            "| limit 50",
        ),
        Query(
            "refused-connections",
            access,
            "filter routeKey = '$connect' and status >= 400\n"
            "| stats count(*) as refused, latest(@timestamp) as last by status, ip\n"
            "| sort refused desc\n"
            "| limit 50",
        ),
        Query(
            "top-routes",
            access,
            "stats count(*) as requests, pct(integrationLatency, 95) as p95_ms by routeKey, status\n"
            "| sort requests desc",
        ),
    ]
