"""How many items of which kind a table has: what was lost and what came back is seen by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from functions.shared import keys
from ops.aws import aws_errors

PAGE_EVERY = 20
"""Pages (1 MB each) between two reports of progress."""


def kind(hash_key: str, range_key: str) -> str:
    """What an item is, by its keys; see docs/data-model.md."""
    if hash_key.startswith(keys.SESSION):
        return _kind_in_session(range_key)
    if hash_key.startswith(keys.CONNECTION):
        return "connection"
    return "idempotency" if hash_key.startswith(keys.ONCE) else "other"


def _kind_in_session(range_key: str) -> str:
    if range_key.startswith(keys.MESSAGE):
        return "answer" if range_key.endswith(keys.ANSWER) else "message"
    if range_key.startswith(keys.SPECIFICATION):
        return "specification"
    return {keys.META: "session", keys.SUBMISSION: "submission"}.get(range_key, "other")


def count(
    dynamodb: Any, table: str, on_progress: Callable[[int], None] = lambda items: None
) -> dict[str, int]:
    """Items of the table by kind. Reads it all (half a read unit for 4 KB); holds one page in memory."""
    found: Counter[str] = Counter()
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ProjectionExpression="#hash, #range",
        ExpressionAttributeNames={"#hash": "PK", "#range": "SK"},
    )
    with aws_errors(f"counting the items of {table}"):
        for number, page in enumerate(pages, 1):
            found.update(kind(item["PK"]["S"], item["SK"]["S"]) for item in page["Items"])
            if number % PAGE_EVERY == 0:
                on_progress(found.total())
    return dict(found)


def compared(before: dict[str, int], after: dict[str, int]) -> list[tuple[str, int, int]]:
    """Kind, items in the one, items in the other; the sum last."""
    kinds = sorted({*before, *after})
    rows = [(name, before.get(name, 0), after.get(name, 0)) for name in kinds]
    return [*rows, ("all", sum(before.values()), sum(after.values()))]
