"""Who runs as another role, which may do more than the one before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ops.gates.finding import Finding, Gate
from ops.gates.guards import destroyed
from ops.gates.iam.statements import shown
from ops.gates.policy_groups import HIDDEN, Group, more, unshown
from ops.gates.policy_sources import Source
from ops.gates.references import References
from ops.plans import masking
from ops.plans.document import PlanDocument, ResourceChange
from ops.plans.synthesized import Synthesized

ROLE = "aws_iam_role"
RUNS_AS: Mapping[str, str] = {"aws_lambda_function": "role"}
"""Type -> the attribute that names the role that it runs as."""


@dataclass(frozen=True)
class _Exchange:
    """change: of the resource that shows it. old, new: the roles, one in place of the other."""

    change: ResourceChange
    old: str
    new: str

    def told(self, code: Synthesized) -> str:
        """The beginning of a sentence about the new one."""
        name, new, old = (
            code.construct_path(address) or shown(address)
            for address in (self.change.address, self.new, self.old)
        )
        if self.change.type == ROLE:
            return f"{name} takes the place of {old}"
        return f"{name} would run as {new}, until now as {old}"


def findings(
    plan: PlanDocument, code: Synthesized, references: References, groups: Mapping[tuple[str, str], Group]
) -> Iterator[Finding]:
    """One for each exchange of roles by which somebody may do more, or become it."""
    for one in _exchanges(plan, references):
        address = one.change.address
        for what, details, sources in _wider(one, references, groups):
            hidden = any(source.sensitive for source in sources)
            yield Finding(
                Gate.BROADENING,
                address,
                code.construct_path(address),
                f"{one.told(code)}: {what}",
                HIDDEN if hidden else tuple(map(masking.without_secrets, details)),
                unshown=unshown(sources, details),
            )


def _exchanges(plan: PlanDocument, references: References) -> Iterator[_Exchange]:
    """One for each pair of roles: by whoever runs as them, or by the name that one takes from the other."""
    seen = set()
    for change in plan.to_do:
        for pair in (*_by_user(change, references), *_by_name(change, references)):
            if pair not in seen:
                seen.add(pair)
                yield _Exchange(change, *pair)


def _by_user(change: ResourceChange, references: References) -> Iterator[tuple[str, str]]:
    attribute = RUNS_AS.get(change.type)
    if attribute and change.before is not None and change.after is not None:
        old, new = references.targets(change, attribute, ROLE)
        if old and new and old != new:
            yield old, new


def _by_name(change: ResourceChange, references: References) -> Iterator[tuple[str, str]]:
    """IAM takes a name once: the old one goes before the new one comes."""
    if change.type == ROLE and change.before is None and change.after is not None:
        for other in references.changes(ROLE):
            name = (other.before or {}).get("name")
            if destroyed(other) and name and name == change.after.get("name"):
                yield other.address, change.address


def _wider(
    exchange: _Exchange, references: References, groups: Mapping[tuple[str, str], Group]
) -> Iterator[tuple[str, tuple[str, ...], tuple[Source, ...]]]:
    old, new = (references.change(address) for address in (exchange.old, exchange.new))
    if old is None or new is None:
        yield "this plan does not have the policies of both", (), ()
        return
    for access, what in (("identity", "it may do more"), ("trust", "more may become it")):
        before, after = (groups.get((address, access), Group()) for address in (exchange.old, exchange.new))
        sources = (*before.sources, *after.sources)
        if unclear := tuple(dict.fromkeys(one.unclear for one in after.sources if one.unclear)):
            yield "what it may do, or who may become it, cannot be judged before the apply", unclear, sources
        elif details := more(before.before, after.after):
            yield what, details, sources
    boundary = (old.before or {}).get("permissions_boundary")
    other = references.after(new, "permissions_boundary")
    if boundary and boundary != other:
        yield (
            "it has not the same permissions boundary",
            (f"from {boundary} to {shown(str(other or 'none'))}",),
            (),
        )
