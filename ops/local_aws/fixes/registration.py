"""Not a fix: makes the data that a fix keeps part of MiniStack's persistence and reset."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType
from typing import Any

Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, list[str]]], Awaitable[Any]]


def register(name: str, stores: Mapping[str, Any], handler: Handler | None = None) -> None:
    """Registers `stores` (MiniStack's scoped dictionaries) as the service module `name`.

    MiniStack saves, loads and resets the modules that its registry names (app._registry_state_map,
    app._reset_all_state); there is no other door.
    """
    import ministack.app as app

    def load(saved: Mapping[str, Any] | None) -> None:
        for key, store in stores.items():
            if saved and key in saved:
                store.update(saved[key])

    def reset() -> None:
        for store in stores.values():
            store.clear()

    module = ModuleType(f"ministack.services.{name}")
    vars(module).update(
        handle_request=handler, get_state=lambda: dict(stores), load_persisted_state=load, reset=reset
    )
    sys.modules[module.__name__] = app._loaded_modules[name] = module
    app._state_map[name] = name
    app.SERVICE_REGISTRY.setdefault(name, {"module": name})
