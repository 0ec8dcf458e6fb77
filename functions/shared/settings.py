"""Settings of a function: a frozen dataclass, read from environment variables."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

T = TypeVar("T")

_READERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "tuple[str, ...]": lambda text: tuple(text.split(",")) if text else (),
}
"""Type of a field, as it is written -> how its text is read. A tuple's items are separated by commas."""


class SettingsError(RuntimeError):
    """The function's environment is not what its settings need; names every variable that is wrong."""


def load(model: type[T], environ: Mapping[str, str] = os.environ) -> T:
    """Read the settings; each field's variable is its name in capitals.

    A field with a default may be unset. SettingsError: something is missing or of the wrong form.
    """
    values, wrong = {}, []
    for field in fields(model):  # type: ignore[arg-type]
        name = variable(field)
        text = environ.get(name)
        if text is None:
            if field.default is MISSING:
                wrong.append(f"{name} is not set")
            continue
        try:
            values[field.name] = _READERS[str(field.type)](text)
        except ValueError:
            wrong.append(f"{name}={text!r} is no {field.type}")
    if wrong:
        raise SettingsError("; ".join(wrong))
    return model(**values)


def variable(field: Field[Any]) -> str:
    """The environment variable of a field."""
    return field.name.upper()


def variables(model: type) -> dict[str, bool]:
    """Every variable of these settings -> whether it must be set."""
    return {variable(field): field.default is MISSING for field in fields(model)}
