"""ops/local_aws/insights.py"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.local_aws.insights import parse


def _ask(query: str, *documents: dict[str, Any] | str) -> list[dict[str, str]]:
    """Rows without their pointers."""
    records = [
        {
            "@timestamp": f"2026-01-01 00:00:{number:02}.000",
            "@message": document if isinstance(document, str) else json.dumps(document),
            "@ptr": str(number),
        }
        for number, document in enumerate(documents)
    ]
    return [{name: text for name, text in row if name != "@ptr"} for row in parse(query).run(records)]


ROUTES = [
    {"routeKey": "$connect", "status": "403", "ip": "1", "latency": 10},
    {"routeKey": "$connect", "status": 200, "ip": "2", "latency": 20},
    {"routeKey": "sendMessage", "status": 200, "latency": 30},
    {"routeKey": "$connect", "status": "500", "ip": "1", "latency": 40},
]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("routeKey = '$connect' and status >= 400", [10, 40]),
        ('routeKey = "$connect" and not (status >= 400)', [20]),
        ("routeKey != '$connect' or status = 500", [30, 40]),
        ("status in [200, 500]", [20, 30, 40]),
        ("status not in [200, 500]", [10]),
        ("routeKey like 'send'", [30]),
        ("routeKey like /^SEND/i", [30]),
        ("routeKey not like /connect/", [30]),
        ("ispresent(ip)", [10, 20, 40]),
        ("ip != '1'", [20]),
        ("@message like /sendMessage/", [30]),
    ],
)
def test_a_filter(condition: str, expected: list[int]) -> None:
    rows = _ask(f"fields latency | filter {condition}", *ROUTES)
    assert [int(row["latency"]) for row in rows] == expected


def test_statistics_by_groups() -> None:
    query = (
        "filter routeKey = '$connect' and status >= 400"
        " | stats count(*) as refused, latest(@timestamp) as last by ip | sort refused desc | limit 1"
    )
    assert _ask(query, *ROUTES) == [{"ip": "1", "refused": "2", "last": "2026-01-01 00:00:03.000"}]


def test_every_statistic() -> None:
    query = (
        "stats count(ip) as c, sum(latency) as s, avg(latency) as a, min(latency), max(latency) as m,"
        " pct(latency, 50) as p, earliest(status) as e"
    )
    [row] = _ask(query, *ROUTES)
    assert row == {"c": "3", "s": "100", "a": "25", "min(latency)": "10", "m": "40", "p": "30", "e": "403"}


def test_aliases_and_coalesce_can_be_used_later() -> None:
    query = (
        "fields @timestamp, coalesce(service, '-') as function, FirstDelta.0 as milliseconds"
        " | filter milliseconds > 3000 | sort milliseconds desc | display function, milliseconds"
    )
    rows = _ask(query, {"FirstDelta": [4000], "service": "a"}, {"FirstDelta": [5000.5]}, {"FirstDelta": [1]})
    assert rows == [
        {"function": "-", "milliseconds": "5000.5"},
        {"function": "a", "milliseconds": "4000"},
    ]


def test_without_fields_time_and_message_are_shown() -> None:
    assert _ask("limit 1", "text", "more") == [{"@timestamp": "2026-01-01 00:00:00.000", "@message": "text"}]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "fields",
        "fields a |",
        "filter",
        "filter a = ",
        "filter a ~ 1",
        "filter a in [1",
        "filter (a = 1",
        "stats median(a)",
        "stats pct(a)",
        "stats count(*) by bin(5m)",
        "parse @message '*' as a",
        "fields strlen(a)",
        "limit x",
        "fields a b",
    ],
)
def test_what_is_not_understood_is_an_error(query: str) -> None:
    with pytest.raises(ValueError, match=r"unexpected|invalid"):
        parse(query)


@given(st.text(max_size=40))
def test_any_text_is_a_query_or_an_error(text: str) -> None:
    try:
        parse(text)
    except ValueError:
        return
