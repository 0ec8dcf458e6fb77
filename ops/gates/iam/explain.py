"""What is new in a policy, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from ops.gates.iam import actions
from ops.gates.iam.space import ACTION, PRINCIPAL, RESOURCE, Box, Grown, Space
from ops.gates.iam.statements import ALLOW, Element, Statement, listed, shown

NAMES = {PRINCIPAL: "principal", ACTION: "action", RESOURCE: "resource"}
STARS = {PRINCIPAL: "* (anybody)", ACTION: "* (every action)", RESOURCE: "* (anything)"}


def allowed(space: Space, grown: Grown, before: Sequence[Statement]) -> tuple[str, ...]:
    """What is new in an Allow statement, and the whole of the new access."""
    if arn := grown.statement.attached:
        return (f"managed policy {shown(arn)} is newly attached",)
    old = [(one, space.box(one)) for one in before if one.effect == ALLOW]
    reasons = [*_new_values(space, grown, old)] or [_why_else(grown, old)]
    if not old:
        reasons = ["is new, where nothing was allowed"]
    return (
        *(f"{_name(grown.statement)}: {reason}" for reason in reasons),
        f"  newly allowed: {access(space, grown)}",
    )


def denied(space: Space, grown: Grown) -> tuple[str, ...]:
    """What a Deny statement no longer forbids."""
    return (f"{_name(grown.statement)}: no longer denied: {access(space, grown)}",)


def _name(statement: Statement) -> str:
    kind = statement.effect
    return f"{kind} {statement.sid}" if statement.sid else f"{kind} without Sid"


def _new_values(space: Space, grown: Grown, old: Sequence[tuple[Statement, Box]]) -> Iterator[str]:
    """Values that reach where no statement reached before."""
    for place, element in enumerate(_elements(grown.statement)):
        seen = reduce(or_, (box[place] for _, box in old), 0)
        if not reduce(or_, (box[place] for box in grown.boxes)) & ~seen:
            continue
        if element.negated:
            yield f"new {NAMES[place]}: {_written(place, element)}"
            continue
        for value in sorted(element.values):
            if _reached(space, grown, place, value) & ~seen:
                kind = _kind(value, old) if place == ACTION and value != "*" else ""
                yield f"new {NAMES[place]}: {STARS[place] if value == '*' else shown(value)}{kind}"


def _kind(action: str, old: Sequence[tuple[Statement, Box]]) -> str:
    """In brackets: which kind of access it is, and whether it is the first to its service."""
    service = action.partition(":")[0].lower()
    had = {
        kind
        for statement, _ in old
        for other in statement.actions.values
        if not statement.actions.negated and other.partition(":")[0].lower() in (service, "*")
        for kind in actions.kinds(other)
    }
    found = actions.kinds(action)
    told = "every kind" if found == actions.EVERY_KIND else " or ".join(sorted(found))
    return f" ({told})" if found <= had else f" ({told}: a new kind of access to {service})"


def _why_else(grown: Grown, old: Sequence[tuple[Statement, Box]]) -> str:
    """All its values are known: then a condition is looser, or they are combined anew."""
    new = grown.statement
    same = [
        statement
        for statement, box in old
        if all(mine & theirs for mine, theirs in zip(grown.boxes[0][:3], box[:3], strict=True))
    ]
    if not same:
        return "allows together what was only allowed apart"
    nearest = max(same, key=lambda one: (one.sid == new.sid, len(one.tests & new.tests)))
    lost, gained = nearest.tests - new.tests, new.tests - nearest.tests
    was, now = ("; ".join(sorted(map(_test, tests))) for tests in (lost, gained))
    if lost and gained:
        return f"condition changed from {was} to {now}"
    if lost:
        return f"condition removed: {was}"
    return "a Deny no longer takes from it" if not gained else "allows together what was only allowed apart"


def _test(test: object) -> str:
    return shown(str(test))


def access(space: Space, grown: Grown) -> str:
    """What a statement newly allows, or no longer denies: only the values that have to do with that."""
    return _told(
        grown.statement,
        *(
            element
            if element.negated
            else Element(
                frozenset(v for v in element.values if _reached(space, grown, place, v)), negated=False
            )
            for place, element in enumerate(_elements(grown.statement))
        ),
    )


def whole(statement: Statement) -> str:
    """All that a statement is about."""
    return _told(statement, *_elements(statement))


def _told(statement: Statement, principals: Element, action: Element, resources: Element) -> str:
    text = _written(ACTION, action)
    if where := _written(RESOURCE, resources):
        text += f" on {where}"
    if who := _written(PRINCIPAL, principals):
        text += f" for {who}"
    if statement.tests:
        text += " if " + "; ".join(sorted(map(_test, statement.tests)))
    return text


def _reached(space: Space, grown: Grown, place: int, value: str) -> int:
    mask = space.classes(place, Element(frozenset({value}), negated=False))
    return mask & reduce(or_, (box[place] for box in grown.boxes))


def _written(place: int, element: Element) -> str:
    """Such as `everything but s3:GetObject`; "" for a principal or resource that the policy does not name."""
    if element.negated:
        if not element.values:
            return STARS[place] if place == ACTION else ""
        return f"every {NAMES[place]} but {listed(element.values)}"
    return listed(element.values)


def _elements(statement: Statement) -> tuple[Element, Element, Element]:
    return statement.principals, statement.actions, statement.resources
