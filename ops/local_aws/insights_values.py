"""Values in queries of CloudWatch Logs Insights: how they compare, add up and are written."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Record = dict[str, Any]
Expression = Callable[[Mapping[str, Any]], Any]

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
}


def likeness(left: Expression, kind: str, pattern_text: str) -> Expression:
    """The condition `like` a string or a regular expression."""
    if kind == "regex":
        body, _, flag = pattern_text[1:].rpartition("/")
        pattern = re.compile(body, re.IGNORECASE if flag else 0)
    elif kind == "string":
        pattern = re.compile(re.escape(unquoted(pattern_text)))
    else:
        raise ValueError(f"unexpected symbol found: {pattern_text}")
    return lambda record: (v := left(record)) is not None and pattern.search(as_text(v)) is not None


def compare(sign: str, left: Any, right: Any) -> bool:
    """Compares numbers as numbers; False where either is missing."""
    if left is None or right is None:
        return False
    numbers = as_number(left), as_number(right)
    if None in numbers:
        return COMPARISONS[sign](as_text(left), as_text(right))
    return COMPARISONS[sign](*numbers)


def statistic_of(name: str, rank: float | None, expression: Expression, records: list[Record]) -> Any:
    """A statistic of a group of records. rank: of pct."""
    there = [(record, value) for record in records if (value := expression(record)) is not None]
    if name == "count":
        return len(there)
    if not there:
        return None
    if name in ("latest", "earliest"):
        ordered = sorted(there, key=lambda pair: str(pair[0].get("@timestamp")))
        return ordered[-1 if name == "latest" else 0][1]
    numbers = sorted(number for _, value in there if (number := as_number(value)) is not None)
    if not numbers:
        return None
    if rank is not None:
        return numbers[min(len(numbers) - 1, int(rank / 100 * len(numbers)))]
    return STATISTICS[name](numbers)


def as_number(value: Any) -> float | None:
    """The number that it is or stands for."""
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def sortable(value: Any) -> tuple[int, float, str]:
    """What it is ordered by: missing first, then texts, then numbers."""
    number = as_number(value)
    if value is None:
        return 0, 0.0, ""
    return (1, 0.0, as_text(value)) if number is None else (2, number, "")


def as_text(value: Any) -> str:
    """As answers write it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def unquoted(quoted: str) -> str:
    """A string without its quotation marks."""
    return re.sub(r"\\(.)", r"\1", quoted[1:-1])
