"""What is in the log groups of a local AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ops.local_aws.instance import LocalAws

WORDS = (
    *('"ERROR"', '"CRITICAL"', "Traceback", "Unhandled", "Task timed out", "Runtime exited"),
    "Internal server error",
)
"""In whatever log group: an error that nobody handled, as the runtime, Lambda or API Gateway tells of it."""
PAGE = 10_000
"""Of FilterLogEvents. The local AWS gives no token for the next one."""


def groups(aws: LocalAws) -> list[str]:
    """All there are, the account's and those that a function made for itself too."""
    pages = aws.client("logs").get_paginator("describe_log_groups").paginate()
    return [group["logGroupName"] for page in pages for group in page["logGroups"]]


def events(aws: LocalAws, group: str, since_ms: int = 0) -> Iterator[str]:
    """The messages, oldest first."""
    logs, last = aws.client("logs"), set[str]()
    while True:
        page = logs.filter_log_events(logGroupName=group, startTime=since_ms, limit=PAGE)["events"]
        # The next page begins with the last millisecond of this one, whose events come again.
        yield from (event["message"] for event in page if event["eventId"] not in last)
        if len(page) < PAGE:
            return
        assert page[-1]["timestamp"] > since_ms, "a page of one millisecond"
        since_ms = page[-1]["timestamp"]
        last = {event["eventId"] for event in page if event["timestamp"] == since_ms}


def unhandled(aws: LocalAws, environment: str, since_ms: int) -> list[str]:
    """Lines of all log groups of an environment that tell of an error, each behind its group."""
    found = []
    for group in groups(aws):
        if not group.startswith("/spec-wizard/") or group.startswith(f"/spec-wizard/{environment}/"):
            found += [f"{group}: {line}" for line in events(aws, group, since_ms) if _tells(group, line)]
    return found


def _tells(group: str, line: str) -> bool:
    if group.startswith("/aws/apigateway/") or group.endswith("/errors"):
        return True  # the one is written at level ERROR only, the other has copies of errors
    if any(word in line for word in WORDS):
        return True
    try:
        said = json.loads(line)
    except ValueError:
        return False
    if group.endswith("/websocket-access"):
        return _failed(said, "status") or _failed(said, "integrationStatus")
    return bool(said.get("type") == "platform.report" and said["record"]["status"] != "success")


def _failed(line: dict[str, Any], name: str) -> bool:
    """Whether there is a status, and it is one of a server's failure."""
    return str(line[name]).isdigit() and int(line[name]) >= 500


def rows(aws: LocalAws, query: dict[str, Any], since_s: int, end_s: int) -> list[dict[str, str]]:
    """What a saved query finds, as DescribeQueryDefinitions has it."""
    logs = aws.client("logs")
    identifier = logs.start_query(
        logGroupNames=query["logGroupNames"],
        queryString=query["queryString"],
        startTime=since_s,
        endTime=end_s,
    )["queryId"]
    answer = logs.get_query_results(queryId=identifier)
    assert answer["status"] == "Complete", (query["name"], answer["status"])
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
