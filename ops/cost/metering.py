"""What AWS meters of a resource: units of a row of the price list. `catalogue.py` says who meters what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from environments.ranges import Range
from environments.usage import AccountUsage
from ops.cost.quantities import Quantities
from ops.cost.resources import Resource, named


@dataclass(frozen=True)
class Metered:
    """So many units of a month. key: of the price list; what: for people."""

    key: str
    units: Range
    what: str


class NoAssumptionError(Exception):
    """Nothing is known of how much this resource is used; the text says of what."""


@dataclass(frozen=True)
class Month:
    """What a stack's resources are metered with.

    environment: its name, or "account". own: the environment's month; None for an account's stack. members:
    the months of all environments of the account. resources: all of the stack.
    """

    environment: str
    own: Quantities | None
    members: tuple[Quantities, ...]
    account: AccountUsage
    resources: Sequence[Resource]

    def used(self) -> Quantities:
        """The environment's own month. Raises NoAssumptionError in an account's stack."""
        if self.own is None:
            raise NoAssumptionError("how much an account's stack has of it is not assumed")
        return self.own

    def all(self, type_: str) -> list[Resource]:
        """The stack's resources of one type."""
        return list(named(self.resources, type_))

    def beside(self, resource: Resource, type_: str) -> Resource | None:
        """The resource of another type that belongs to this one."""
        return next((one for one in self.all(type_) if one.place == resource.place), None)


Meter = Callable[[Resource, Month], Iterator[Metered]]
