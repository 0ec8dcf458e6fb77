"""The values that one context key may have, divided by what a policy's conditions ask of it.

Source: IAM user guide, "Condition operators" and "Set operators for multivalued context keys": a test without
a value is false, except a negated one, one with IfExists, and ForAllValues; the two set operators do not heed
IfExists.
"""

from __future__ import annotations

import ipaddress
import itertools
import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from ops.gates.iam import patterns
from ops.gates.iam.statements import Test

MOST_VALUES = 8
"""Classes of values of which all sets are told apart, for a key that may have several values at once."""

_TEXTS: dict[str, tuple[Callable[[str], patterns.Pattern], bool]] = {
    "StringEquals": (patterns.literal, False),
    "StringNotEquals": (patterns.literal, True),
    "StringLike": (patterns.glob, False),
    "StringNotLike": (patterns.glob, True),
    "ArnLike": (patterns.arn, False),
    "ArnNotLike": (patterns.arn, True),
    "Bool": (patterns.literal, False),
    "BinaryEquals": (patterns.literal, False),
}
"""Operator -> how its values are read, and whether it is negated."""

_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "Equals": operator.eq,
    "NotEquals": operator.ne,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


class Places(Protocol):
    """The classes of one key's values, each one bit; the lowest is "no value"."""

    everything: int

    def passing(self, test: Test) -> int:
        """The classes whose values pass a test."""


class NotComparable(Exception):
    """Tests of one key that cannot be told apart by their values."""


def places(tests: Iterable[Test]) -> Places:
    """The classes of a key by all tests of it. Raises NotComparable, or TooComplex."""
    asking = [test for test in tests if test.operator != "Null"]
    sets = {bool(test.set_of) for test in asking}
    if len(sets) > 1:
        raise NotComparable
    values = _values(asking)
    return _Sets(values) if True in sets else _Single(values)


class _Values(Protocol):
    """Classes of single values."""

    everything: int

    def matching(self, test: Test) -> int:
        """Those for which the operator holds."""


def _values(tests: Sequence[Test]) -> _Values:
    operators = {test.operator for test in tests}
    if operators <= _TEXTS.keys():
        return _Texts(tests)
    if operators <= {"IpAddress", "NotIpAddress"}:
        return _Addresses(tests)
    for family, parse in (("Numeric", float), ("Date", _time)):
        if all(name.removeprefix(family) in _ORDERS for name in operators):
            return _Ordered(tests, family, parse)
    raise NotComparable


class _Texts:
    def __init__(self, tests: Sequence[Test]) -> None:
        self._classes = patterns.Classes(
            pattern for test in tests for pattern in map(_TEXTS[test.operator][0], sorted(test.values))
        )
        self.everything = self._classes.everything

    def matching(self, test: Test) -> int:
        read, negated = _TEXTS[test.operator]
        mask = self._classes.of(map(read, test.values))
        return self.everything & ~mask if negated else mask


class _Ordered:
    """Numbers and dates: each limit is a class, and so is what lies before, between and behind."""

    def __init__(self, tests: Sequence[Test], family: str, parse: Callable[[str], float]) -> None:
        try:
            limits = sorted({parse(value) for test in tests for value in test.values})
        except ValueError as unreadable:
            raise NotComparable from unreadable
        between = [(low + high) / 2 for low, high in itertools.pairwise(limits)]
        ends = [limits[0] - 1, limits[-1] + 1] if limits else [0.0]
        self._points = sorted({*limits, *between, *ends})
        self._family, self._parse = family, parse
        self.everything = (1 << len(self._points)) - 1

    def matching(self, test: Test) -> int:
        holds = _ORDERS[test.operator.removeprefix(self._family)]
        limits = [self._parse(value) for value in test.values]
        every = all if test.operator.endswith("NotEquals") else any
        return sum(
            1 << bit
            for bit, point in enumerate(self._points)
            if every(holds(point, limit) for limit in limits)
        )


class _Addresses:
    """IP addresses, as the numbers that they are: the first of each stretch stands for it."""

    def __init__(self, tests: Sequence[Test]) -> None:
        self._networks = {}
        try:
            for value in {value for test in tests for value in test.values}:
                network = ipaddress.ip_network(value, strict=False)
                first = int(network.network_address) + (1 << 129 if network.version == 6 else 0)
                self._networks[value] = range(first, first + network.num_addresses)
        except ValueError as unreadable:
            raise NotComparable from unreadable
        borders = {border for r in self._networks.values() for border in (r.start, r.stop)}
        beyond_v4 = 1 << 32
        inside = {border for border in borders if border != beyond_v4 and border != (1 << 129) + (1 << 128)}
        self._points = sorted({0, 1 << 129, *inside})
        self.everything = (1 << len(self._points)) - 1

    def matching(self, test: Test) -> int:
        mask = sum(
            1 << bit
            for bit, point in enumerate(self._points)
            if any(self._networks[value].start <= point < self._networks[value].stop for value in test.values)
        )
        return self.everything & ~mask if test.operator == "NotIpAddress" else mask


class _Single:
    """A key with one value or none."""

    def __init__(self, values: _Values) -> None:
        self._values = values
        self.everything = values.everything << 1 | 1

    def passing(self, test: Test) -> int:
        if test.operator == "Null":
            return _missing_or_not(test, self.everything)
        without_value = test.if_exists or "Not" in test.operator
        return self._values.matching(test) << 1 | int(without_value)


class _Sets:
    """A key with any number of values: each set of classes is a place, the empty one included."""

    def __init__(self, values: _Values) -> None:
        count = values.everything.bit_length()
        if count > MOST_VALUES:
            raise NotComparable
        self._values, self._sets = values, range(1 << count)
        self.everything = (1 << len(self._sets)) - 1

    def passing(self, test: Test) -> int:
        if test.operator == "Null":
            return _missing_or_not(test, self.everything)
        matching = self._values.matching(test)
        some = test.set_of == "ForAnyValue"
        return sum(
            1 << members
            for members in self._sets
            if (members & matching if some else not members & ~matching)
        )


class Alone:
    """A test that is true or false, whatever others say of its key: more requests than there are."""

    everything = 0b11

    def passing(self, test: Test) -> int:
        """It is the only one."""
        return 0b01


def _missing_or_not(test: Test, everything: int) -> int:
    passing = 1 if "true" in test.values else 0
    return passing | (everything & ~1 if "false" in test.values else 0)


def _time(value: str) -> float:
    """A date of IAM: ISO 8601, or seconds since 1970."""
    try:
        return float(value)
    except ValueError:
        moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
