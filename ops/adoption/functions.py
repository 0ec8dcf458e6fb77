"""Finders of Lambda functions, of who may invoke them, and of the sources that they read."""

from __future__ import annotations

import json
from typing import Any

from ops.adoption.answers import Find, known, missing


def _function(lambda_: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """Name of a function; of one that is there without its tags, somebody else's."""
    names = known(after, "function_name")
    if not names:
        return None
    answer = missing(lambda: lambda_.get_function(FunctionName=names[0]), "ResourceNotFoundException")
    return names[0] if answer and answer.get("Tags", {}) == ours else None


def _permission(lambda_: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """A statement of a function's policy has no tags; it is its function's."""
    names = known(after, "function_name", "statement_id")
    if not names or not _function(lambda_, after, ours):
        return None
    function, statement_id = names
    answer = missing(lambda: lambda_.get_policy(FunctionName=function), "ResourceNotFoundException")
    statements = json.loads(answer["Policy"])["Statement"] if answer else []
    return f"{function}/{statement_id}" if statement_id in [s.get("Sid") for s in statements] else None


def _event_source_mapping(lambda_: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """There is one for a function and its source; AWS names it by an id."""
    names = known(after, "function_name", "event_source_arn")
    if not names:
        return None
    function, source = names
    found = lambda_.list_event_source_mappings(FunctionName=function, EventSourceArn=source)
    for mapping in found["EventSourceMappings"]:
        if _function(lambda_, {"function_name": mapping["FunctionArn"]}, ours):
            return str(mapping["UUID"])
    return None


FINDERS: dict[str, tuple[str, Find]] = {
    "aws_lambda_function": ("lambda", _function),
    "aws_lambda_permission": ("lambda", _permission),
    "aws_lambda_event_source_mapping": ("lambda", _event_source_mapping),
}
