"""What of a state must not be shown, and in whose place `(sensitive)` stands.

Three sources: what the state marks; what the provider's schema marks (`sensitive_attributes.json`, for the
one provider release that the project pins); and what looks or is called like a key (`ops/masking.py`).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path as File
from typing import Any

from ops.masking import below, may_be_one, names_one, without_secrets
from ops.state.document import Instance, Output, Path, Step

MASK = "(sensitive)"
SCHEMA = File(__file__).parent / "sensitive_attributes.json"
"""Type, `data.` before that of a data source -> attributes, the names of blocks before them."""


def masked(instance: Instance) -> dict[str, Any]:
    """The attributes of a resource as they may be shown."""
    paths = [*instance.sensitive, *_marked_by_schema(instance)]
    return {
        name: _mask(value, (name,), paths, names_one(name)) for name, value in instance.attributes.items()
    }


def masked_output(output: Output) -> Any:
    """The value of an output as it may be shown."""
    return MASK if output.sensitive else _mask(output.value, (), [], names_one(output.name))


def _marked_by_schema(instance: Instance) -> list[Path]:
    data = "data." if instance.mode == "data" else ""
    return [tuple(path.split(".")) for path in _schema().get(f"{data}{instance.type}", [])]


@cache
def _schema() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def _mask(value: Any, here: Path, paths: list[Path], called: bool | None) -> Any:
    """`here` leads to `value`; `called`: whether a name on the way is that of a secret."""
    if value is None:
        return None
    if any(_same(path, here) for path in paths):
        return MASK
    if isinstance(value, dict):
        return {
            key: _mask(item, (*here, key), paths, below(called, value, key)) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_mask(item, (*here, place), paths, called) for place, item in enumerate(value)]
    if called and may_be_one(value):
        return MASK
    return without_secrets(value, MASK) if isinstance(value, str) else value


def _same(path: Path, here: Path) -> bool:
    """Whether they lead to the same place. The schema's paths name no places in lists: they mean all."""
    if path == here:
        return True
    return path == tuple(step for step in here if not _is_place(step)) and not any(map(_is_place, path))


def _is_place(step: Step) -> bool:
    return isinstance(step, int)
