"""A quantity that is known between two bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, neither negative. Sums and products of ranges are ranges again."""

    low: Decimal
    high: Decimal

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __mul__(self, other: Range | int | Decimal) -> Range:
        if not isinstance(other, Range):
            other = Range(Decimal(other), Decimal(other))
        return Range(self.low * other.low, self.high * other.high)

    __rmul__ = __mul__

    def __truediv__(self, divisor: int | Decimal) -> Range:
        return Range(self.low / divisor, self.high / divisor)

    def ceil(self) -> Range:
        """Both bounds as whole numbers, rounded up."""
        return Range(Decimal(math.ceil(self.low)), Decimal(math.ceil(self.high)))


def exactly(number: int | Decimal) -> Range:
    """A quantity that is known."""
    return Range(Decimal(number), Decimal(number))


NONE = exactly(0)

ALLOWED = "a number that is not negative, or [low, high] with low not above high"


def range_of(value: Any) -> Any:
    """A range of what stands in a file: a number, or a list of two."""
    if isinstance(value, Range):
        return value
    numbers = value if isinstance(value, list | tuple) else [value, value]
    if len(numbers) != 2 or not all(_is_number(number) for number in numbers):
        raise ValueError("is neither a number nor a list of two")
    low, high = (Decimal(str(number)) for number in numbers)
    if low < 0:
        raise ValueError("is negative")
    if low > high:
        raise ValueError(f"has a low of {low} above its high of {high}")
    return Range(low, high)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return Decimal(str(value)).is_finite()


Quantity = Annotated[Range, BeforeValidator(range_of)]
