"""An estimate, and how it differs from another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Amount:
    """USD in a month, between the two usages that are assumed; whole cents, except in a `Charge`."""

    low: float
    high: float


@dataclass(frozen=True)
class Charge:
    """What one resource costs by one row of the price list.

    key: of the row. what: for people. low, high: units of a month, after what is free of them. note: of the
    price, such as that it is from memory. The high amount may be the smaller one where a price falls with the
    units of a whole month: each of them has its part of what all cost.
    """

    address: str
    construct_path: str
    service: str
    key: str
    what: str
    low: float
    high: float
    unit: str
    amount: Amount
    note: str = ""


@dataclass(frozen=True)
class Estimate:
    """services: by service, such as "DynamoDB". unpriced: addresses of resources that no row prices.

    reasons: why, by such an address. charges: what the services' amounts are made of. notes: what a reader
    has to know of the prices. from_memory: rows of the price list that have no source, or
    a part without one, such as "sns.publish (free)".
    """

    services: dict[str, Amount]
    unpriced: tuple[str, ...] = ()
    reasons: Mapping[str, str] | None = None
    charges: tuple[Charge, ...] = ()
    notes: tuple[str, ...] = ()
    from_memory: tuple[str, ...] = ()

    @property
    def total(self) -> Amount:
        """All services together."""
        return Amount(
            added(amount.low for amount in self.services.values()),
            added(amount.high for amount in self.services.values()),
        )

    def as_json(self, *, detail: bool = False) -> dict[str, Any]:
        """For programs; `detail` adds the charges."""
        document: dict[str, Any] = {
            "total": asdict(self.total),
            "services": {service: asdict(amount) for service, amount in self.services.items()},
            "unpriced": [
                {"address": address, "reason": (self.reasons or {}).get(address, "")}
                for address in self.unpriced
            ],
            "notes": list(self.notes),
            "from_memory": list(self.from_memory),
        }
        return document | ({"charges": [asdict(charge) for charge in self.charges]} if detail else {})


@dataclass(frozen=True)
class CostChange:
    """What a plan does to the bill: the estimate of what is deployed and that of what would be."""

    before: Estimate
    after: Estimate

    @property
    def difference(self) -> Amount:
        """What is added to the total; negative where it falls. `low` may be more than `high` is."""
        before, after = self.before.total, self.after.total
        return Amount(added((after.low, -before.low)), added((after.high, -before.high)))

    @property
    def services(self) -> dict[str, Amount]:
        """What is added, by service; those that stay as they are left out."""
        found = {}
        for service in sorted(self.before.services.keys() | self.after.services.keys()):
            old = self.before.services.get(service, Amount(0, 0))
            new = self.after.services.get(service, Amount(0, 0))
            more = Amount(added((new.low, -old.low)), added((new.high, -old.high)))
            if more != Amount(0, 0):
                found[service] = more
        return found

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "difference": asdict(self.difference),
            "services": {service: asdict(amount) for service, amount in self.services.items()},
        }


def added(amounts: Any) -> float:
    """The sum of amounts in whole cents, without what floats make of it."""
    return float(sum((Decimal(str(amount)) for amount in amounts), Decimal(0)))
