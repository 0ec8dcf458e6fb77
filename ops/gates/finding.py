"""What a gate found in a plan."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any


class Gate(StrEnum):
    """Which rule was hit; the word is what an acknowledgement names."""

    DATA_LOSS = "data-loss"
    """Something that holds data would be destroyed, replaced or forgotten."""
    BROADENING = "broadening"
    """A policy would allow more than it does."""
    EXPOSURE = "exposure"
    """Something would be reachable by the public, or by people who are not signed in."""


@dataclass(frozen=True)
class Acknowledgement:
    """One entry of environments/acknowledged.toml that applies to a finding."""

    reason: str
    by: str
    expires: date


@dataclass(frozen=True)
class Finding:
    """One thing in a plan that somebody must say yes to.

    address, construct_path: of the resource. what: one sentence in plain words, secrets masked. details: the
    lines below it, such as the statement that got wider. acknowledged: who said yes to it in the repository,
    or None. unshown: what else was found and is not told, as it may be secret or is too long; only its hash
    goes into the fingerprint.
    """

    gate: Gate
    address: str
    construct_path: str
    what: str
    details: tuple[str, ...] = ()
    acknowledged: Acknowledgement | None = None
    unshown: str = field(default="", repr=False)

    @property
    def fingerprint(self) -> str:
        """12 hex digits of what was found: another, worse finding at the same address has others."""
        told = "\n".join((str(self.gate), self.address, self.what, *self.details))
        if self.unshown:
            told += f"\n{sha256(self.unshown.encode()).hexdigest()}"
        return sha256(told.encode()).hexdigest()[:12]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        told = asdict(self)
        del told["unshown"]
        return told | {
            "gate": str(self.gate),
            "fingerprint": self.fingerprint,
            "acknowledged": self.acknowledged
            and asdict(self.acknowledged) | {"expires": self.acknowledged.expires.isoformat()},
        }
