"""Where two values of a resource differ: what only an apply knows, what is marked, types, and many."""

from __future__ import annotations

from typing import Any

import pytest

from ops.plans import differences, document
from ops.plans.differences import Difference, Side
from ops.plans.document import Order, ResourceChange
from tests.support.plans.builders import change, plan
from tests.support.plans.cases import CASES


def changed(before: Any, after: Any, **more: Any) -> ResourceChange:
    (found,) = document.read(plan(change("a_b.c", "update", before, after, **more))).changes
    return found


def told(before: Any, after: Any, **more: Any) -> list[tuple[str, Any, Any, bool]]:
    return [(d.where, d.before, d.after, d.unknown) for d in differences.of(changed(before, after, **more))]


class TestUnknown:
    def test_beside_a_known_difference_in_the_same_attribute(self) -> None:
        """A key that is not there yet is no key that goes."""
        found = told(
            {"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "9"}}, after_unknown={"tags": {"b": True}}
        )
        assert found == [("tags.a", "1", "9", False), ("tags.b", "2", None, True)]

    def test_in_a_block(self) -> None:
        found = told(
            {"rule": [{"name": "x", "arn": "old", "n": 1}]},
            {"rule": [{"name": "x", "n": 2}]},
            after_unknown={"rule": [{"arn": True}]},
        )
        assert found == [("rule.x.n", 1, 2, False), ("rule.x.arn", "old", None, True)]

    def test_a_block_that_is_known_to_be_the_same_but_for_that(self) -> None:
        found = told({"r": [{"n": 1, "arn": None}]}, {"r": [{"n": 1}]}, after_unknown={"r": [{"arn": True}]})
        assert found == [("r[0].arn", None, None, True)]

    def test_a_member_of_a_set(self) -> None:
        assert told({"s": ["a", "b"]}, {"s": ["a", None]}, after_unknown={"s": [False, True]}) == [
            ("s", ["a", "b"], ["a", None], True)
        ]

    def test_marks_of_what_is_known_are_none(self) -> None:
        assert (
            told(
                {"s": ["a"], "m": {"k": 1}},
                {"s": ["a"], "m": {"k": 1}},
                after_unknown={"s": [False], "m": {}},
            )
            == []
        )

    def test_it_comes_last(self) -> None:
        found = told({"a": 1, "z": 1}, {"z": 2}, after_unknown={"a": True})
        assert [where for where, *_ in found] == ["z", "a"]

    def test_what_is_sensitive_is_not_shown_before_either(self) -> None:
        found = told({"p": "old"}, {}, after_unknown={"p": True}, after_sensitive={"p": True})
        assert found == [("p", "(sensitive)", None, True)]

    def test_no_value_that_becomes_unknown_is_a_difference_in_every_way(self) -> None:
        one = changed({"a": None}, {}, after_unknown={"a": True})
        assert differences.of(one, none_is_none=True) == [Difference(("a",), None, None, unknown=True)]


class TestSensitive:
    def test_a_resource_that_is_marked_as_a_whole(self) -> None:
        found = differences.of(changed({"a": "x", "b": "y"}, {"a": "z", "b": "y"}, before_sensitive=True))
        assert [(d.where, d.before, d.after, d.sensitive) for d in found] == [
            ("a", "(sensitive)", "(sensitive)", True)
        ]

    def test_a_mark_on_one_side_of_a_list(self) -> None:
        marks = {"after_sensitive": {"l": [False, True]}}
        assert told({"l": ["a", "b"]}, {"l": ["a", "c"]}, **marks) == [
            ("l", ["a", "(sensitive)"], ["a", "(sensitive)"], False)
        ]

    @pytest.mark.parametrize(
        "values",
        [
            ({"password": "aaaa"}, {"password": "bbbb"}),
            ({"m": {"api_key": "aaaa"}}, {"m": {"api_key": "bbbb"}}),
        ],
    )
    def test_what_is_called_a_secret_where_nothing_but_that_differs(self, values: tuple[Any, Any]) -> None:
        ((_, before, after, _),) = told(*values)
        assert (before, after) == ("(looks like a secret)", "(looks like a secret)")

    def test_a_text_that_is_json_is_looked_into_when_it_comes_or_goes(self) -> None:
        ((_, before, after, _),) = told({"d": '{"password": "a\\"b", "user": "u"}'}, {"d": None})
        assert (before, after) == ('{"password": "(looks like a secret)", "user": "u"}', None)


class TestTypes:
    @pytest.mark.parametrize(
        ("before", "after"), [(1, True), (0, False), ("1", 1), ([1], [True]), ({"a": 1}, {"a": True})]
    )
    def test_one_is_not_true(self, before: Any, after: Any) -> None:
        assert len(told({"v": before}, {"v": after})) == 1
        assert not differences.same(before, after)

    @pytest.mark.parametrize("value", [1, 1.0, True, None, "a", [1, {"b": [None]}], {"a": {"b": False}}])
    def test_a_value_is_itself(self, value: Any) -> None:
        assert differences.same(value, value)
        assert told({"v": value}, {"v": value}) == []

    def test_zero_is_a_value_and_false_may_be_none(self) -> None:
        assert differences.of(changed({"v": 0}, {"v": None}), none_is_none=True) != []
        assert differences.of(changed({"v": False}, {"v": None}), none_is_none=True) == []


def test_thousands_of_blocks_without_names_are_told_apart() -> None:
    """By pairs this would be 25 million comparisons of blocks."""
    before = [{"port": number, "cidr": ["a", number]} for number in range(5_000)]
    found = told({"ingress": before}, {"ingress": [*before[1:], {"port": -1, "cidr": []}]})
    assert found == [
        ("ingress[0].port", 0, -1, False),
        ("ingress[0].cidr", ["a", 0], [], False),
    ]


def test_any_two_objects() -> None:
    found = differences.between(Side({"a": [1], "b": 2}), Side({"a": [1], "b": 3}))
    assert [(one.where, one.before, one.after) for one in found] == [("b", 2, 3)]


@pytest.mark.parametrize(
    ("case", "action", "order"),
    [
        ("replace, destroy first", "replace", Order.DESTROY_FIRST),
        ("replace, create first", "replace", Order.CREATE_FIRST),
        ("replace and forget", "replace", Order.CREATE_AND_FORGET),
        ("update", "update", Order.NONE),
        ("forget", "forget", Order.NONE),
    ],
)
def test_the_order_of_a_replacement(case: str, action: str, order: Order) -> None:
    (found,) = document.read(CASES[case]).changes
    assert (found.action, found.order) == (action, order)


@pytest.mark.parametrize(
    ("case", "expected"),
    [("move", ["move"]), ("import", ["import"]), ("no changes", []), ("read", []), ("forget", ["forget"])],
)
def test_what_an_apply_touches(case: str, expected: list[str]) -> None:
    assert [one.word for one in document.read(CASES[case]).to_do] == expected


def test_the_rest_of_a_plan() -> None:
    found = document.read(CASES["deferred"])
    assert [(one.change.address, one.reason) for one in found.deferred] == [
        ("aws_dynamodb_table.later[*]", "provider_config_unknown")
    ]
    assert not found.complete
    assert document.read(CASES["errored"]).errored
    (check,) = document.read(CASES["check"]).checks
    assert (check.address, check.status, check.problems) == ("check.health", "fail", ("not healthy",))
    old = document.read({"resource_changes": []})  # a Terraform that does not write the newer fields
    assert (old.errored, old.complete, old.deferred) == (False, True, ())
