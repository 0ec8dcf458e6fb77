"""What a rule of our own is, and how rules are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from ops.policy.model import Finding, Outcome
from ops.policy.stack import WHOLE, Resource, Stack

Question = Callable[[Stack, Resource], str]
"""Asked of one resource: "" where it keeps the rule, else how it breaks it, in a few words."""

PREFIX = "SW_"


@dataclass(frozen=True)
class Rule:
    """One rule. guards: the trap (ops reads none: it is for people) or the line of the seed behind it.

    what: the rule as a sentence; mend: what to do about a resource that breaks it; types: whom it is asked
    of, (WHOLE,) for the stack itself; only: the environments it is about, () for all.
    """

    id: str
    guards: str
    what: str
    mend: str
    types: tuple[str, ...]
    ask: Question
    only: tuple[str, ...] = ()

    def subjects(self, stack: Stack) -> list[Resource]:
        """The resources that it is asked of."""
        if self.only and stack.environment not in self.only:
            return []
        return [stack.itself] if self.types == (WHOLE,) else stack.of_type(*self.types)


RULES: dict[str, Rule] = {}
"""By id; filled as the modules of `ops.policy.rules` are imported."""


def rule(
    id_: str, *types: str, guards: str, what: str, mend: str, only: tuple[str, ...] = ()
) -> Callable[[Question], Question]:
    """Make a rule of a question. Raises ValueError: the id is taken, or not one of ours."""

    def register(ask: Question) -> Question:
        if id_ in RULES or not id_.startswith(PREFIX):
            raise ValueError(f"rule {id_}: taken, or without {PREFIX}")
        RULES[id_] = Rule(id_, guards, what, mend, types, ask, only)
        return ask

    return register


def all_rules() -> list[Rule]:
    """Every rule, by id."""
    from ops.policy import rules

    for module in iter_modules(rules.__path__):
        import_module(f"{rules.__name__}.{module.name}")
    return [RULES[id_] for id_ in sorted(RULES)]


def judge(stack: Stack) -> Outcome:
    """What our rules say of a stack."""
    passed: set[tuple[str, str]] = set()
    findings: list[Finding] = []
    for one in all_rules():
        for resource, problem in verdicts(one, stack):
            if problem:
                findings.append(
                    Finding(
                        check=one.id,
                        construct=resource.construct,
                        environment=stack.environment,
                        address=resource.address,
                        what=f"{one.what}: {problem}",
                        mend=f"{one.mend} ({one.guards})",
                    )
                )
            else:
                passed.add((one.id, resource.construct))
    return Outcome(stack.environment, frozenset(passed), tuple(findings))


def verdicts(one: Rule, stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Each resource that the rule is asked of, with its problem or ""."""
    for resource in one.subjects(stack):
        yield resource, one.ask(stack, resource)
