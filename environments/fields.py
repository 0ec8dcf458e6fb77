"""The fields of the configuration one by one: a whole model says nothing about the rest once one is wrong."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, cast

from pydantic import ConfigDict, TypeAdapter
from pydantic.fields import FieldInfo

from environments.schema import EnvironmentConfig
from environments.settings import Model, Setting


@dataclass(frozen=True)
class Leaf:
    """One field that holds a value, with its setting."""

    setting: Setting
    field: FieldInfo

    def parse(self, value: Any) -> Any:
        """The value as the model holds it. Raises pydantic.ValidationError."""
        return self._adapter.validate_python(value)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        annotation = operator.getitem(cast(Any, Annotated), (self.field.annotation, *self.field.metadata))
        return TypeAdapter(annotation, config=ConfigDict(strict=True))


def models(model: type[Model] = EnvironmentConfig, prefix: str = "") -> Iterator[tuple[type[Model], str]]:
    """The model and its inner models, each with the path before its fields."""
    yield model, prefix
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Model):
            yield from models(field.annotation, f"{prefix}{name}.")


@cache
def leaves() -> dict[str, Leaf]:
    """By dotted path, such as `storage.versioning`, in the order of the schema."""
    return {
        prefix + name: Leaf(setting, field)
        for model, prefix in models()
        for name, field in model.model_fields.items()
        for setting in field.metadata
        if isinstance(setting, Setting)
    }


@cache
def variables() -> frozenset[str]:
    """Names of all environment variables that mean something here."""
    return frozenset(leaf.setting.variable for leaf in leaves().values())
