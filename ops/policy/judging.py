"""Outcomes and the skip table -> one report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace

from ops.policy import table
from ops.policy.model import Finding, Outcome, Report, Skip


def combined(outcomes: Iterable[tuple[str, Outcome]]) -> list[Outcome]:
    """One outcome for each environment, out of several by configuration and of several scanners.

    A resource that a check refuses in one configuration did not pass, whatever it does in another.
    """
    findings: dict[str, dict[tuple[str, ...], Finding]] = defaultdict(dict)
    passed: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for configuration, outcome in outcomes:
        passed[outcome.environment] |= outcome.passed
        for finding in outcome.findings:
            key = (*finding.key, finding.address, finding.what)
            known = findings[outcome.environment].get(key, finding)
            configurations = dict.fromkeys((*known.configurations, configuration))
            findings[outcome.environment][key] = replace(known, configurations=tuple(configurations))
    return [
        Outcome(
            environment,
            frozenset(passed[environment] - {(f.check, f.construct) for f in findings[environment].values()}),
            tuple(sorted(findings[environment].values(), key=lambda one: (one.check, one.construct))),
        )
        for environment in sorted({*passed, *findings})
    ]


def report(
    outcomes: Iterable[Outcome], skips: table.Table, known: Collection[str], *, reference: bool = True
) -> Report:
    """What is left of the findings, and what is wrong with the table.

    known: the ids of all checks; reference: whether these are the reference configurations, in all of which
    a skip must explain something. In another one it may have nothing to explain: that is only counted.
    """
    every = list(outcomes)
    looked_at = {outcome.environment for outcome in every}
    by_key = {skip.key: skip for skip in skips.skips}
    left: list[Finding] = []
    skipped: list[tuple[Finding, Skip]] = []
    for finding in (finding for outcome in every for finding in outcome.findings):
        skip = by_key.get(finding.key)
        if skip:
            skipped.append((finding, skip))
        else:
            left.append(finding)
    used = {skip for _, skip in skipped}
    valid = [skip for skip in skips.skips if skip.check in known or "/" in skip.check]
    idle = table.unused([skip for skip in valid if skip.environment in looked_at], used)
    return Report(
        findings=tuple(left),
        skipped=tuple(skipped),
        trouble=(
            *skips.trouble,
            *table.unknown_checks([skip for skip in skips.skips if skip not in valid], known),
            *(idle if reference else ()),
        ),
        passed=Counter({outcome.environment: len(outcome.passed) for outcome in every}),
        notes=() if reference or not idle else (f"{len(idle)} skips explain nothing in this configuration.",),
    )
