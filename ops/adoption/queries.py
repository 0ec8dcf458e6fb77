"""Finder of saved queries, of which AWS takes a second one of the same name without a word."""

from __future__ import annotations

from typing import Any

from ops.adoption.answers import Find


def _query_definition(logs: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """A saved query has no tags. Its ARN, which the provider imports it by, is in no answer of AWS's."""
    answer = logs.describe_query_definitions(queryDefinitionNamePrefix=after["name"])
    for query in answer["queryDefinitions"]:
        if query["name"] == after["name"]:
            prefix = f"arn:aws:logs:{logs.meta.region_name}:{_account(logs, query)}"
            return f"{prefix}:query-definition:{query['queryDefinitionId']}"
    return None


def _account(logs: Any, query: dict[str, Any]) -> str:
    """The account's number, out of the ARN of a log group that the query is about."""
    for name in query.get("logGroupNames", []):
        for group in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
            return str(group["arn"]).split(":")[4]
    return ""


FINDERS: dict[str, tuple[str, Find]] = {
    "aws_cloudwatch_query_definition": ("logs", _query_definition),
}
