"""What an apply would open to the public, to strangers, or to people who are not signed in."""

from __future__ import annotations

from collections.abc import Iterator

from ops.gates.exposures import EXPOSURES
from ops.gates.finding import Finding, Gate
from ops.gates.iam import explain, public
from ops.gates.iam.patterns import TooComplex
from ops.gates.iam.space import Space, newly_allowed
from ops.gates.iam.statements import Statement
from ops.gates.policy_groups import HIDDEN, unshown
from ops.gates.policy_sources import Source, Sources
from ops.gates.references import References
from ops.plans import masking
from ops.plans.document import PlanDocument
from ops.plans.synthesized import Synthesized


def findings(
    plan: PlanDocument, code: Synthesized, sources: Sources, references: References
) -> Iterator[Finding]:
    """One for each thing that would be open and is not yet."""
    for change in plan.changes:
        if change.mode != "managed" or change.deposed:
            continue
        path = code.construct_path(change.address)
        for exposure in EXPOSURES:
            if change.type in exposure.types:
                for what in exposure.look(change, references):
                    told = masking.without_secrets(f"{path or change.address}: {what}")
                    yield Finding(Gate.EXPOSURE, change.address, path, told)
    for source in sources.all:
        if source.changed and not source.is_mirror and not sources.is_gone(source):
            yield from _of_policy(source, code)


def _of_policy(source: Source, code: Synthesized) -> Iterator[Finding]:
    if opening := _new(source):
        owner = code.construct_path(source.owner[0]) or source.owner[0]
        who = ", ".join(dict.fromkeys(public.open_to(one) for one, _ in opening))
        verb = "could become" if source.owner[1] == "trust" else "would be let in by"
        details = tuple(
            f"Allow {one.sid or 'without Sid'} has no condition that says who: {access}"
            for one, access in opening
        )
        yield Finding(
            Gate.EXPOSURE,
            source.address,
            code.construct_path(source.address),
            masking.without_secrets(f"{who} {verb} {owner}"),
            HIDDEN if source.sensitive else tuple(map(masking.without_secrets, details)),
            unshown=unshown([source], details),
        )


def _new(source: Source) -> list[tuple[Statement, str]]:
    """Statements by which strangers can do more than they could, each with what that is."""
    before, after = (
        [one for one in statements if public.open_to(one)] for statements in (source.before, source.after)
    )
    if not after:
        return []
    try:
        space = Space([*before, *source.after])
        grown = newly_allowed(space, before, source.after, after)
        return [(one.statement, explain.access(space, one)) for one in grown]
    except TooComplex:
        return [(one, explain.whole(one)) for one in after if one not in before]
