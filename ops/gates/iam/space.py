"""Statements as boxes in a space of requests, and what of a policy is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ops.gates.iam import conditions, patterns
from ops.gates.iam.patterns import Classes, TooComplex
from ops.gates.iam.statements import ALLOW, DENY, Element, Statement, Test

PRINCIPAL, ACTION, RESOURCE = range(3)
MOST_BOXES = 5_000

Box = tuple[int, ...]
"""For each dimension the classes that are in it; each request lies in one class of each."""


@dataclass(frozen=True)
class Grown:
    """A statement of which something is new: boxes of requests that it newly allows, or no longer denies."""

    statement: Statement
    boxes: tuple[Box, ...]


class Space:
    """The requests that these statements tell apart. Raises TooComplex."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        listed = list(dict.fromkeys(statements))
        self._classes = (
            _classes(PRINCIPAL, [statement.principals for statement in listed]),
            _classes(ACTION, [statement.actions for statement in listed]),
            _classes(RESOURCE, [statement.resources for statement in listed]),
        )
        keys: dict[str, set[Test]] = {}
        for test in (test for statement in listed for test in statement.tests):
            keys.setdefault(test.key, set()).add(test)
        self._keys: dict[str | Test, conditions.Places] = {}
        for key, tests in sorted(keys.items()):
            ordered = sorted(tests, key=str)
            try:
                self._keys[key] = conditions.places(ordered)
            except conditions.NotComparable:
                self._keys |= {test: conditions.Alone() for test in ordered}

    def box(self, statement: Statement) -> Box:
        """Where a statement applies."""
        elements = (statement.principals, statement.actions, statement.resources)
        first = [self.classes(place, element) for place, element in enumerate(elements)]
        asked = {key: places.everything for key, places in self._keys.items()}
        for test in statement.tests:
            key = test.key if test.key in self._keys else test
            asked[key] &= self._keys[key].passing(test)
        return (*first, *asked.values())

    def classes(self, place: int, element: Element) -> int:
        """The classes of an element; place: PRINCIPAL, ACTION or RESOURCE."""
        classes = self._classes[place]
        mask = classes.of(_pattern(place, value) for value in element.values)
        return classes.everything & ~mask if element.negated else mask


def _classes(place: int, elements: Iterable[Element]) -> Classes:
    return classes_of(place, tuple(sorted({value for element in elements for value in element.values})))


@lru_cache(maxsize=256)
def classes_of(place: int, values: tuple[str, ...]) -> Classes:
    """The same principals and actions come in many policies."""
    within = "*:*" if place == ACTION else "*"
    return Classes((_pattern(place, value) for value in values), patterns.glob(within))


def _pattern(place: int, value: str) -> patterns.Pattern:
    """Actions are the same in upper and lower case."""
    return patterns.glob(value, fold=place == ACTION)


def newly_allowed(
    space: Space,
    before: Sequence[Statement],
    after: Sequence[Statement],
    of: Sequence[Statement] | None = None,
) -> list[Grown]:
    """The Allow statements that reach further than all that was allowed. Raises TooComplex.

    of: only these of `after` are asked about. That a Deny stands in the way no longer is for the other one.
    """
    old = set(before)
    without = [space.box(one) for one in after if one.effect == DENY]
    without += [space.box(one) for one in before if one.effect == ALLOW]
    asked = dict.fromkeys(after if of is None else of)
    return _grown(space, (one for one in asked if one.effect == ALLOW and one not in old), without)


def no_longer_denied(
    space: Space,
    before: Sequence[Statement],
    after: Sequence[Statement],
    of: Sequence[Statement] | None = None,
) -> list[Grown]:
    """The Deny statements that are gone or narrower, whatever this policy itself allows: others may.

    of: only these of `before` are asked about. Raises TooComplex.
    """
    new = set(after)
    without = [space.box(one) for one in after if one.effect == DENY]
    asked = dict.fromkeys(before if of is None else of)
    return _grown(space, (one for one in asked if one.effect == DENY and one not in new), without)


def _grown(space: Space, statements: Iterable[Statement], without: Sequence[Box]) -> list[Grown]:
    found = ((one, outside(space.box(one), without)) for one in statements)
    return [Grown(one, tuple(boxes)) for one, boxes in found if boxes]


def outside(box: Box, others: Iterable[Box]) -> list[Box]:
    """What of a box is in none of the others, as boxes without overlap. Raises TooComplex."""
    left = [box] if all(box) else []
    for other in others:
        left = [rest for one in left for rest in _without(one, other)]
        if len(left) > MOST_BOXES:
            raise TooComplex
    return left


def _without(box: Box, other: Box) -> Iterable[Box]:
    shared = tuple(mine & theirs for mine, theirs in zip(box, other, strict=True))
    if not all(shared):
        yield box
        return
    for place, theirs in enumerate(other):
        if rest := box[place] & ~theirs:
            yield (*shared[:place], rest, *box[place + 1 :])
