"""IAM's documents in one form: what IAM takes for the same must not look different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SETS = ("Action", "NotAction", "Resource", "NotResource")
PRINCIPALS = ("Principal", "NotPrincipal")


def canonical(document: Any) -> Any:
    """The document; a policy with lists where IAM takes a single value for a list of one, and in one order.

    Source: IAM user guide, "Grammar of the IAM JSON policy language".
    """
    if not isinstance(document, Mapping) or "Statement" not in document:
        return document
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return {**document, "Statement": [_statement(one) for one in listed]}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, Mapping):
        return statement
    return {key: _part(key, value) for key, value in statement.items()}


def _part(key: str, value: Any) -> Any:
    if key in SETS:
        return _set(value)
    if key in PRINCIPALS and isinstance(value, Mapping):
        return {kind: _set(members) for kind, members in value.items()}
    if key == "Condition" and isinstance(value, Mapping):
        return {
            operator: {name: _set(values) for name, values in tests.items()}
            if isinstance(tests, Mapping)
            else tests
            for operator, tests in value.items()
        }
    return value


def _set(value: Any) -> list[str]:
    """Booleans and numbers are texts to IAM."""
    members = value if isinstance(value, list) else [value]
    return sorted(str(member).lower() if isinstance(member, bool) else str(member) for member in members)
