"""All that is said about a bundle's plan, and whether it may be applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.gates.finding import Finding, Gate

if TYPE_CHECKING:
    from datetime import date

    from ops.bundles.file import Bundle
    from ops.gates.acknowledgements import Acknowledgements
    from ops.parity.differences import ParityDifference
    from ops.plans.document import PlanDocument
    from ops.review.model import Review


def review(bundle: Bundle) -> Review:
    """The review of one bundle. Raises as `reviews` does."""
    (made,) = reviews([bundle])
    return made


def reviews(bundles: Sequence[Bundle]) -> list[Review]:
    """The reviews of bundles, as of today: an acknowledgement may have ended since they were made.

    What one environment has and another has not is told where there are bundles of several. Raises OpsError
    (CONFIGURATION): the file of acknowledgements is not in order.
    """
    from datetime import UTC, datetime

    from ops.gates import acknowledgements

    today = datetime.now(UTC).date()
    acknowledged = acknowledgements.load(today)
    unlike = _parity(bundles)
    return [_review(bundle, acknowledged, unlike, today) for bundle in bundles]


def told(bundles: Sequence[Bundle]) -> list[Review]:
    """As `reviews`, for what is posted: raises nothing, so that no failure keeps an older comment in place.

    A plan that cannot be judged is a failure of its environment, which says why; one that had failed before
    keeps its own. Where environments cannot be compared, a note of each says so.
    """
    from ops.deployment import failing

    unlike: Sequence[ParityDifference] = ()
    notes: tuple[str, ...] = ()
    try:
        unlike = _parity(bundles)
    except Exception as error:  # noqa: BLE001 - the plans are told all the same
        notes = (f"The environments could not be compared: {failing.why(error).message}",)
    return [replace(one, notes=(*one.notes, *notes)) for one in (_or_failed(one, unlike) for one in bundles)]


def _or_failed(bundle: Bundle, unlike: Sequence[ParityDifference]) -> Review:
    from datetime import UTC, datetime

    from ops.bundles.manifest import Failure
    from ops.deployment import failing
    from ops.gates import acknowledgements
    from ops.plans.synthesized import Synthesized
    from ops.review.model import Review

    manifest, today = bundle.manifest, datetime.now(UTC).date()
    try:
        return _review(bundle, acknowledgements.load(today), unlike, today)
    except Exception as error:  # noqa: BLE001 - told is better than an older commit's comment
        if not manifest.failure:
            why, again = failing.why(error), f"ops plan {manifest.environment}"
            failure = Failure(
                step="review", code=why.code, message=why.message, hint=why.hint, next_command=again
            )
            manifest = manifest.model_copy(update={"failure": failure})
        return Review(manifest, _plan_of(bundle), Synthesized.of_document(bundle.stack))


def _plan_of(bundle: Bundle) -> PlanDocument | None:
    """The plan, where it can be read."""
    from ops.plans import document

    try:
        return document.read(bundle.document) if bundle.document else None
    except Exception:  # noqa: BLE001 - it is told already
        return None


def _review(
    bundle: Bundle,
    acknowledged: Acknowledgements,
    unlike: Sequence[ParityDifference],
    today: date,
) -> Review:
    from ops.cost import change
    from ops.gates import check, report
    from ops.plans import document
    from ops.plans.synthesized import Synthesized
    from ops.review.model import Review

    manifest, code = bundle.manifest, Synthesized.of_document(bundle.stack)
    if not bundle.document:
        return Review(manifest, None, code)
    plan, name = document.read(bundle.document), manifest.environment
    account_id = manifest.aws_account_id
    found = check.findings(plan, code, name, acknowledged, today, account_id=account_id)
    expired, unused = acknowledged.expired(name, today), acknowledged.unused(name, found, today)
    return Review(
        manifest,
        plan,
        code,
        found,
        change.change(plan, code, name, region=manifest.aws_region, members=_members(bundle), today=today),
        tuple(one for one in unlike if name in one.environments),
        tuple(report.superfluous(expired, unused)),
    )


def _members(bundle: Bundle) -> Sequence[str]:
    """The environments of an account whose stack it is: the account's trail records those and no others."""
    from environments import ENVIRONMENTS
    from ops.bundles.file import ACCOUNT_ENVIRONMENTS

    return bundle.configuration.get(ACCOUNT_ENVIRONMENTS) or ENVIRONMENTS


def _parity(bundles: Sequence[Bundle]) -> tuple[ParityDifference, ...]:
    """Of the environments among them; an account is like no other stack."""
    from ops.parity import compare
    from ops.stacks import is_account

    known = {
        one.manifest.environment: one
        for one in bundles
        if one.stack and one.configuration and not is_account(one.manifest.environment)
    }
    if len(known) < 2:
        return ()
    return compare.differences(
        {name: one.stack for name, one in known.items()},
        {name: one.configuration for name, one in known.items()},
    )


def stamped(bundle: Bundle, made: Review, *, approve_broadening: bool = False) -> Bundle:
    """The bundle, which says how many findings stop it."""
    count = len(closed(made.findings, approve_broadening=approve_broadening))
    return replace(bundle, manifest=bundle.manifest.model_copy(update={"gates_closed": count}))


def closed(findings: Sequence[Finding], *, approve_broadening: bool) -> list[Finding]:
    """The findings that nobody has said yes to."""
    from ops.gates import check

    left = check.closed(findings)
    return [one for one in left if not (approve_broadening and one.gate is Gate.BROADENING)]


def refuse_closed(made: Review, *, approve_broadening: bool) -> None:
    """Raise OpsError (GATED) where a gate is closed; it names the addresses and how to say yes."""
    found = closed(made.findings, approve_broadening=approve_broadening)
    if not found:
        return
    from datetime import UTC, datetime

    from ops.gates import report

    count = "1 finding stops" if len(found) == 1 else f"{len(found)} findings stop"
    told = "\n".join(f"  - {one.gate}: {one.address}: {one.what}" for one in found)
    approved = ", or give --approve-broadening" if all(one.gate is Gate.BROADENING for one in found) else ""
    entries = "\n".join(report.snippet(made.environment, found, datetime.now(UTC).date()))
    raise OpsError(
        f"{count} the plan of {made.environment}:\n{told}",
        hint=f"To say yes, put this into environments/acknowledged.toml (docs/gates.md){approved}:"
        f"\n{entries}",
        code=ExitCode.GATED,
    )
