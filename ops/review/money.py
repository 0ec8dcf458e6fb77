"""What a plan does to the bill, as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.cost.estimate import Amount, CostChange, Estimate

CENT = 0.005


@dataclass(frozen=True)
class Money:
    """delta, before, after: a month, such as `+$1.20 to +$3.40`. services: name, before, after, delta; those
    that change, the biggest first. unpriced: address and reason of each resource that no price is known of.
    notes: what a reader has to know of the prices, unless nothing of them is told."""

    delta: str
    before: str
    after: str
    services: tuple[tuple[str, str, str, str], ...]
    unpriced: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def cell(self) -> str:
        """The delta where there is no room for more: nobody may take what has no price for what is free."""
        return f"{self.delta}, {len(self.unpriced)} not priced" if self.unpriced else self.delta


def of(change: CostChange) -> Money:
    """The text of an estimate's change."""
    none = Amount(0.0, 0.0)
    was, will_be = change.before.services, change.after.services
    pairs = {name: (was.get(name, none), will_be.get(name, none)) for name in {**was, **will_be}}
    changed = sorted(
        (pair for pair in pairs.items() if not _zero(_difference(*pair[1]))),
        key=lambda pair: (-abs(_difference(*pair[1]).high), pair[0]),
    )
    total = _difference(change.before.total, change.after.total)
    return Money(
        delta(total),
        amount(change.before.total),
        amount(change.after.total),
        tuple((name, amount(old), amount(new), delta(_difference(old, new))) for name, (old, new) in changed),
        tuple((address, (change.after.reasons or {}).get(address, "")) for address in change.after.unpriced),
        tuple(_notes(change.after)) if changed or change.after.unpriced else (),
    )


def _notes(after: Estimate) -> Iterator[str]:
    yield "Without what AWS gives every account for free; low to high is the usage that is assumed."
    if after.from_memory:
        yield f"Prices from memory, without a source: {', '.join(after.from_memory)}."
    yield from after.notes


def amount(one: Amount) -> str:
    """Such as `$1.20 to $3.40`."""
    low, high = f"${one.low:,.2f}", f"${one.high:,.2f}"
    return low if low == high else f"{low} to {high}"


def delta(one: Amount) -> str:
    """The same with signs; `no change` below a cent."""
    if _zero(one):
        return "no change"
    low, high = _signed(one.low), _signed(one.high)
    return low if low == high else f"{low} to {high}"


def _signed(dollars: float) -> str:
    if abs(dollars) < CENT:
        return "$0.00"
    return f"{'+' if dollars > 0 else '-'}${abs(dollars):,.2f}"


def _difference(before: Amount, after: Amount) -> Amount:
    return Amount(after.low - before.low, after.high - before.high)


def _zero(one: Amount) -> bool:
    return abs(one.low) < CENT and abs(one.high) < CENT
