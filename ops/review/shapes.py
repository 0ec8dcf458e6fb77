"""What is shown of one environment, as every output takes it: hidden where it must be, not yet escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ops.review.counts import Counts
from ops.review.entries import Attribute, Entry
from ops.review.money import Money


@dataclass(frozen=True)
class Gate:
    """What a gate found. fingerprint: by which it is acknowledged; acknowledged: by whom it is, or ""."""

    gate: str
    address: str
    construct: str
    what: str
    fingerprint: str
    details: tuple[str, ...] = ()
    acknowledged: str = ""


@dataclass(frozen=True)
class Drifted:
    """A resource changed outside Terraform. what: changed or deleted. undone: this plan acts on it."""

    address: str
    construct: str
    what: str
    attributes: tuple[Attribute, ...]
    undone: bool


@dataclass(frozen=True)
class Output:
    """An output that an apply writes anew. note: what the values do not tell."""

    name: str
    action: str
    attributes: tuple[Attribute, ...]
    note: str = ""


@dataclass(frozen=True)
class Deferred:
    """A change that is left to a later plan."""

    address: str
    construct: str
    action: str
    why: str


@dataclass(frozen=True)
class Failed:
    """Why there is no plan, or no apply. message, hint: by lines; a hint begins with a sentence."""

    step: str
    code: int
    message: tuple[str, ...]
    hint: tuple[str, ...]
    address: str
    construct: str
    next_command: str


@dataclass(frozen=True)
class Unlike:
    """A difference between environments. `what` says all of it; the names are there for programs."""

    path: str
    what: str
    environments: tuple[str, ...]
    only_in: tuple[str, ...]
    missing_in: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """All that is shown. entries: most dangerous first. gates: open ones first. facts: label and value.

    state: in a word or two; planned: whether there is a plan. references: which block refers to which, by
    addresses that are not shown; labels: what is shown of a block.
    """

    environment: str
    state: str
    planned: bool = False
    counts: Counts = field(default_factory=Counts)
    entries: tuple[Entry, ...] = ()
    gates: tuple[Gate, ...] = ()
    drift: tuple[Drifted, ...] = ()
    outputs: tuple[Output, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    notes: tuple[str, ...] = ()
    cost: Money | None = None
    parity: tuple[Unlike, ...] = ()
    failed: Failed | None = None
    facts: tuple[tuple[str, str], ...] = ()
    references: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def open_gates(self) -> tuple[Gate, ...]:
        """What nobody acknowledged."""
        return tuple(gate for gate in self.gates if not gate.acknowledged)

    @property
    def quiet(self) -> bool:
        """Whether there is a plan, and nothing to say of it."""
        told = (self.entries, self.gates, self.drift, self.outputs, self.deferred, self.notes, self.failed)
        return self.planned and not any(told)
