"""Which differences between environments' stacks no configuration explains."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ops.parity.allowances import ALLOWANCES, PRESENCE, Allowance
from ops.parity.configuration import Names
from ops.parity.differences import ParityDifference
from ops.plans import differences as plan_differences
from ops.plans.document import ResourceChange
from ops.plans.synthesized import Synthesized

Json = Mapping[str, Any]
WIDTH = 80
"""Characters of one value before it is cut."""


@dataclass(frozen=True)
class Explained:
    """A difference between two environments, and the allowance whose key explains it."""

    path: str
    attribute: str
    environments: tuple[str, str]
    allowance: Allowance


@dataclass(frozen=True)
class Comparison:
    """differences: what nothing explains; explained: the rest, for each pair of environments."""

    differences: tuple[ParityDifference, ...]
    explained: tuple[Explained, ...]


@dataclass(frozen=True)
class _Found:
    path: str
    type: str
    attribute: str
    one: str
    other: str
    values: tuple[Any, Any]
    """What each has; for PRESENCE whether it has it."""


def differences(
    stacks: Mapping[str, Synthesized | Json], configurations: Mapping[str, Mapping[str, Any]]
) -> tuple[ParityDifference, ...]:
    """What differs between these environments and no difference of their configurations explains.

    stacks: by environment, read or as the JSON of cdk.tf.json. configurations: of the same environments, by
    key, as `configuration.flat` gives them.
    """
    return compare(stacks, configurations).differences


def compare(
    stacks: Mapping[str, Synthesized | Json],
    configurations: Mapping[str, Mapping[str, Any]],
    allowances: Sequence[Allowance] = ALLOWANCES,
) -> Comparison:
    """As `differences`, with what is explained beside it."""
    names = {name: Names({"environment": name, **configurations[name]}) for name in stacks}
    bodies = {name: _bodies(stack, names[name]) for name, stack in stacks.items()}
    settings = {name: names[name].settings(configurations[name]) for name in stacks}
    unexplained: list[_Found] = []
    explained: list[Explained] = []
    for one, other in combinations(bodies, 2):
        for found in _between(one, bodies[one], other, bodies[other]):
            allowance = next(
                (
                    allowance
                    for allowance in allowances
                    if allowance.explains(found.path, found.attribute, settings[one], settings[other])
                ),
                None,
            )
            if allowance:
                explained.append(Explained(found.path, found.attribute, (one, other), allowance))
            else:
                unexplained.append(found)
    return Comparison(tuple(_told(unexplained, list(bodies))), tuple(explained))


def _bodies(stack: Synthesized | Json, names: Names) -> dict[tuple[str, str], Json]:
    """(construct path without the environment, type) -> attributes without names."""
    if isinstance(stack, Synthesized):
        resources = {address: (address.partition(".")[0], body) for address, body in stack.bodies.items()}
    else:
        resources = {
            f"{type_}.{name}": (type_, body)
            for type_, named in stack.get("resource", {}).items()
            for name, body in named.items()
        }
    found = {}
    for address, (type_, body) in resources.items():
        path = body.get("//", {}).get("metadata", {}).get("path", address)
        attributes = {"lifecycle": {}} | {key: value for key, value in body.items() if key != "//"}
        found[names.taken_out(path.partition("/")[2] or path), type_] = names.taken_out(attributes)
    return found


def _between(
    one: str, ones: Mapping[tuple[str, str], Json], other: str, others: Mapping[tuple[str, str], Json]
) -> Iterator[_Found]:
    for identity in sorted(ones.keys() | others.keys()):
        path, type_ = identity
        here, there = ones.get(identity), others.get(identity)
        if here is None or there is None:
            yield _Found(path, type_, PRESENCE, one, other, (here is not None, there is not None))
        else:
            for difference in plan_differences.of(_as_change(path, type_, here, there)):
                values = difference.before, difference.after
                yield _Found(path, type_, difference.where, one, other, values)


def _as_change(path: str, type_: str, before: Json, after: Json) -> ResourceChange:
    """Two bodies as the change from one to the other, for whose differences there is code already."""
    return ResourceChange(
        address=path,
        type=type_,
        name="",
        mode="managed",
        actions=("update",),
        action_reason="",
        replace_paths=(),
        before=before,
        after=after,
        after_unknown={},
        before_sensitive={},
        after_sensitive={},
        importing=False,
        previous_address="",
        deposed="",
    )


def _told(found: Sequence[_Found], order: Sequence[str]) -> Iterator[ParityDifference]:
    """One for each place, whichever pairs of environments differ in it."""
    places: dict[tuple[str, str, str], list[_Found]] = defaultdict(list)
    for one in found:
        places[one.path, one.type, one.attribute].append(one)
    for (path, type_, attribute), pairs in sorted(places.items()):
        values: dict[str, Any] = {}
        for pair in pairs:
            values |= {pair.one: pair.values[0], pair.other: pair.values[1]}
        names = tuple(name for name in order if name in values)
        if attribute == PRESENCE:
            having = tuple(name for name in names if values[name])
            lacking = tuple(name for name in names if not values[name])
            has = "has" if len(having) == 1 else "have"
            what = f"{_listed(having)} {has} this {type_}, {_listed(lacking)} not"
            yield ParityDifference(path, what, names, having, lacking)
        else:
            told = ", ".join(f"{_shown(values[name])} in {name}" for name in names)
            yield ParityDifference(path, f"{attribute} is {told}", names)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)


def _shown(value: Any) -> str:
    text = "not set" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
