"""Configuration of the environments. Imports nothing else of the project, and never cdktf.

    configs = load_all(selected())

The names below load on first use: `environments.naming` alone costs no import of pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from environments.accounts import Account, load_accounts
    from environments.loading import load, load_all, selected
    from environments.problems import ConfigurationError
    from environments.schema import EnvironmentConfig

__all__ = [
    "ENVIRONMENTS",
    "Account",
    "ConfigurationError",
    "EnvironmentConfig",
    "load",
    "load_accounts",
    "load_all",
    "selected",
]

ENVIRONMENTS = ("dev", "staging", "prod")

_HOMES = {
    "Account": "accounts",
    "ConfigurationError": "problems",
    "EnvironmentConfig": "schema",
    "load": "loading",
    "load_accounts": "accounts",
    "load_all": "loading",
    "selected": "loading",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
