"""The comparison of policies against a plain evaluator that asks every request of a small world."""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ops.gates.iam import statements
from ops.gates.iam.patterns import Classes, glob
from ops.gates.iam.space import Space, newly_allowed, no_longer_denied

Policy = list[dict[str, Any]]

PRINCIPALS = ("AWS:a", "AWS:b", "Service:a", "Service:b")
ACTIONS = (
    "s:Get",
    "s:GetAll",
    "s:GetOne",
    "s:Put",
    "s:Tag",
    "t:Get",
    "t:Put",
    "u:Get",
    "s:a:Get",
    "s:Get:Get",
)
RESOURCES = ("r", "r/1", "r/2", "r/22", "r/21", "q", "p", "1")
KEYS: dict[str, tuple[Any, ...]] = {
    "org": (None, "x", "y", "xx", "zz", "z"),
    "tls": (None, "0.5", "1", "1.5", "2", "3"),
    "ip": (None, "10.0.0.1", "10.0.1.1", "10.1.0.1", "11.0.0.1", "::1"),
    "tags": tuple(
        chosen for count in range(6) for chosen in itertools.combinations(("x", "y", "xx", "zz", "z"), count)
    ),
}
"""Whatever the patterns below can tell apart is among them, and what none of them names."""


def requests(keys: set[str]) -> Iterator[tuple[Any, ...]]:
    """All of the small world; only the keys that are asked for have several values."""
    choices = [values if key in keys else values[:1] for key, values in KEYS.items()]
    for principal, action, resource in itertools.product(PRINCIPALS, ACTIONS, RESOURCES):
        for values in itertools.product(*choices):
            yield principal, action, resource, *values


@cache
def fits(pattern: str, text: str) -> bool:
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL))


def fits_folded(pattern: str, text: str) -> bool:
    return fits(pattern.lower(), text.lower())


@cache
def in_network(network: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network)


TESTS = {
    "StringEquals": lambda wanted, is_: wanted == is_,
    "StringLike": fits,
    "NumericLessThan": lambda wanted, is_: float(is_) < float(wanted),
    "NumericGreaterThanEquals": lambda wanted, is_: float(is_) >= float(wanted),
    "NumericEquals": lambda wanted, is_: float(is_) == float(wanted),
    "IpAddress": in_network,
}


def passes(operator: str, values: list[str], is_: Any) -> bool:
    """One line of a condition, by the user guide's words and not by the code under test."""
    set_of, _, name = operator.rpartition(":")
    bare = name.removesuffix("IfExists")
    if bare == "Null":
        return str(is_ is None or is_ == ()).lower() in values
    negated = "Not" in bare
    test = TESTS[bare.replace("Not", "")]

    def holds(one: str) -> bool:
        return any(test(value, one) for value in values) != negated

    if set_of:
        return (any if set_of == "ForAnyValue" else all)(holds(one) for one in is_)
    if is_ is None:
        return negated or name.endswith("IfExists")
    return holds(is_)


def of_element(statement: dict[str, Any], name: str, texts: tuple[str, ...], fit: Any) -> set[Any]:
    """The texts that an element lets pass."""
    if name in statement:
        return {text for text in texts if any(fit(one, text) for one in statement[name])}
    return {text for text in texts if not any(fit(one, text) for one in statement[f"Not{name}"])}


def of_principals(statement: dict[str, Any]) -> set[Any]:
    (name,) = {"Principal", "NotPrincipal"} & set(statement)
    names = {f"{kind}:{one}" for kind, names in statement[name].items() for one in names}
    return {one for one in PRINCIPALS if (one in names or "AWS:*" in names) == (name == "Principal")}


def of_key(statement: dict[str, Any], key: str) -> set[Any]:
    asked = [
        (operator, lines[key]) for operator, lines in statement.get("Condition", {}).items() if key in lines
    ]
    return {
        value for value in KEYS[key] if all(passes(operator, values, value) for operator, values in asked)
    }


def passing(statement: dict[str, Any]) -> tuple[set[Any], ...]:
    """What a statement is about, element by element and key by key: all of them have to fit a request."""
    return (
        of_principals(statement),
        of_element(statement, "Action", ACTIONS, fits_folded),
        of_element(statement, "Resource", RESOURCES, fits),
        *(of_key(statement, key) for key in KEYS),
    )


def keys_of(policy: Policy) -> set[str]:
    return {key for one in policy for lines in one.get("Condition", {}).values() for key in lines}


def verdict(policy: list[tuple[str, tuple[set[Any], ...]]], request: tuple[Any, ...]) -> str:
    found = ""
    for effect, sets in policy:
        if all(value in values for value, values in zip(request, sets, strict=True)):
            if effect == "Deny":
                return effect
            found = effect
    return found


def truly_broader(before: Policy, after: Policy) -> bool:
    olds, news = ([(one["Effect"], passing(one)) for one in policy] for policy in (before, after))
    for request in requests(keys_of(before) | keys_of(after)):
        old, new = verdict(olds, request), verdict(news, request)
        if (new == "Allow" and old != "Allow") or (old == "Deny" and new != "Deny"):
            return True
    return False


def broader(before: Policy, after: Policy) -> bool:
    old, new = (statements.of({"Version": "2012-10-17", "Statement": policy}) for policy in (before, after))
    space = Space([*old, *new])
    return bool(newly_allowed(space, old, new) or no_longer_denied(space, old, new))


def some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


def lines(key: str, operators: tuple[str, ...], values: st.SearchStrategy[list[str]]) -> Any:
    return st.dictionaries(
        st.sampled_from(operators), values.map(lambda one: {key: one}), min_size=1, max_size=2
    )


EXACT, LIKE = ("Equals", "NotEquals", "EqualsIfExists"), ("Like", "NotLike", "LikeIfExists")
SETS = ("ForAnyValue", "ForAllValues")
conditions = st.one_of(
    st.just({}),
    lines("org", tuple(f"String{one}" for one in EXACT), some("x", "y", "xx")),
    lines("org", tuple(f"String{one}" for one in LIKE), some("x*", "?", "*", "y")),
    lines("tags", tuple(f"{one}:String{two}" for one in SETS for two in EXACT), some("x", "y")),
    lines("tags", tuple(f"{one}:String{two}" for one in SETS for two in LIKE), some("x*", "?")),
    lines("tls", ("NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"), some("1", "2")),
    lines("ip", ("IpAddress", "NotIpAddress"), some("10.0.0.0/24", "10.0.0.0/16", "10.0.0.0/8")),
    lines("org", ("Null",), st.sampled_from((["true"], ["false"]))),
    st.builds(
        lambda one, two: one | two,
        lines("org", ("StringEquals",), some("x", "y")),
        lines("ip", ("IpAddress",), some("10.0.0.0/16", "10.0.0.0/24")),
    ),
)
ACTION_PATTERNS = ("s:Get", "s:Get*", "S:get?ll", "s:*", "*", "t:Get", "s:Put", "*:Get")
RESOURCE_PATTERNS = ("r", "r/*", "r/1", "*", "r/?", "q", "*1")
actions = some(*ACTION_PATTERNS)
resources = some(*RESOURCE_PATTERNS)
principals = st.fixed_dictionaries({"AWS": some("a", "b", "*")}, optional={"Service": some("a")})


@st.composite
def statement(draw: st.DrawFn) -> dict[str, Any]:
    negation = st.sampled_from(("", "", "", "Not"))
    found: dict[str, Any] = {"Effect": draw(st.sampled_from(("Allow", "Allow", "Deny")))}
    for name, values in (("Principal", principals), ("Action", actions), ("Resource", resources)):
        found[draw(negation) + name] = draw(values)
    condition = draw(conditions)
    return found | ({"Condition": condition} if condition else {})


policies = st.lists(statement(), min_size=0, max_size=4)


@st.composite
def changed_policies(draw: st.DrawFn) -> tuple[Policy, Policy]:
    """Two that have much in common, as those of a plan have."""
    before = draw(policies)
    after = [dict(one) for one in before]
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(("add", "drop", "condition", "element")))
        if kind == "add" or not after:
            after.append(draw(statement()))
        elif kind == "drop":
            after.pop(draw(st.integers(0, len(after) - 1)))
        else:
            place, other = draw(st.integers(0, len(after) - 1)), draw(statement())
            name = "Condition" if kind == "condition" else draw(st.sampled_from(("Action", "Resource")))
            kept = {key: value for key, value in after[place].items() if not key.endswith(name)}
            after[place] = kept | {key: value for key, value in other.items() if key.endswith(name)}
    return before, draw(st.permutations(after))


@pytest.mark.parametrize(
    ("texts", "listed", "within", "fold"),
    [(ACTIONS, ACTION_PATTERNS, "*:*", True), (RESOURCES, RESOURCE_PATTERNS, "*", False)],
    ids=["actions", "resources"],
)
def test_the_world_has_one_of_every_class(
    texts: tuple[str, ...], listed: tuple[str, ...], within: str, fold: bool
) -> None:
    fit = fits_folded if fold else fits
    classes = Classes((glob(one, fold=fold) for one in listed), glob(within))
    told_apart = {frozenset(one for one in listed if fit(one, text)) for text in texts}
    assert len(told_apart) == classes.everything.bit_count()


def agree(before: Policy, after: Policy) -> None:
    assume(len(keys_of(before) | keys_of(after)) < 3)  # or the world is not small any more
    assert broader(before, after) == truly_broader(before, after)


@settings(max_examples=60, deadline=None)
@given(policies, policies)
def test_any_two_policies(before: Policy, after: Policy) -> None:
    agree(before, after)


@settings(max_examples=120, deadline=None)
@given(changed_policies())
def test_a_policy_and_what_became_of_it(both: tuple[Policy, Policy]) -> None:
    agree(*both)


def split(policy: Policy) -> Policy:
    """The same in as many statements as can be, each with a name of its own."""
    return [
        {**one, **{name: [value] for name, value in zip(names, values, strict=True)}, "Sid": f"S{number}"}
        for number, one in enumerate(policy)
        for names in [[name for name in ("Action", "Resource") if name in one]]
        for values in itertools.product(*(one[name] for name in names))
    ]


@given(policies, st.randoms())
def test_splitting_renaming_and_another_order_are_nothing(policy: Policy, random: Any) -> None:
    other = split(policy)
    random.shuffle(other)
    assert not broader(policy, other)
    assert not broader(other, policy)


@given(policies, statement())
def test_more_statements_never_allow_less_and_never_deny_less(policy: Policy, more: dict[str, Any]) -> None:
    """What is taken away again is no broadening: less is allowed and more is denied."""
    grown = [*policy, more]
    assert not broader(policy, grown) or more["Effect"] == "Allow"
    assert not broader(grown, policy) or more["Effect"] == "Deny"


@given(st.sampled_from(("x", "x*", "?")), st.sampled_from(("StringEquals", "StringLike", "StringNotEquals")))
def test_a_removed_condition_is_always_found(value: str, operator: str) -> None:
    bare = {"Effect": "Allow", "Action": ["s:Get"], "Resource": ["r"]}
    asking = bare | {"Condition": {operator: {"org": [value]}}}
    assert broader([asking], [bare])
    assert not broader([bare], [asking])
    denying, denying_if = bare | {"Effect": "Deny"}, asking | {"Effect": "Deny"}
    assert broader([denying], [denying_if])
    assert not broader([denying_if], [denying])
