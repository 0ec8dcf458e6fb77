"""From metered units to money: the stacks of one AWS account, which share what is free of charge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from environments.ranges import NONE, Range
from environments.usage import AccountUsage, Usage
from ops.cost.catalogue import FREE, METERS
from ops.cost.estimate import Amount, Charge, Estimate
from ops.cost.metering import Metered, Month, NoAssumptionError
from ops.cost.prices import Price, Prices
from ops.cost.quantities import Quantities
from ops.cost.resources import Resource
from ops.cost.settings import unknown

CENT = Decimal("0.01")
FROM_MEMORY = "price from memory"


@dataclass(frozen=True)
class Stack:
    """What is to be priced. environment: its name, or "account"; region: of its resources."""

    environment: str
    region: str
    resources: Sequence[Resource]


@dataclass(frozen=True)
class _Line:
    resource: Resource
    metered: Metered
    price: Price


def of_account(
    stacks: Iterable[Stack],
    prices: Prices,
    usages: Mapping[str, Usage],
    account: AccountUsage,
    *,
    members: Iterable[str],
    free_tier: bool = False,
    today: date | None = None,
) -> dict[str, Estimate]:
    """The estimates of an account's stacks by environment.

    members: the environments whose requests the account's trail records. free_tier: take off what every
    account has free for ever; the stacks share it in proportion to what each uses of it.
    """
    months = {name: Quantities(usage) for name, usage in usages.items()}
    of_members = tuple(months[name] for name in members)
    lines: dict[str, list[_Line]] = {}
    without: dict[str, dict[str, str]] = {}
    regions: dict[str, str] = {}
    for stack in stacks:
        name = stack.environment
        month = Month(name, months.get(name), of_members, account, stack.resources)
        regions[name] = stack.region
        lines[name], without[name] = _metered(stack, month, prices)
    free = _free_shares(line for found in lines.values() for line in found) if free_tier else {}
    notes = _notes_of_all(prices, today or date.today())
    return {
        name: _estimate(
            found,
            free,
            without[name],
            notes=(*notes, *_notes(found, prices, regions[name])),
            from_memory=tuple(sorted({line.price.unsourced(free_tier=free_tier) for line in found} - {""})),
        )
        for name, found in lines.items()
    }


def _metered(stack: Stack, month: Month, prices: Prices) -> tuple[list[_Line], dict[str, str]]:
    lines: list[_Line] = []
    unpriced: dict[str, str] = {}
    for resource in stack.resources:
        if settings := "; ".join(unknown(resource)):
            unpriced[resource.address] = f"nothing is known of the price of this: {settings}"
        meter = METERS.get(resource.type)
        if meter is None:
            if resource.type not in FREE:
                unpriced[resource.address] = f"nothing is known of the price of {resource.type}"
            continue
        try:
            for metered in meter(resource, month):
                lines.append(_Line(resource, metered, prices.of(metered.key, stack.region)))
        except NoAssumptionError as error:
            unpriced[resource.address] = "; ".join(filter(None, [settings, str(error)]))
    return lines, unpriced


def _free_shares(lines: Iterable[_Line]) -> dict[str, Range]:
    """By allowance: which part of the units is still to be paid, from 0 to 1."""
    used: dict[str, Range] = defaultdict(lambda: NONE)
    allowed: dict[str, Decimal] = {}
    for line in lines:
        if line.price.free:
            allowed[line.price.allowance] = line.price.free
            used[line.price.allowance] += line.metered.units
    return {
        name: Range(_to_pay(units.low, allowed[name]), _to_pay(units.high, allowed[name]))
        for name, units in used.items()
    }


def _to_pay(units: Decimal, free: Decimal) -> Decimal:
    return max(Decimal(0), units - free) / units if units else Decimal(0)


def _estimate(
    lines: Sequence[_Line],
    free: Mapping[str, Range],
    unpriced: Mapping[str, str],
    *,
    notes: tuple[str, ...],
    from_memory: tuple[str, ...],
) -> Estimate:
    charged = [
        (line, line.metered.units * free[line.price.allowance])
        if line.price.allowance in free
        else (line, line.metered.units)
        for line in lines
    ]
    per_unit = _per_unit(charged)
    charges, services = [], dict[str, Range]()
    for line, units in charged:
        money = units * per_unit[line.price.key]
        services[line.price.service] = services.get(line.price.service, NONE) + money
        charges.append(_charge(line, units, money))
    return Estimate(
        {service: _cents(services[service]) for service in sorted(services)},
        tuple(unpriced),
        dict(unpriced),
        tuple(charges),
        notes,
        from_memory,
    )


def _per_unit(charged: Iterable[tuple[_Line, Range]]) -> dict[str, Range]:
    """What a unit costs on average, where the first ones of a month cost more than later ones."""
    totals: dict[str, Range] = defaultdict(lambda: NONE)
    prices: dict[str, Price] = {}
    for line, units in charged:
        totals[line.price.key] += units
        prices[line.price.key] = line.price
    return {
        key: Range(
            *(prices[key].cost(bound) / bound if bound else Decimal(0) for bound in (units.low, units.high))
        )
        for key, units in totals.items()
    }


def _charge(line: _Line, units: Range, money: Range) -> Charge:
    return Charge(
        line.resource.address,
        line.resource.path,
        line.price.service,
        line.price.key,
        line.metered.what,
        float(round(units.low, 6)),
        float(round(units.high, 6)),
        line.price.unit,
        Amount(float(round(money.low, 6)), float(round(money.high, 6))),
        FROM_MEMORY if line.price.confidence == "memory" else "",
    )


def _cents(money: Range) -> Amount:
    return Amount(float(money.low.quantize(CENT)), float(money.high.quantize(CENT)))


def _notes_of_all(prices: Prices, today: date) -> Iterator[str]:
    if old := prices.old(today):
        keys = ", ".join(row.key for row in old[:5]) + (" …" if len(old) > 5 else "")
        yield f"{len(old)} of {len(prices.rows)} prices are older than six months: {keys}."


def _notes(lines: Iterable[_Line], prices: Prices, region: str) -> Iterator[str]:
    keys = sorted({line.metered.key for line in lines})
    missing = [key for key in keys if prices.stands_in(key, region)]
    if missing:
        yield (
            f"{region} has no prices of its own: us-east-1's stand in for {len(missing)} of {len(keys)} rows."
        )
