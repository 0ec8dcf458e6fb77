"""An estimate, and how it differs from another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Amount:
    """USD in a month, between the two usages that are assumed."""

    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """services: by service, such as "DynamoDB". unpriced: addresses of resources that no row prices."""

    services: dict[str, Amount]
    unpriced: tuple[str, ...] = ()

    @property
    def total(self) -> Amount:
        """All services together."""
        return Amount(
            sum(amount.low for amount in self.services.values()),
            sum(amount.high for amount in self.services.values()),
        )


@dataclass(frozen=True)
class CostChange:
    """What a plan does to the bill: the estimate of what is deployed and that of what would be."""

    before: Estimate
    after: Estimate
