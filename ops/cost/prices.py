"""The price list: what one unit costs, from where the figure is, and what is free of it.

`prices.toml` beside this file says what each field means. Money is Decimal, in USD.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from environments.rules import REGIONS
from ops.errors import OpsError
from ops.exit_codes import ExitCode

FILE = Path(__file__).with_name("prices.toml")
HOME = "us-east-1"
"""Whose prices stand in where a region has none."""
EVERYWHERE = "*"
FREE = "free"
"""In `from_memory`: that units are free, or how many of them."""
SOURCES = "; "
SOURCE = re.compile(r"https://[\w.-]+/\S+|[\w.-]+(?:/[\w.-]+)*\.\w+")
"""An address of the web with a path, or a file of the repository."""
OLD_AFTER_DAYS = 183
"""About six months."""

Usd = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Model):
    """Units of a month up to `up_to` cost `usd` (for `per` of them); None: all the rest."""

    up_to: Annotated[int, Field(gt=0)] | None = None
    usd: Usd


class Price(_Model):
    """One row. free_group: rows that share one free allowance, which is then the same in each of them.

    from_memory: what of a sourced row its source does not say: FREE, or a few words.
    """

    key: Annotated[str, Field(pattern=r"^[a-z0-9]+\.[a-z0-9_-]+$")]
    service: Annotated[str, Field(min_length=1)]
    unit: Annotated[str, Field(min_length=1)]
    per: Annotated[int, Field(gt=0)] = 1
    usd: Usd | None = None
    steps: tuple[Step, ...] = ()
    free: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    free_group: str = ""
    region: str = HOME
    source: Annotated[str, Field(min_length=1)]
    date: date
    confidence: Literal["sourced", "memory"]
    from_memory: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def has_one_price(self) -> Price:
        if (self.usd is None) == (not self.steps):
            raise ValueError("has either usd or steps")
        limits = [step.up_to for step in self.steps[:-1]]
        if self.steps and (self.steps[-1].up_to is not None or None in limits):
            raise ValueError("has an up_to in each step but the last")
        known = [limit for limit in limits if limit is not None]
        if known != sorted(set(known)):
            raise ValueError("has steps whose up_to does not grow")
        if (self.confidence == "sourced") == (self.source == "none"):
            raise ValueError('has source "none" exactly where its confidence is "memory"')
        if self.source != "none" and not all(map(SOURCE.fullmatch, self.source.split(SOURCES))):
            raise ValueError(f"has source {self.source!r}, which is neither an address nor a file")
        if self.confidence == "memory" and self.from_memory:
            raise ValueError("has from_memory, and is from memory as a whole")
        if self.region not in (EVERYWHERE, *REGIONS):
            raise ValueError(f"has region {self.region!r}, which is none")
        return self

    def cost(self, units: Decimal) -> Decimal:
        """USD for so many units of one month."""
        if self.usd is not None:
            return units * self.usd / self.per
        total, below = Decimal(0), Decimal(0)
        for step in self.steps:
            top = units if step.up_to is None else min(units, Decimal(step.up_to))
            total += max(Decimal(0), top - below) * step.usd / self.per
            below = max(below, top)
        return total

    def unsourced(self, *, free_tier: bool) -> str:
        """The key where it, or a part of it that matters here, has no source; with the part in brackets."""
        if self.confidence == "memory":
            return self.key
        parts = [part for part in self.from_memory if free_tier or part != FREE]
        return f"{self.key} ({', '.join(parts)})" if parts else ""

    @property
    def allowance(self) -> str:
        """What names its free units: its own, or those that it shares."""
        return self.free_group or self.key


class Prices:
    """All rows, asked by key and region."""

    def __init__(self, rows: Mapping[tuple[str, str], Price]) -> None:
        self._rows = rows

    def of(self, key: str, region: str) -> Price:
        """The row for a region, or that of us-east-1. Raises KeyError for a key that no row has."""
        for place in (region, EVERYWHERE):
            if (key, place) in self._rows:
                return self._rows[key, place]
        return self._rows[key, HOME]

    def stands_in(self, key: str, region: str) -> bool:
        """Whether this region has no price of its own, so that us-east-1's is taken."""
        return self.of(key, region).region not in (region, EVERYWHERE)

    @cached_property
    def rows(self) -> tuple[Price, ...]:
        """All, in the file's order."""
        return tuple(self._rows.values())

    @property
    def oldest(self) -> date:
        """Of all rows."""
        return min(row.date for row in self.rows)

    def old(self, today: date) -> list[Price]:
        """Rows that somebody should look up again."""
        return [row for row in self.rows if (today - row.date).days > OLD_AFTER_DAYS]


def load(file: Path = FILE) -> Prices:
    """The price list. Raises OpsError (CONFIGURATION), naming the row and what is wrong with it."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _refused(file, f"cannot be read: {error}") from None
    rows: dict[tuple[str, str], Price] = {}
    for number, entry in enumerate(document.get("price", ()), start=1):
        price = _price(file, number, entry)
        if (price.key, price.region) in rows:
            raise _refused(file, f"has {price.key} for {price.region} twice")
        rows[price.key, price.region] = price
    _shares_are_equal(file, rows.values())
    for key in {key for key, _ in rows}:
        if not {(key, HOME), (key, EVERYWHERE)} & rows.keys():
            raise _refused(file, f"has {key} for other regions, but not for {HOME}, which stands in for them")
    return Prices(rows)


def _price(file: Path, number: int, entry: Any) -> Price:
    try:
        return Price.model_validate(entry)
    except ValidationError as error:
        name = entry.get("key", "") if isinstance(entry, Mapping) else ""
        wrong = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}".removeprefix(": ")
            for problem in error.errors()
        )
        raise _refused(file, f"row {number} ({name or 'without key'}) is not right: {wrong}") from None


def _shares_are_equal(file: Path, rows: Any) -> None:
    groups: dict[str, Decimal] = {}
    for row in rows:
        if groups.setdefault(row.allowance, row.free) != row.free:
            raise _refused(file, f"{row.key} gives free_group {row.allowance} another number of free units")


def _refused(file: Path, what: str) -> OpsError:
    return OpsError(
        f"The price list {file.name} {what}.",
        hint=f"The beginning of {file.name} says what a row holds.",
        code=ExitCode.CONFIGURATION,
    )
