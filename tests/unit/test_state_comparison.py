"""What differs between two states, with what is sensitive masked on both sides."""

from __future__ import annotations

from typing import Any

from ops.state import comparison
from ops.state.comparison import ABSENT, Difference
from ops.state.document import parse
from ops.state.masking import MASK
from tests.support.states import resource, text


def compare(before: bytes, after: bytes) -> comparison.Comparison:
    return comparison.compare(parse(before), parse(after))


def one(**attributes: Any) -> bytes:
    return text(resource("thing", "x", attributes))


def changes(before: bytes, after: bytes) -> list[tuple[str, str, str]]:
    return [(d.path, d.before, d.after) for d in compare(before, after).changed.get("thing.x", ())]


def test_resources_that_came_and_went_are_counted() -> None:
    old = text(resource("a", "x", {"id": "1"}), resource("a", "y", {"id": "2"}))
    new = text(resource("a", "y", {"id": "3"}), resource("b", "z", {"id": "4"}), serial=2)
    found = compare(old, new)
    assert (found.added, found.removed) == (("b.z",), ("a.x",))
    assert found.changed == {"a.y": (Difference("id", '"2"', '"3"'),)}
    assert found.delta() == "+1 -1 ~1"


def test_a_higher_serial_alone_is_no_difference() -> None:
    found = compare(text(serial=1), text(serial=2))
    assert found.empty
    assert found.delta() == "="


def test_attributes_are_named_by_their_path() -> None:
    old = one(tags={"Name": "a", "k.l": "b"}, rule=[{"id": 1}, {"id": 2}], gone="x", null=None)
    new = one(tags={"Name": "c", "k.l": "d"}, rule=[{"id": 1}, {"id": 3}, {"id": 4}], null=False)
    assert changes(old, new) == [
        ("gone", '"x"', ABSENT),
        ("null", "null", "false"),
        ("rule[1].id", "2", "3"),
        ("rule[2]", ABSENT, '{"id": 4}'),
        ("tags.Name", '"a"', '"c"'),
        ('tags["k.l"]', '"b"', '"d"'),
    ]


def test_a_secret_that_changed_is_told_but_not_shown() -> None:
    assert changes(one(password="a"), one(password="b")) == [("password", MASK, MASK)]
    assert changes(one(password="a"), one()) == [("password", MASK, ABSENT)]
    marked = {
        "attributes": {"v": {"a": ["old"]}},
        "sensitive_attributes": [[{"type": "get_attr", "value": "v"}]],
    }
    assert changes(text(resource("thing", "x", marked)), one(v={"a": ["new"]})) == [("v", MASK, MASK)]
    assert changes(one(v={"a": ["new"]}), text(resource("thing", "x", marked))) == [("v", MASK, MASK)]
    keys = [f"key sk-{letter * 20}" for letter in "ab"]
    assert changes(one(v=keys[0]), one(v=keys[1])) == [("v", f'"key {MASK}"', f'"key {MASK}"')]


def test_a_secret_inside_of_what_is_new_stays_masked() -> None:
    assert changes(one(), one(v=[{"password": "p", "name": "n"}])) == [
        ("v", ABSENT, f'[{{"password": "{MASK}", "name": "n"}}]')
    ]


def test_outputs_are_compared_too() -> None:
    found = compare(text(a="1", b="2"), text(a="1", b="3", c="4"))
    assert found.outputs == (Difference("b", '"2"', '"3"'), Difference("c", ABSENT, '"4"'))
    assert found.delta() == "outputs"
