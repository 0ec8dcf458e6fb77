"""Policies that would allow more than they do, statement by statement and by what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ops.gates import role_changes
from ops.gates.finding import Finding, Gate
from ops.gates.iam import explain, public
from ops.gates.iam.patterns import TooComplex
from ops.gates.iam.space import Grown, Space, newly_allowed, no_longer_denied
from ops.gates.iam.statements import Statement
from ops.gates.policy_groups import HIDDEN, TOO_COMPLEX, Group, groups, unshown
from ops.gates.policy_sources import Source, Sources
from ops.gates.references import References
from ops.gates.trust import trusted_otherwise
from ops.plans import masking
from ops.plans.document import PlanDocument
from ops.plans.synthesized import Synthesized


def findings(
    plan: PlanDocument, code: Synthesized, sources: Sources, references: References, account_id: str
) -> Iterator[Finding]:
    """One for each policy that allows more. account_id: as in `public.strangers`."""
    by_owner = groups(sources)
    judged = _Judged(sources, by_owner, account_id)
    for source in sources.all:
        if not source.changed or not source.is_judged or source.is_mirror or sources.is_gone(source):
            continue
        if details := judged.details(source):
            shown = HIDDEN if source.sensitive else tuple(map(masking.without_secrets, details))
            what = _what(source, code, unclear=bool(source.unclear), is_new=sources.is_new(source.owner))
            path, rest = code.construct_path(source.address), unshown([source], details)
            yield Finding(Gate.BROADENING, source.address, path, what, shown, unshown=rest)
    yield from role_changes.findings(plan, code, references, by_owner)
    yield from trusted_otherwise(plan, code, references)


class _Judged:
    def __init__(self, sources: Sources, groups: dict[tuple[str, str], Group], account_id: str) -> None:
        self._sources, self._groups, self._account_id = sources, groups, account_id

    def details(self, source: Source) -> tuple[str, ...]:
        """What is new in a policy, () for nothing."""
        if self._sources.is_new(source.owner):
            found = [line for one in source.after for line in self._of_new(one)]
            return tuple(dict.fromkeys(found))
        if source.unclear:
            return (source.unclear,)
        try:
            return tuple(self._of_grown(source))
        except TooComplex:
            return TOO_COMPLEX

    def _of_new(self, statement: Statement) -> Iterator[str]:
        name = f"Allow {statement.sid}" if statement.sid else "Allow without Sid"
        for phrase in public.strangers(statement, self._account_id):
            yield f"{name}: allows {phrase}"

    def _of_grown(self, source: Source) -> Iterator[str]:
        group = self._groups[source.owner]
        space = Space(_related(source, group))
        before, after = (_of_space(statements, source, group) for statements in (group.before, group.after))
        for grown in newly_allowed(space, before, after, _only(source.after, source.before)):
            if not self._had_elsewhere(source, grown.statement):
                yield from explain.allowed(space, grown, before)
        for grown in no_longer_denied(space, before, after, _only(source.before, source.after)):
            if not self._had_elsewhere(source, grown.statement):
                yield from explain.denied(space, grown)

    def _had_elsewhere(self, source: Source, statement: Statement) -> bool:
        """Whether all that have a managed policy had, or keep, this from other policies.

        Only where the plan knows all of them: AWS counts the attachments.
        """
        if source.owner[1] != "managed":
            return False
        attached = [one for one in self._sources.all if one.policy == source.address and one.before]
        if not attached or (source.change.before or {}).get("attachment_count") != len(attached):
            return False
        return not any(self._grows(self._groups[one.owner], statement) for one in attached)

    def _grows(self, group: Group, statement: Statement) -> bool:
        before, after = group.before, group.after
        space = Space([*before, *after, statement])
        grown: list[Grown] = [
            *newly_allowed(space, before, after, [statement]),
            *no_longer_denied(space, before, after, [statement]),
        ]
        return bool(grown)


def _related(source: Source, group: Group) -> list[Statement]:
    return [
        *source.before,
        *source.after,
        *_of_space(group.before, source, group),
        *_of_space(group.after, source, group),
    ]


def _of_space(statements: Iterable[Statement], source: Source, group: Group) -> list[Statement]:
    """Those that can be about the same requests as what changed, by the services of their actions."""
    changed = _only(source.before, source.after) + _only(source.after, source.before)
    if any(one.services is None for one in changed):
        return list(statements)
    services = {name for one in changed for name in one.services or ()}
    return [one for one in statements if one.services is None or one.services & services]


def _only(statements: Sequence[Statement], others: Sequence[Statement]) -> list[Statement]:
    return [one for one in statements if one not in others]


def _what(source: Source, code: Synthesized, *, unclear: bool, is_new: bool) -> str:
    address, access = source.owner
    owner = code.construct_path(address) or address
    kind = {"trust": "who may become it", "identity": "what it may do"}.get(access, "its policy")
    if is_new:
        return f"{owner} is new, and {kind} is wider than it should be without a look"
    if unclear:
        return f"{owner}: {kind} changes, and how cannot be judged before the apply"
    return {
        "trust": f"more could become {owner}",
        "identity": f"{owner} could do more",
        "managed": f"whoever has {owner} could do more",
    }.get(access, f"more could be done with {owner}")
