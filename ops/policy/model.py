"""What a policy check says: findings, what explains them, and the counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

WORKFLOWS = "workflows"
"""Stands in an environment's place for what was found in .github/workflows."""


@dataclass(frozen=True)
class Finding:
    """One resource that a check refuses.

    check: CKV…, SW_… or zizmor/…; construct: the path without the stack's name, or a file; address: of
    Terraform, or a place in the file; what: the rule and how it is broken; mend: what to do about it;
    configurations: those in which it was found.
    """

    check: str
    construct: str
    environment: str
    address: str
    what: str
    mend: str
    configurations: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What a skip names."""
        return self.check, self.construct, self.environment


@dataclass(frozen=True)
class Skip:
    """One resource in one environment that a check may refuse, from the skip table. line: of its entry."""

    check: str
    construct: str
    environment: str
    reason: str
    line: int

    @property
    def key(self) -> tuple[str, str, str]:
        """As of a finding."""
        return self.check, self.construct, self.environment


@dataclass(frozen=True)
class Outcome:
    """What the checks of one environment said, in one configuration or in several put together.

    passed: pairs of a check and a resource, as in a finding; findings are not among them.
    """

    environment: str
    passed: frozenset[tuple[str, str]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Report:
    """All of a run. trouble: what is wrong with the skip table; notes: worth a line, but no failure."""

    findings: tuple[Finding, ...]
    skipped: tuple[tuple[Finding, Skip], ...]
    trouble: tuple[str, ...]
    passed: Counter[str]
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing is left to do."""
        return not self.findings and not self.trouble

    def counts(self) -> dict[str, dict[str, int]]:
        """For each environment how many pairs of a check and a resource passed, failed and were skipped."""
        failed = Counter(finding.environment for finding in self.findings)
        skipped = Counter(finding.environment for finding, _ in self.skipped)
        return {
            name: {"passed": self.passed[name], "failed": failed[name], "skipped": skipped[name]}
            for name in sorted({*self.passed, *failed, *skipped})
        }

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "clean": self.clean,
            "counts": self.counts(),
            "findings": [asdict(finding) for finding in self.findings],
            "skipped": [asdict(finding) | {"reason": skip.reason} for finding, skip in self.skipped],
            "trouble": list(self.trouble),
            "notes": list(self.notes),
            "seconds": {name: round(value, 1) for name, value in self.seconds.items()},
        }
