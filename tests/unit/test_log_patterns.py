"""ops/local_aws/log_patterns.py"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.local_aws.log_patterns import compile_pattern, matches, select

EVENT: dict[str, Any] = {
    "eventType": "UpdateTrail",
    "eventSource": "kms.amazonaws.com",
    "sourceIPAddress": "111.111.111.111",
    "errorCode": None,
    "latency": 75.5,
    "attempts": 3,
    "status": "404",
    "mfa": False,
    "root": True,
    "userIdentity": {"type": "Root", "session-name": "me"},
    "objectList": [{"name": "a", "size": 1}, {"name": "b", "size": 20}],
    "cluster.name": "c",
}

MATCHING = [
    '{ $.eventType = "UpdateTrail" }',
    "{$.eventType=UpdateTrail}",
    '{ $.eventType = "Update*" }',
    '{ $.eventType = "*Trail" }',
    '{ $.eventType = "U*Tr*l" }',
    "{ ($.eventSource = kms.amazonaws.com) && (($.eventType=DisableKey)||($.eventType=UpdateTrail)) }",
    "{ $.sourceIPAddress != 123.123.* }",
    '{ $.eventType != "DeleteTrail" }',
    "{ $.latency > 75 }",
    "{ $.latency <= 75.5 }",
    "{ $.attempts = 3 }",
    "{ $.attempts != 4 }",
    "{ $.attempts >= 3 && $.attempts < 4 }",
    "{ $.latency = 7* }",
    "{ $.errorCode IS NULL }",
    "{ $.missing NOT EXISTS }",
    "{ $.mfa IS FALSE }",
    "{ $.root IS TRUE }",
    '{ $.userIdentity.session-name = "me" }',
    '{ $.objectList[1].name = "b" }',
    "{ $.objectList[*].size > 10 }",
    '{ $["cluster.name"] = "c" }',
    "{ $.['cluster.name'] = c }",
    '{ $.status = "4*" }',
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "Aws" }',
    '{ $.eventType = "UpdateTrail" || $.eventType = "x" && $.latency = 0 }',
]

OTHERS = [
    '{ $.eventType = "updateTrail" }',
    '{ $.eventType = "Update" }',
    '{ $.missing = "*" }',
    '{ $.missing != "x" }',
    "{ $.missing IS NULL }",
    "{ $.eventType NOT EXISTS }",
    "{ $.errorCode NOT EXISTS }",
    '{ $.attempts = "3" }',
    "{ $.status = 404 }",
    "{ $.status > 400 }",
    "{ $.root = 1 }",
    "{ $.root IS FALSE }",
    '{ $.objectList[2].name = "b" }',
    '{ $.eventType[0] = "U" }',
    "{ $.objectList[*].size > 20 }",
    '{ ($.eventType = "UpdateTrail" || $.eventType = "x") && $.latency = 0 }',
]


@pytest.mark.parametrize("pattern", MATCHING)
def test_a_json_pattern_matches(pattern: str) -> None:
    assert matches(pattern, json.dumps(EVENT))


@pytest.mark.parametrize("pattern", OTHERS)
def test_a_json_pattern_does_not_match(pattern: str) -> None:
    assert not matches(pattern, json.dumps(EVENT))


@pytest.mark.parametrize("message", ["", "text", "[1]", '"{}"', '{"eventType": "UpdateTrail"', "{}"])
def test_what_is_not_a_json_object_with_the_field_does_not_match(message: str) -> None:
    assert not matches('{ $.eventType = "*" }', message)


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ("ERROR", "[ERROR 400] BAD REQUEST", True),
        ("ERROR", '{"level":"ERROR"}', True),
        ("ERROR", "error", False),
        ("ERROR", "ERRORS", False),
        ("ERROR REQUEST", "[ERROR 400] BAD REQUEST", True),
        ("ERROR FATAL", "[ERROR 400] BAD REQUEST", False),
        ("ERROR -BAD", "[ERROR 400] BAD REQUEST", False),
        ("ERROR -GOOD", "[ERROR 400] BAD REQUEST", True),
        ("?FATAL ?BAD", "[ERROR 400] BAD REQUEST", True),
        ("?FATAL ?WARN", "[ERROR 400] BAD REQUEST", False),
        ('"BAD REQUEST"', "[ERROR 400] BAD REQUEST", True),
        ('"400] BAD"', "[ERROR 400] BAD REQUEST", True),
        ('"REQUEST BAD"', "[ERROR 400] BAD REQUEST", False),
        ('"say \\"a\\""', 'they say "a"', True),
        ('-"400]"', "[ERROR 400] BAD REQUEST", False),
    ],
)
def test_a_pattern_of_terms(pattern: str, message: str, expected: bool) -> None:
    assert matches(pattern, message) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.a }",
        "{ $.a = }",
        "{ $.a = 1",
        "{ ($.a = 1 }",
        "{ $.a = 1) }",
        "{ $.a = 1 && }",
        "{ $.a = 1 $.b = 2 }",
        "{ $.a ~ 1 }",
        "{ $.a > x }",
        '{ $.a >= "1" }',
        "{ $.a IS EMPTY }",
        "{ a = 1 }",
        "{ $.a = %b% }",
        "{ }",
        "[a, b]",
        "%ERROR%",
        "a-b",
        "ERROR ?WARN",
        '"open',
    ],
)
def test_a_wrong_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"nvalid|supported|Optional"):
        compile_pattern(pattern)


def test_a_selector_gives_the_values() -> None:
    assert select("$.objectList[*].size", EVENT) == [1, 20]
    assert select("$.objectList[0].name", EVENT) == ["a"]
    assert select("$.errorCode", EVENT) == [None]
    assert select("$.a.b", EVENT) == []
    with pytest.raises(ValueError, match="selector"):
        select("a.b", EVENT)


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,8}", fullmatch=True)


@given(NAMES, NAMES, st.text(st.characters(exclude_characters="*", exclude_categories=["Cs"]), max_size=20))
def test_every_string_equals_itself_and_not_its_extension(outer: str, inner: str, value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    pattern = f'{{ $.{outer}.{inner} = "{escaped}" }}'
    assert matches(pattern, json.dumps({outer: {inner: value}}))
    assert not matches(pattern, json.dumps({outer: {inner: value + "x"}}))
    assert not matches(pattern.replace(" = ", " != ", 1), json.dumps({outer: {inner: value}}))


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_ordered_as_numbers(value: float, bound: float) -> None:
    message = json.dumps({"v": value})
    found = [matches(f"{{ $.v {sign} {bound!r} }}", message) for sign in (">", ">=", "<", "<=", "=", "!=")]
    assert found == [
        value > bound,
        value >= bound,
        value < bound,
        value <= bound,
        value == bound,
        value != bound,
    ]


@given(st.lists(st.booleans(), min_size=3, max_size=3))
def test_and_binds_more_tightly_than_or(values: list[bool]) -> None:
    a, b, c = values
    message = json.dumps(dict(zip("abc", values, strict=True)))
    terms = [f"$.{name} IS TRUE" for name in "abc"]
    assert matches(f"{{ {terms[0]} || {terms[1]} && {terms[2]} }}", message) is (a or (b and c))
    assert matches(f"{{ ({terms[0]} || {terms[1]}) && {terms[2]} }}", message) is ((a or b) and c)


@given(st.text(max_size=60))
def test_any_text_is_a_pattern_or_a_value_error(text: str) -> None:
    try:
        compile_pattern(text)("message")
    except ValueError:
        return
