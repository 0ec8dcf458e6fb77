"""One environment's review, read once: every output shows this, so that all of them say the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ops.drift import findings as drift
from ops.gates.finding import Finding
from ops.plans import differences, references
from ops.plans.differences import Side
from ops.plans.document import OutputChange, PlanDocument
from ops.plans.synthesized import Synthesized
from ops.review import counts, entries, money, reasons
from ops.review.model import Review
from ops.review.shapes import Deferred, Drifted, Failed, Gate, Output, Reading, Unlike
from ops.review.veil import Veil


def of(review: Review | Reading) -> Reading:
    """The reading of a review; one that was read already is taken as it is."""
    if isinstance(review, Reading):
        return review
    plan, veil = review.plan, Veil.of(review.plan)
    parity = (
        Unlike(one.path, one.what, one.environments, one.only_in, one.missing_in) for one in review.parity
    )
    found = Reading(
        environment=veil.line(review.environment),
        state="",
        gates=tuple(_gates(review, veil)),
        notes=veil.over((*(_notes(plan) if plan else ()), *review.notes)),
        cost=veil.over(money.of(review.cost)) if review.cost else None,
        parity=veil.over(tuple(parity)),
        failed=_failed(review, veil),
        facts=veil.over(tuple(_facts(review))),
    )
    if plan:
        found = replace(found, **_of_plan(plan, review, veil))
    return replace(found, state=_state(found, plan))


def _of_plan(plan: PlanDocument, review: Review, veil: Veil) -> dict[str, Any]:
    """What there is one of for every resource; it goes through the veil where it is made."""
    code = review.code
    gates: dict[str, list[Finding]] = defaultdict(list)
    for finding in review.findings:
        gates[finding.address].append(finding)
    acted = [change for change in plan.changes if change.word != "no-op"]
    shown = [entries.of(change, code, gates.get(change.address, ()), veil) for change in acted]
    drifted = drift.drifted(plan, code, veil.known)
    to_do = {change.address for change in plan.to_do}
    return {
        "planned": True,
        "entries": tuple(sorted(shown, key=entries.by_danger)),
        "drift": tuple(_drifted(one, to_do, veil) for one in drifted),
        "outputs": tuple(_output(one, veil) for one in plan.outputs_to_change),
        "deferred": veil.over(tuple(_deferred(plan, code))),
        "counts": counts.of(plan, len(drifted)),
        "references": (known := _references(plan, code)),
        "labels": {
            block: veil.line(code.construct_path(block) or block)
            for block in dict.fromkeys([*known, *(one.block for one in shown)])
        },
    }


def _gates(review: Review, veil: Veil) -> Iterator[Gate]:
    for one in sorted(review.findings, key=lambda one: (one.acknowledged is not None, one.address)):
        said = one.acknowledged
        yield Gate(
            str(one.gate),
            veil.line(one.address),
            veil.line(one.construct_path),
            veil.line(one.what),
            one.fingerprint,
            tuple(line for detail in one.details for line in veil.lines(detail)),
            veil.line(f"acknowledged by {said.by} until {said.expires}: {said.reason}") if said else "",
        )


def _notes(plan: PlanDocument) -> Iterator[str]:
    if plan.errored:
        yield "Terraform failed half way: this plan is not whole, and cannot be applied."
    elif not plan.complete and not plan.deferred:
        yield "Terraform says that this plan is not complete: another one will be needed after its apply."
    for check in plan.checks:
        told = {"fail": "does not hold", "error": "could not be evaluated"}.get(check.status)
        if told:
            said = ": " + "; ".join(check.problems) if check.problems else ""
            yield f"{check.address} {told}{said}"
    for address in plan.invocations:
        yield f"The apply also runs {address}."


def _failed(review: Review, veil: Veil) -> Failed | None:
    failure = review.manifest.failure
    if not failure:
        return None
    construct = failure.construct_path
    if failure.address and not construct:
        construct = review.code.construct_path(failure.address)
    return Failed(
        veil.line(failure.step),
        failure.code,
        veil.lines(failure.message),
        veil.lines(failure.hint),
        veil.line(failure.address),
        veil.line(construct),
        veil.line(failure.next_command),
    )


def _facts(review: Review) -> Iterator[tuple[str, str]]:
    manifest = review.manifest
    if manifest.commit:
        yield "commit", manifest.commit[:12] + (" and files that differ from it" if manifest.dirty else "")
    if manifest.aws_account_id:
        yield "AWS account", f"{manifest.aws_account_id}, {manifest.aws_region}"
    if manifest.terraform:
        yield "Terraform", manifest.terraform
    if manifest.lineage:
        yield "state", f"serial {manifest.serial}"
    yield "made", f"{manifest.made:%Y-%m-%d %H:%M} UTC"
    if run := manifest.run:
        yield "run", f"{run.number}" + (f", attempt {run.attempt}" if run.attempt > 1 else "")


def _state(reading: Reading, plan: PlanDocument | None) -> str:
    if reading.failed:
        return f"{reading.failed.step} failed"
    if plan is None:
        return "no plan"
    if plan.errored:
        return "planning failed half way"
    if reading.deferred or not plan.complete:
        return "planned in part"
    return "no changes" if reading.counts.nothing_to_do else "planned"


def _drifted(one: drift.Finding, to_do: set[str], veil: Veil) -> Drifted:
    return Drifted(
        veil.line(one.address),
        veil.line(one.construct),
        one.what,
        tuple(entries.attribute(difference, veil) for difference in one.differences),
        one.address in to_do,
    )


def _output(one: OutputChange, veil: Veil) -> Output:
    """An output as one attribute, or by its members where it is an object."""
    before = Side({one.name: one.before}, one.sensitive and {one.name: True})
    after = Side({one.name: one.after}, one.sensitive and {one.name: True}, {one.name: one.unknown})
    attributes = [
        entries.attribute(found, veil) for found in differences.between(before, after, known=veil.known)
    ]
    if one.actions == ("create",):
        attributes = [replace(shown, before="") for shown in attributes]
    elif one.actions == ("delete",):
        attributes = [replace(shown, after="") for shown in attributes]
    note = "its sensitivity changes" if one.resensitized else ""
    return Output(veil.line(one.name), one.actions[0] if one.actions else "no-op", tuple(attributes), note)


def _deferred(plan: PlanDocument, code: Synthesized) -> Iterator[Deferred]:
    for one in plan.deferred:
        address = one.change.address
        yield Deferred(
            address,
            code.construct_path(address),
            one.change.word,
            reasons.deferred(one.reason),
        )


def _references(plan: PlanDocument, code: Synthesized) -> Mapping[str, frozenset[str]]:
    """The code's; where there is none the plan's; and for what is not in the code any more the state's."""
    found = dict(plan.references) | dict(code.references())
    for resource in plan.prior.values():
        block = references.block(resource.address)
        if block not in found:
            found[block] = frozenset(resource.depends_on)
    return found
