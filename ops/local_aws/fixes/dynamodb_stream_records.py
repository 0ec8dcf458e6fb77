"""Streams of tables outlive a restart of the server.

Upstream, MiniStack 1.5.33: services/lambda_svc.py, get_state keeps how far each event source mapping has
read, but services/dynamodb.py, get_state keeps no record of any stream, and counts anew from 0. So after a
restart a consumer waits for a record number that comes only after as many changes as there were before:
until then it is told of nothing. AWS keeps records for 24 hours, whatever happens to servers.

The fix keeps what some mapping has still to read; what all of them have read counts as expired.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

NAME = "dynamodb_stream_records"

Key = tuple[str, str, str]
"""Account, region, table."""


def install() -> None:
    """Registers the records with MiniStack's persistence, as a service of their own."""
    import ministack.app as app

    module = ModuleType(f"ministack.services.{NAME}")
    # dynamodb's own reset forgets the records.
    vars(module).update(get_state=_kept, load_persisted_state=_load, reset=lambda: None)
    sys.modules[module.__name__] = app._loaded_modules[NAME] = module
    app._state_map[NAME] = NAME
    app.SERVICE_REGISTRY.setdefault(NAME, {"module": NAME})


def _kept() -> dict[str, Any]:
    from ministack.core.responses import AccountRegionScopedDict
    from ministack.services import dynamodb

    records, trimmed = AccountRegionScopedDict(), AccountRegionScopedDict()
    positions = _positions()
    for (account, region, table), found in list(dynamodb._stream_records.all_items()):
        start = dynamodb._stream_trimmed.get_scoped(account, region, table, 0)
        end = start + len(found)
        first = min(max(start, position) for position in [*positions.get((account, region, table), []), end])
        records.set_scoped(account, region, table, found[first - start :])
        trimmed.set_scoped(account, region, table, first)
    return {"records": records, "trimmed": trimmed, "counter": dynamodb._stream_seq_counter}


def _positions() -> dict[Key, list[int]]:
    """How far each mapping has read, by the table that it reads."""
    from ministack.core.arn import parse_arn
    from ministack.services import lambda_svc

    found: dict[Key, list[int]] = {}
    for account, region, mapping in lambda_svc._iter_all_esms():
        arn = mapping.get("EventSourceArn", "")
        position = lambda_svc._dynamodb_stream_positions.get_scoped(account, region, mapping["UUID"])
        if ":dynamodb:" in arn and position is not None:
            table, _ = lambda_svc._dynamodb_stream_table_from_arn_spec(parse_arn(arn)) or ("", "")
            found.setdefault((account, region, table), []).append(position)
    return found


def _load(saved: Mapping[str, Any] | None) -> None:
    from ministack.services import dynamodb

    if saved:
        dynamodb._stream_records.update(saved["records"])
        dynamodb._stream_trimmed.update(saved["trimmed"])
        dynamodb._stream_seq_counter = saved["counter"]
