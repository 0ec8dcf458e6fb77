"""Estimates as rows for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.cost.estimate import Amount, Charge, Estimate
from ops.cost.prices import Prices

Rows = list[list[str]]


def money(amount: Amount) -> str:
    """`3.00 to 9.07`, or one figure where both are the same."""
    if amount.low == amount.high:
        return f"{amount.low:.2f}"
    return f"{amount.low:.2f} to {amount.high:.2f}"


def table(estimates: Mapping[str, Estimate]) -> tuple[list[str], Rows]:
    """Headers and rows: a service each, and the total."""
    services = sorted({service for one in estimates.values() for service in one.services})
    rows = [
        [service, *(_cell(one.services.get(service)) for one in estimates.values())] for service in services
    ]
    rows.append(["total", *(money(one.total) for one in estimates.values())])
    return ["USD a month", *estimates], rows


def details(estimate: Estimate) -> tuple[list[str], Rows]:
    """Headers and rows: each resource with what is charged of it, the dearest of a service first."""
    charges = sorted(estimate.charges, key=lambda one: (one.service, -one.amount.high, one.address))
    rows = [
        [
            one.service,
            one.construct_path or one.address,
            one.what + (f" ({one.note})" if one.note else ""),
            units(one),
            money(Amount(round(one.amount.low, 4), round(one.amount.high, 4)))
            if one.amount.high >= SMALL
            else f"below {SMALL}",
        ]
        for one in charges
        if one.amount.high > 0
    ]
    return ["service", "resource", "what", "units", "USD a month"], rows


SMALL = 0.01
"""USD below which a charge is not worth its digits."""


def units(charge: Charge) -> str:
    """`5,000 to 2,500,000`: of the price's smallest unit, not of its thousands or millions."""
    low, high = (_number(bound) for bound in (charge.low, charge.high))
    return low if low == high else f"{low} to {high}"


def remarks(
    estimates: Mapping[str, Estimate], notes: tuple[str, ...], prices: Prices, *, free_tier: bool
) -> Iterator[str]:
    """What a reader has to know: unpriced resources first."""
    for name, one in estimates.items():
        for address in one.unpriced:
            reason = (one.reasons or {}).get(address, "")
            yield f"Unpriced in {name}: {address}: {reason}."
    yield "low to high: the usage that environments/usage.toml assumes. Nothing here was measured."
    yield f"Prices: ops/cost/prices.toml, none older than {prices.oldest.isoformat()}. Without taxes."
    yield (
        "What AWS gives every account for free is taken off, once per account."
        if free_tier
        else "Without what AWS gives every account for free: --free-tier takes it off."
    )
    if memory := sorted({key for one in estimates.values() for key in one.from_memory}):
        yield f"Prices from memory, without a source: {', '.join(memory)}."
    yield "What the model's provider charges is not AWS's, and not in here."
    yield from dict.fromkeys([*notes, *(note for one in estimates.values() for note in one.notes)])


def _cell(amount: Amount | None) -> str:
    return money(amount) if amount else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
