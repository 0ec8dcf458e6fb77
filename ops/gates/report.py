"""What people read beside the findings: how to say yes, and what of it is too much."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from ops.gates.acknowledgements import TABLE, Entry
from ops.gates.finding import Finding

FILE = "environments/acknowledged.toml"
USUAL = timedelta(days=7)
"""The end that a snippet proposes; 30 days are the most."""


def superfluous(expired: Sequence[Entry], unused: Sequence[Entry]) -> Iterator[str]:
    """What the file has too much of."""
    for entry in expired:
        yield f"{FILE}: entry {entry.number} ({_named(entry)}) expired on {entry.said.expires}; remove it"
    for entry in unused:
        pinned = f" with fingerprint {entry.fingerprint}" if entry.fingerprint else ""
        yield f"{FILE}: entry {entry.number} ({_named(entry)}) covers nothing here{pinned}; remove it"


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


def _named(entry: Entry) -> str:
    return f"{entry.gate} of {entry.address} in {entry.environment}"
