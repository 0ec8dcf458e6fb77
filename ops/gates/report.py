"""What the gates found, as lines for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from ops.gates.acknowledgements import TABLE, Entry
from ops.gates.check import closed
from ops.gates.finding import Finding, Gate

TITLES = {
    Gate.DATA_LOSS: "Data would be lost, or be less protected",
    Gate.BROADENING: "Policies would allow more than they do",
    Gate.EXPOSURE: "Something would be open to strangers",
}
FILE = "environments/acknowledged.toml"
USUAL = timedelta(days=7)
"""The end that a snippet proposes; 30 days are the most."""


def lines(
    environment: str,
    found: Sequence[Finding],
    expired: Sequence[Entry],
    unused: Sequence[Entry],
    today: date,
) -> Iterator[str]:
    """Everything that was found by gate, what the file has too much of, and how to say yes."""
    for gate, title in TITLES.items():
        if of_gate := [finding for finding in found if finding.gate is gate]:
            yield f"{title}: {_count(of_gate)}"
            for finding in of_gate:
                yield from _of(finding)
    if not found:
        yield f"No gate found anything in the plan of {environment}."
    for entry in expired:
        yield f"{FILE}: entry {entry.number} ({_named(entry)}) expired on {entry.said.expires}; remove it"
    for entry in unused:
        pinned = f" with fingerprint {entry.fingerprint}" if entry.fingerprint else ""
        yield f"{FILE}: entry {entry.number} ({_named(entry)}) covers nothing here{pinned}; remove it"
    if left := closed(found):
        yield f"Say no by changing the code. Say yes by adding to {FILE}, and commit it:"
        yield from snippet(environment, left, today)


def snippet(environment: str, left: Sequence[Finding], today: date) -> Iterator[str]:
    """Entries ready to be pasted, but for the reason and the name, which the loader asks for."""
    for finding in left:
        yield ""
        yield f"[[{TABLE}]]"
        yield f"environment = {json.dumps(environment)}"
        yield f"address = {json.dumps(finding.address)}"
        yield f'gate = "{finding.gate}"'
        yield f'fingerprint = "{finding.fingerprint}"'
        yield f"expires = {(today + USUAL).isoformat()}"
        yield 'by = ""'
        yield 'reason = ""'


def _of(finding: Finding) -> Iterator[str]:
    yield f"  {finding.what}"
    yield f"    {finding.address}  {finding.fingerprint}"
    yield from (f"      {detail}" for detail in finding.details)
    if said := finding.acknowledged:
        yield f"    acknowledged by {said.by} until {said.expires}: {said.reason}"


def _count(found: Sequence[Finding]) -> str:
    left = len(closed(found))
    if left == len(found):
        return f"{left} to say yes or no to"
    return f"{left} to say yes or no to, {len(found) - left} acknowledged"


def _named(entry: Entry) -> str:
    return f"{entry.gate} of {entry.address} in {entry.environment}"
