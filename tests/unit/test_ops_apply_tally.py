"""What an apply has done of its plan: counted from Terraform's events, told at its end however it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.deployment.tally import NAMED, Tally
from ops.plans.synthesized import Synthesized
from ops.terraform import Change, Plan

CODE = Synthesized({"t.a": {"//": {"metadata": {"path": "dev/x/a"}}}})


def plan_of(changes: dict[str, tuple[str, ...]], outputs: tuple[str, ...] = (), **marked: str) -> Plan:
    """marked: the address that is imported, or moved."""
    made = (
        Change(
            address,
            "t",
            actions,
            {},
            importing=address == marked.get("importing"),
            moved=address == marked.get("moved"),
        )
        for address, actions in changes.items()
    )
    return Plan(Path("x"), tuple(made), outputs)


def event(kind: str, address: str, action: str) -> dict[str, Any]:
    return {"type": kind, "hook": {"resource": {"addr": address}, "action": action, "elapsed_seconds": 1}}


def summary(**counts: Any) -> dict[str, Any]:
    """As Terraform tells it when all is done."""
    return {
        "type": "change_summary",
        "changes": {"add": 0, "change": 0, "import": 0, "remove": 0, "operation": "apply"} | counts,
    }


def told(plan: Plan, *events: dict[str, Any]) -> Tally:
    tally = Tally(plan, CODE)
    for one in events:
        tally.on_event(one)
    return tally


def done(address: str, *actions: str) -> list[dict[str, Any]]:
    return [event(kind, address, action) for action in actions for kind in ("apply_start", "apply_complete")]


PLAN = plan_of(
    {
        "t.a": ("create",),
        "t.b": ("update",),
        "t.c": ("delete", "create"),
        "t.d": ("create", "delete"),
        "t.e": ("delete",),
        "t.f": ("forget",),
        "t.g": ("no-op",),
        "t.h": ("no-op",),
        "t.i": ("create", "forget"),
    },
    ("url",),
    importing="t.g",
    moved="t.h",
)
ALL = [
    *done("t.a", "create"),
    *done("t.b", "update"),
    *done("t.c", "delete", "create"),
    *done("t.d", "create", "delete"),
    *done("t.e", "delete"),
    *done("t.i", "create"),
]


def test_when_all_is_done_each_kind_is_counted() -> None:
    tally = told(PLAN, *ALL, summary(add=4, change=1, remove=3, **{"import": 1}))
    assert tally.told() == (
        "Applied: 1 imported, 2 added, 1 changed, 2 replaced, 1 destroyed, 1 moved, 2 forgotten, "
        "1 output changed."
    )
    assert tally.as_json() == {
        "complete": True,
        "total": 8,
        "done": 8,
        "imported": 1,
        "added": 2,
        "changed": 1,
        "replaced": 2,
        "destroyed": 1,
        "moved": 1,
        "forgotten": 2,
        "not_done": [],
    }


def test_what_came_to_nothing_is_not_left() -> None:
    """Terraform plans an update for values it does not know, which may turn out to be the old ones."""
    tally = told(plan_of({"t.a": ("create",), "t.b": ("update",)}), *done("t.a", "create"), summary(add=1))
    assert (tally.told(), tally.not_done()) == ("Applied: 1 added.", [])
    assert told(plan_of({"t.b": ("update",)}), summary()).told() == "Applied: nothing had to be changed."


def test_where_it_fails_what_is_left_is_named_with_its_construct() -> None:
    tally = told(
        plan_of({"t.a": ("create",), "t.b": ("update",), "t.c": ("delete", "create"), "t.d": ("forget",)}),
        *done("t.b", "update"),
        *done("t.c", "delete"),
        event("apply_start", "t.a", "create"),
        event("apply_errored", "t.a", "create"),
    )
    assert tally.told() == "2 of 4 done. Not done:\n  - dev/x/a  t.a (create)\n  - t.c (create)"
    found = tally.as_json()
    assert found["not_done"] == [
        {"address": "t.a", "action": "create", "construct_path": "dev/x/a"},
        {"address": "t.c", "action": "create", "construct_path": ""},
    ]
    assert {name: found[name] for name in ("complete", "done", "changed", "destroyed")} == {
        "complete": False,
        "done": 2,
        "changed": 1,
        "destroyed": 1,
    }
    assert not found.keys() & {"forgotten", "replaced", "added"}


@pytest.mark.parametrize(("count", "more"), [(NAMED, ""), (NAMED + 3, "\n  … and 3 more")])
def test_the_list_is_bounded(count: int, more: str) -> None:
    left = {f"t.x{number}": ("create",) for number in range(count)}
    tally = told(plan_of(left), event("apply_start", "t.x0", "create"))
    assert tally.told().startswith(f"0 of {count} done. Not done:\n  - t.x0 (create)\n")
    assert tally.told().endswith(f"t.x{NAMED - 1} (create){more}")
    assert len(tally.as_json()["not_done"]) == count


def test_where_it_did_not_begin_the_plan_is_not_listed_again() -> None:
    """As where somebody else holds the lock."""
    tally = told(plan_of({"t.a": ("create",)}), {"type": "version"}, {"type": "diagnostic", "diagnostic": {}})
    assert tally.told() == "0 of 1 done."


def test_a_deposed_object_and_its_successor_have_one_address() -> None:
    changes = (Change("t.a", "t", ("update",), {}, False), Change("t.a", "t", ("delete",), {}, False))
    tally = told(Plan(Path("x"), changes, ()), *done("t.a", "delete"))
    assert [one.action for one in tally.not_done()] == ["update"]


def test_the_summary_of_the_plan_is_none_of_the_apply() -> None:
    tally = told(plan_of({"t.a": ("create",)}), summary(add=1, operation="plan"))
    assert not tally.complete
