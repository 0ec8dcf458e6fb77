"""Queries of CloudWatch Logs Insights.

Upstream, MiniStack 1.5.33: services/cloudwatch_logs.py, _start_query knows fields, three forms of filter,
sort by @timestamp and limit; it leaves out every other part of a query without a word, finds no fields in
JSON messages, and answers something else than was asked. The fix has queries run by
ops/local_aws/insights.py and refuses those that it does not understand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.local_aws import insights


def install() -> None:
    """Wraps the action."""
    from ministack.core.responses import error_response_json
    from ministack.services import cloudwatch_logs as logs

    inner = logs._start_query

    def start_query(request: Mapping[str, Any]) -> Any:
        try:
            query = insights.parse(request.get("queryString") or "")
        except ValueError as error:
            return error_response_json("MalformedQueryException", str(error), 400)
        before = set(logs._queries)
        # With a query that it understands, for its checks and statistics.
        answer = inner({**request, "queryString": "fields @timestamp"})
        for identifier in set(logs._queries) - before:
            kept = logs._queries[identifier]
            groups = logs._resolve_query_log_groups(request)
            records = logs._collect_query_records(groups, kept["startTime"], kept["endTime"])
            rows = query.run(logs._public_log_record(record) for record in records)
            kept["queryString"] = request["queryString"]
            limit = int(request.get("limit") or insights.MOST_ROWS)
            kept["results"] = [[{"field": name, "value": text} for name, text in row] for row in rows[:limit]]
        return answer

    logs._start_query = start_query
