"""Texts within values."""

from __future__ import annotations

import json
from typing import Any


def opened(value: Any) -> Any:
    """JSON that is kept as text inside, as what it is: quoted twice nobody can read it."""
    if isinstance(value, dict):
        return {key: opened(member) for key, member in value.items()}
    if isinstance(value, list):
        return [opened(member) for member in value]
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
