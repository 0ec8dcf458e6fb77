"""fixes/insights_queries.py"""

from __future__ import annotations

import time

from tests.local_aws.cloud import Cloud, refused
from tests.local_aws.log_groups import LogGroup

QUERY = "filter level in ['ERROR', 'CRITICAL'] | stats count(*) as errors by service | sort errors desc"


def _ask(group: LogGroup, query: str) -> list[dict[str, str]]:
    """The rows."""
    now = int(time.time())
    identifier = group.client.start_query(
        logGroupName=group.name, startTime=now - 60, endTime=now + 60, queryString=query
    )["queryId"]
    answer = group.client.get_query_results(queryId=identifier)
    assert answer["status"] == "Complete"
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]


def _write(group: LogGroup) -> None:
    errors = [{"level": "ERROR", "service": name} for name in ("a", "b", "b")]
    group.write(*errors, {"level": "INFO", "service": "a"}, "plain text")


def test_a_query_is_answered_as_it_was_asked(fixed: Cloud) -> None:
    group = LogGroup(fixed)
    _write(group)
    assert _ask(group, QUERY) == [{"service": "b", "errors": "2"}, {"service": "a", "errors": "1"}]
    [row] = _ask(group, "fields @message, @logStream | filter @message like /plain/ | limit 1")
    assert (row["@message"], row["@logStream"], "@ptr" in row) == ("plain text", "stream", True)


def test_a_query_that_is_not_understood_is_refused(fixed: Cloud) -> None:
    group, now = LogGroup(fixed), int(time.time())
    asked = {"logGroupName": group.name, "startTime": now - 60, "endTime": now}
    start = group.client.start_query
    assert refused(start, **asked, queryString="parse @message 'a *' as b") == "MalformedQueryException"


def test_stock_answers_something_else(stock: Cloud) -> None:
    group = LogGroup(stock)
    _write(group)
    assert len(_ask(group, QUERY)) == 5
