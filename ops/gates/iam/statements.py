"""The statements of a policy, typed: what is the same to IAM is equal here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ops.gates.iam import patterns

ALLOW, DENY = "Allow", "Deny"
CURRENT_VERSION = "2012-10-17"
KNOWN = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}

ATTACHED = "attached:"
"""Before the ARN of a managed policy whose text nobody has, as if to have it were an action."""

SAME = {"ArnEquals": "ArnLike", "ArnNotEquals": "ArnNotLike"}
"""Operators that IAM documents to behave alike."""


class Unreadable(Exception):
    """No policy that IAM would accept, with what is wrong with it."""


@dataclass(frozen=True)
class Element:
    """One element: values, or with `negated` everything but them; none at all is everything."""

    values: frozenset[str] = frozenset()
    negated: bool = True

    @property
    def is_everything(self) -> bool:
        """Whether it is not there or says *."""
        return "*" in self.values if not self.negated else not self.values


EVERYTHING = Element()


@dataclass(frozen=True)
class Test:
    """One line of a Condition. set_of: ForAnyValue, ForAllValues or ""; key: in lower case.

    operator: without the two additions, such as StringLike; if_exists: whether a missing key passes.
    written: the key as it was written.
    """

    set_of: str
    operator: str
    if_exists: bool
    key: str
    values: frozenset[str]
    written: str = field(default="", compare=False)

    def __str__(self) -> str:
        addition = "IfExists" if self.if_exists else ""
        before = f"{self.set_of}:" if self.set_of else ""
        return f"{before}{self.operator}{addition} {self.written or self.key} {listed(self.values)}"


@dataclass(frozen=True)
class Statement:
    """One statement. `Sid` and origin do not make it another one."""

    effect: str
    principals: Element = EVERYTHING
    actions: Element = EVERYTHING
    resources: Element = EVERYTHING
    tests: frozenset[Test] = frozenset()
    sid: str = field(default="", compare=False)

    @property
    def attached(self) -> str:
        """The ARN of the managed policy that it stands for, or ""."""
        (only,) = self.actions.values if len(self.actions.values) == 1 else ("",)
        return only.removeprefix(ATTACHED) if only.startswith(ATTACHED) else ""

    @cached_property
    def services(self) -> frozenset[str] | None:
        """The services that its actions are of; None for any."""
        names = {value.partition(":")[0].lower() for value in self.actions.values}
        if self.actions.negated or any("*" in name or "?" in name for name in names):
            return None
        return frozenset(names)


def listed(values: Iterable[str]) -> str:
    """Values as people read them; one that only an apply will know as the reference that it is."""
    return ", ".join(shown(value) for value in sorted(values))


def shown(value: str) -> str:
    """One value as people read it."""
    return value.replace(patterns.UNKNOWN, "${").replace(patterns.KNOWN, "}")


def of(document: Any) -> list[Statement]:
    """The statements of a parsed policy. Raises Unreadable.

    Source: IAM user guide, "Grammar of the IAM JSON policy language".
    """
    if not isinstance(document, Mapping) or "Statement" not in document:
        raise Unreadable("it has no Statement")
    entries = document["Statement"]
    variables = document.get("Version") == CURRENT_VERSION
    return [_statement(entry, variables) for entry in (entries if isinstance(entries, list) else [entries])]


def _statement(entry: Any, variables: bool) -> Statement:
    if not isinstance(entry, Mapping) or entry.get("Effect") not in (ALLOW, DENY):
        raise Unreadable("a statement has neither Effect Allow nor Deny")
    if strange := sorted(set(entry) - KNOWN):
        raise Unreadable(f"a statement has {', '.join(strange)}")
    return Statement(
        effect=entry["Effect"],
        principals=_principals(entry, variables),
        actions=_element(entry, "Action", variables),
        resources=_element(entry, "Resource", variables),
        tests=frozenset(_tests(entry.get("Condition") or {}, variables)),
        sid=str(entry.get("Sid", "")),
    )


def _element(entry: Mapping[str, Any], name: str, variables: bool) -> Element:
    if name in entry and f"Not{name}" in entry:
        raise Unreadable(f"a statement has both {name} and Not{name}")
    if name in entry:
        return Element(frozenset(_texts(entry[name], variables)), negated=False)
    return Element(frozenset(_texts(entry.get(f"Not{name}", []), variables)))


def _principals(entry: Mapping[str, Any], variables: bool) -> Element:
    """Each as kind:name. For IAM, {"AWS": "*"} and "*" are the same, and an account's number is its root.

    Source: IAM user guide, "AWS JSON policy elements: Principal".
    """
    found = set()
    negated = "Principal" not in entry
    principals = entry.get("NotPrincipal" if negated else "Principal", {})
    for kind, names in ({"AWS": principals} if not isinstance(principals, Mapping) else principals).items():
        for name in _texts(names, variables):
            account = name.isdigit() and len(name) == 12
            full = f"arn:aws:iam::{name}:root" if kind == "AWS" and account else name
            found.add("*" if kind == "AWS" and name == "*" else f"{kind}:{full}")
    return Element(frozenset(found), negated)


def _tests(condition: Any, variables: bool) -> Iterable[Test]:
    if not isinstance(condition, Mapping) or not all(isinstance(one, Mapping) for one in condition.values()):
        raise Unreadable("a Condition is not made of operators and keys")
    for operator, lines in condition.items():
        set_of, _, name = operator.rpartition(":")
        if_exists = name.endswith("IfExists")
        name = SAME.get(bare := name.removesuffix("IfExists"), bare)
        for key, values in lines.items():
            texts = _texts(values, variables)
            folded = frozenset(text.lower() if name in ("Bool", "Null") else text for text in texts)
            yield Test(set_of, name, if_exists, key.lower(), folded, key)


def _texts(value: Any, variables: bool) -> list[str]:
    """Booleans and numbers are texts to IAM; policy variables came with the version of 2012."""
    members = value if isinstance(value, list) else [value]
    if any(isinstance(member, (Mapping, list)) or member is None for member in members):
        raise Unreadable("a list of texts holds something else")
    texts = [str(member).lower() if isinstance(member, bool) else str(member) for member in members]
    return texts if variables else [text.replace("${", "${$}{") for text in texts]
