"""Queries of CloudWatch Logs Insights: fields, display, filter, stats … by, sort, limit.

Syntax as in the CloudWatch Logs User Guide, "CloudWatch Logs Insights language query syntax". Expressions are
fields, aliases, strings, numbers, coalesce() and ispresent(); filters compare with = != < <= > >=,
`in [...]`, `like` a string or /a regular expression/, joined by and, or, not. Statistics are count, sum,
avg, min, max, pct, latest and earliest. Whatever else is refused, so that no part of a query is
silently left out.

A comparison with a field that a record does not have is false.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.local_aws import insights_values as values
from ops.local_aws.insights_values import Expression, Record

Row = list[tuple[str, str]]
Stage = Callable[[list[Record]], list[Record]]

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<regex>/(?:[^/\\]|\\.)+/i?)
    |(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[@A-Za-z_][\w@.-]*|`[^`]+`)|(?P<sign>!=|<=|>=|[=<>(),*|\[\]]))""",
    re.VERBOSE,
)
DEFAULT_FIELDS = ("@timestamp", "@message")
MOST_ROWS = 1000


@dataclass(frozen=True)
class Query:
    """A query that was understood."""

    stages: tuple[Stage, ...]
    shown: tuple[str, ...]
    by_record: bool

    def run(self, records: Iterable[Mapping[str, Any]]) -> list[Row]:
        """The rows. records: with @timestamp, @message, @ptr and the like; fields of JSON are found here."""
        found = [dict(discovered(str(record.get("@message", "")))) | dict(record) for record in records]
        for stage in self.stages:
            found = stage(found)
        names = (*self.shown, "@ptr") if self.by_record else self.shown
        return [
            [(name, values.as_text(one[name])) for name in names if one.get(name) is not None]
            for one in found[:MOST_ROWS]
        ]


def parse(text: str) -> Query:
    """The query; ValueError where it is wrong or not supported."""
    return _Parser(text).query()


def discovered(message: str) -> Iterator[tuple[str, Any]]:
    """Fields of a JSON message, by their paths: `a.b`, `a.0`."""
    if message.lstrip().startswith("{"):
        try:
            yield from _flattened("", json.loads(message))
        except ValueError:
            return


def _flattened(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    pairs = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if pairs is None:
        yield prefix, value
        return
    for name, inner in pairs:
        yield from _flattened(f"{prefix}.{name}" if prefix else str(name), inner)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens, at = [("end", "")], 0
        stripped = text.strip()
        while at < len(stripped):
            token = _TOKEN.match(stripped, at)
            if token is None:
                raise ValueError(f"unexpected symbol found at {stripped[at:]!r}")
            kind = str(token.lastgroup)
            self._tokens.insert(-1, (kind, token.group(kind)))
            at = token.end()
        self._at = 0

    def query(self) -> Query:
        stages: list[Stage] = []
        shown: list[str] = []
        displayed: list[str] = []
        by_record = True
        while True:
            command = self._take("name").lower()
            if command == "fields":
                columns = [self._column() for _ in self._listed()]
                shown += [name for name, _ in columns]
                stages.append(_computing(columns))
            elif command == "display":
                displayed = [self._name() for _ in self._listed()]
            elif command == "filter":
                stages.append(_filtering(self._disjunction()))
            elif command == "stats":
                stage, shown = self._statistics()
                stages.append(stage)
                by_record = False
            elif command == "sort":
                stages.append(self._sorting())
            elif command == "limit":
                stages.append(_limiting(int(self._take("number"))))
            else:
                raise ValueError(f"unexpected symbol found: {command}")
            if not self._skip("|"):
                break
        if self._tokens[self._at][0] != "end":
            raise ValueError(f"unexpected symbol found: {self._tokens[self._at][1]}")
        names = displayed or shown or (list(DEFAULT_FIELDS) if by_record else [])
        return Query(tuple(stages), tuple(dict.fromkeys(names)), by_record)

    def _listed(self) -> Iterator[None]:
        yield
        while self._skip(","):
            yield

    def _column(self) -> tuple[str, Expression]:
        start = self._at
        expression = self._expression()
        written = "".join(text for _, text in self._tokens[start : self._at])
        return (self._name() if self._skip("as") else written.strip("`")), expression

    def _statistics(self) -> tuple[Stage, list[str]]:
        computed = [self._statistic() for _ in self._listed()]
        groups = [self._column() for _ in self._listed()] if self._skip("by") else []

        def stage(records: list[Record]) -> list[Record]:
            found: dict[tuple[Any, ...], list[Record]] = {}
            for record in records:
                found.setdefault(tuple(expression(record) for _, expression in groups), []).append(record)
            return [
                {name: value for (name, _), value in zip(groups, key, strict=True)}
                | {name: statistic(members) for name, statistic in computed}
                for key, members in found.items()
            ]

        return stage, [name for name, _ in (*groups, *computed)]

    def _statistic(self) -> tuple[str, Callable[[list[Record]], Any]]:
        start, name = self._at, self._take("name").lower()
        self._take("sign", "(")
        expression: Expression = (lambda _: 1) if self._skip("*") else self._expression()
        rank = float(self._take("number")) if self._skip(",") else None
        self._take("sign", ")")
        if name not in (*values.STATISTICS, "count", "pct", "latest", "earliest") or (name == "pct") != (
            rank is not None
        ):
            raise ValueError(f"invalid statistic: {name}")
        written = "".join(text for _, text in self._tokens[start : self._at])
        title = self._name() if self._skip("as") else written
        return title, lambda records: values.statistic_of(name, rank, expression, records)

    def _sorting(self) -> Stage:
        keys = []
        for _ in self._listed():
            expression = self._expression()
            descending = self._skip("desc")
            self._skip("asc")
            keys.append((expression, descending))

        def stage(records: list[Record]) -> list[Record]:
            for expression, descending in reversed(keys):
                records = sorted(
                    records, key=lambda one: values.sortable(expression(one)), reverse=descending
                )
            return records

        return stage

    def _disjunction(self) -> Expression:
        parts = [self._conjunction()]
        while self._skip("or"):
            parts.append(self._conjunction())
        return lambda record: any(part(record) for part in parts)

    def _conjunction(self) -> Expression:
        parts = [self._condition()]
        while self._skip("and"):
            parts.append(self._condition())
        return lambda record: all(part(record) for part in parts)

    def _condition(self) -> Expression:
        if self._skip("not"):
            inner = self._condition()
            return lambda record: not inner(record)
        if self._skip("("):
            inner = self._disjunction()
            self._take("sign", ")")
            return inner
        left = self._expression()
        negated = self._skip("not")
        found = self._comparison(left)
        return (lambda record: left(record) is not None and not found(record)) if negated else found

    def _comparison(self, left: Expression) -> Expression:
        if self._skip("in"):
            self._take("sign", "[")
            choices = [self._expression() for _ in self._listed()]
            self._take("sign", "]")
            return lambda record: any(values.compare("=", left(record), choice(record)) for choice in choices)
        if self._skip("like"):
            return values.likeness(left, *self._next())
        kind, sign = self._tokens[self._at]
        if kind != "sign" or sign not in values.COMPARISONS:
            return lambda record: bool(left(record))  # ispresent(x)
        self._at += 1
        right = self._expression()
        return lambda record: values.compare(sign, left(record), right(record))

    def _expression(self) -> Expression:
        kind, text = self._next()
        if kind == "number":
            number = float(text)
            return lambda _: number
        if kind == "string":
            value = values.unquoted(text)
            return lambda _: value
        if kind != "name":
            raise ValueError(f"unexpected symbol found: {text or 'end of query'}")
        if not self._skip("("):
            name = text.strip("`")
            return lambda record: record.get(name)
        arguments = [self._expression() for _ in self._listed()]
        self._take("sign", ")")
        if text.lower() == "coalesce":
            return lambda record: next((v for one in arguments if (v := one(record)) is not None), None)
        if text.lower() == "ispresent" and len(arguments) == 1:
            return lambda record: arguments[0](record) is not None
        raise ValueError(f"invalid function: {text}")

    def _name(self) -> str:
        return self._take("name").strip("`")

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _skip(self, word: str) -> bool:
        kind, text = self._tokens[self._at]
        found = kind in ("name", "sign") and text.lower() == word
        self._at += found
        return found

    def _take(self, kind: str, text: str | None = None) -> str:
        found, value = self._next()
        if found != kind or text not in (None, value):
            raise ValueError(f"unexpected symbol found: {value or 'end of query'}")
        return value


def _computing(columns: Sequence[tuple[str, Expression]]) -> Stage:
    return lambda records: [
        record | {name: expression(record) for name, expression in columns} for record in records
    ]


def _limiting(count: int) -> Stage:
    return lambda records: records[:count]


def _filtering(condition: Expression) -> Stage:
    return lambda records: [record for record in records if condition(record)]
