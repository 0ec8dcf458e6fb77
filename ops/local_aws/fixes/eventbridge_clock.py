"""A way for tests to have a schedule's time pass.

Upstream, MiniStack 1.5.33: services/eventbridge.py fires a rule when its time has come, and nothing makes it
come: rate(1 day) takes a day. The fix adds

POST /_ministack/events/elapse?rule=NAME&seconds=86400, without credentials: the rules of this name, in every
account and region, behave as if they had fired that long ago; those that are due then fire at once. Answer:
{"rules": number of rules of that name}.
"""

from __future__ import annotations

import json
import time
from typing import Any

PATH = "/_ministack/events/elapse"


def install() -> None:
    """Adds the endpoint."""
    import ministack.app as app

    inner = app._handle_ses_messages_request

    async def handle(method: str, path: str, headers: Any, query_params: Any) -> Any:
        if path != PATH:
            return await inner(method, path, headers, query_params)
        [name], [seconds] = query_params["rule"], query_params["seconds"]
        rules = _elapse(name, float(seconds))
        return 200, {"Content-Type": "application/json"}, json.dumps({"rules": rules}).encode()

    app._handle_ses_messages_request = handle


def _elapse(name: str, seconds: float) -> int:
    from ministack.services import eventbridge

    named = [key for key, rule in list(eventbridge._rules._data.items()) if rule.get("Name") == name]
    for key in named:
        eventbridge._rule_last_fired[key] = time.time() - seconds
    eventbridge._tick_scheduled_rules()
    return len(named)
