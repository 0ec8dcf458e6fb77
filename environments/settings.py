"""What the models of `schema.py` are made of: a setting's description, its text forms, and rules.

A variable arrives as text, a value in `environments/<name>.py` as what it is. The parsers here take
exactly one spelling of a number, so that "1e3", "0x10", " 90" or "９０" never turn into a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator


@dataclass(frozen=True, slots=True)
class Setting:
    """The public face of one field; errors, `.env.example` and the guide all quote it."""

    variable: str
    """Name of the environment variable."""
    allowed: str
    """One phrase that says which values are allowed."""
    purpose: str
    """One sentence that says what the value does."""
    example: str
    """A value that is allowed, as it is written in a `.env` file."""


class Rule(NamedTuple):
    """A rule between fields of one model."""

    fields: tuple[str, ...]
    """What it looks at, dotted for fields of inner models; the first is the one to be named."""
    check: Callable[..., str | None]
    """Is given the values of `fields`; returns what is wrong, or None."""


class Model(BaseModel):
    """Base of all configuration models: frozen, nothing unknown, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)

    between_fields: ClassVar[tuple[Rule, ...]] = ()
    """The rules between fields of this model and of its inner models."""

    @model_validator(mode="after")
    def keeps_the_rules_between_fields(self) -> Self:
        """`loading` checks the rules itself, to name each; this holds models built by hand to them."""
        found = (
            rule.check(*(attrgetter(field)(self) for field in rule.fields)) for rule in self.between_fields
        )
        broken = [text for text in found if text]
        if broken:
            raise ValueError("; ".join(broken))
        return self


_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_ON_OFF = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


def whole_number(value: Any) -> Any:
    """Text of a number to the number; plain digits only, no sign, space, point or leading zero."""
    if not isinstance(value, str):
        return value
    if not _NUMBER.fullmatch(value):
        raise ValueError("is not a whole number in plain digits")
    return int(value)


def on_or_off(value: Any) -> Any:
    """Text of a switch to the switch."""
    if not isinstance(value, str):
        return value
    # isascii first: lower() maps a few letters of other scripts to ASCII ones.
    if not value.isascii() or value.lower() not in _ON_OFF:
        raise ValueError("is neither true nor false")
    return _ON_OFF[value.lower()]


def comma_separated(value: Any) -> Any:
    """Text of a list to a tuple. A space belongs to its item, which then refuses it."""
    return tuple(value.split(",")) if isinstance(value, str) else value


def between(low: int, high: int) -> AfterValidator:
    """Both ends allowed."""

    def is_between(value: int) -> int:
        if not low <= value <= high:
            raise ValueError(f"is {'less than ' + str(low) if value < low else 'more than ' + str(high)}")
        return value

    return AfterValidator(is_between)


WholeNumber = Annotated[int, BeforeValidator(whole_number)]
Switch = Annotated[bool, BeforeValidator(on_or_off)]

SWITCH = "true or false (also 1/0, yes/no, on/off)"
"""The `allowed` text of every switch."""
