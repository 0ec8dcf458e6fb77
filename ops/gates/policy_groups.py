"""The policies of one owner taken together, and what of them is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ops.gates.iam import explain
from ops.gates.iam.patterns import TooComplex
from ops.gates.iam.space import Space, newly_allowed, no_longer_denied
from ops.gates.iam.statements import ALLOW, Statement
from ops.gates.policy_sources import Source, Sources

HIDDEN = ("(the policy is sensitive and not shown)",)
TOO_COMPLEX = (
    "its patterns overlap in too many ways to be compared: read its difference in the plan yourself",
)


@dataclass(frozen=True)
class Group:
    """All policies of one owner. before: without Deny of mirrors, which nothing of the plan takes away."""

    sources: tuple[Source, ...] = ()

    @property
    def before(self) -> list[Statement]:
        """What they say now."""
        return [
            one
            for source in self.sources
            for one in source.before
            if not source.is_mirror or one.effect == ALLOW
        ]

    @property
    def after(self) -> list[Statement]:
        """What they will say."""
        return [one for source in self.sources if not source.is_mirror for one in source.after]


def groups(sources: Sources) -> dict[tuple[str, str], Group]:
    """By owner: the address of a resource, with the kind of access."""
    found: dict[tuple[str, str], list[Source]] = {}
    for source in sources.all:
        found.setdefault(source.owner, []).append(source)
    return {owner: Group(tuple(group)) for owner, group in found.items()}


def more(before: Sequence[Statement], after: Sequence[Statement]) -> tuple[str, ...]:
    """What the second allow and the first do not, in words; () for nothing."""
    try:
        space = Space([*before, *after])
        return (
            *(
                line
                for one in newly_allowed(space, before, after)
                for line in explain.allowed(space, one, before)
            ),
            *(line for one in no_longer_denied(space, before, after) for line in explain.denied(space, one)),
        )
    except TooComplex:
        return TOO_COMPLEX


def unshown(sources: Sequence[Source], details: Sequence[str]) -> str:
    """What tells a finding from a worse one where its details cannot: they, and the policies. Else ""."""
    if any(one.sensitive or one.unclear for one in sources) or tuple(details) == TOO_COMPLEX:
        said = (explain.whole(one) for source in sources for one in source.after)
        return "\n".join((*details, *(one.text for one in sources), *sorted(said)))
    return ""
