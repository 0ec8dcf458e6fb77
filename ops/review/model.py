"""What is shown of one environment, whatever it is shown on."""

from __future__ import annotations

from dataclasses import dataclass

from ops.bundles.manifest import Manifest
from ops.cost.estimate import CostChange
from ops.gates.finding import Finding
from ops.parity.differences import ParityDifference
from ops.plans.document import PlanDocument
from ops.plans.synthesized import Synthesized


@dataclass(frozen=True)
class Review:
    """One environment's plan with all that is said about it.

    plan: None where there is none (manifest.failure says why). code: the synthesized stack. findings: of the
    gates, acknowledged ones included. cost: None where it is not estimated. notes: lines that concern the
    whole, such as an acknowledgement that has ended.
    """

    manifest: Manifest
    plan: PlanDocument | None
    code: Synthesized
    findings: tuple[Finding, ...] = ()
    cost: CostChange | None = None
    parity: tuple[ParityDifference, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def environment(self) -> str:
        """Such as dev."""
        return self.manifest.environment
