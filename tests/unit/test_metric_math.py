"""ops/local_aws/fixes/metric_math.py"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.local_aws.fixes import metric_math

VALUES = {"a": 6.0, "b": 3.0, "zero": 0.0, "none": None}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a+b*2", 12.0),
        ("(a-b)/b", 1.0),
        ("-a", -6.0),
        ("100*b/a", 50.0),
        ("a/zero", None),
        ("a+none", None),
        ("FILL(none, 0)+a", 6.0),
        ("FILL(a,0)", 6.0),
        ("100*a/IF(b>0,b,1)", 200.0),
        ("100*a/IF(zero>0,zero,1)", 600.0),
        ("IF(none>0,1,2)", None),
        ("a>b", 1.0),
        ("a<=b", 0.0),
        ("a>b AND zero==1", 0.0),
        ("a>b || zero==1", 1.0),
        ("NOT a", 0.0),
        ("none AND a", None),
        ("SUM([a,b])", 9.0),
        ("SUM([a,none])", 6.0),
        ("MAX([a,b,none])", 6.0),
        ("MIN([a,b])", 3.0),
        ("AVG([a,b])", 4.5),
        ("SUM([none,none])", None),
        ("SUM(METRICS())", 9.0),
        ("SUM(FILL(METRICS(),1))", 10.0),
        ("ABS(b-a)", 3.0),
        ("1", 1.0),
    ],
)
def test_an_expression_has_a_value(expression: str, expected: float | None) -> None:
    assert metric_math.evaluate(expression, VALUES.__getitem__, ["a", "b", "none"]) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "a+",
        "a**b",
        "a if b else 1",
        "a<b<1",
        "RATE(a)",
        "SUM(a)",
        "FILL(a)",
        "FILL(a,b+1)",
        "IF(a,b)",
        "a.b",
        "'text'",
        "__import__('os')",
        "lambda: 1",
        "IF(a,b,c=1)",
    ],
)
def test_what_is_not_known_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"Error in expression|Not supported|needs"):
        metric_math.parse(expression)


@pytest.mark.parametrize("expression", ["[a,b]", "METRICS()", "[a,b]+1"])
def test_more_than_one_series_is_no_result(expression: str) -> None:
    with pytest.raises(ValueError, match=r"time series|array"):
        metric_math.evaluate(expression, VALUES.__getitem__, ["a", "b"])


def test_names_are_those_of_metrics_only() -> None:
    assert metric_math.names("100*SUM([FILL(a,0),b])/IF(c>0,c,1)") == {"a", "b", "c"}


@given(st.text(max_size=30))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        metric_math.parse(text)
    except ValueError:
        return
