"""Items whose time is over are removed within a second or two, and streams tell who removed them.

Upstream, MiniStack 1.5.33: services/dynamodb.py, _ttl_reaper looks once a minute and leaves no record in the
stream. AWS takes up to a few days and writes a REMOVE whose userIdentity is the service
(principalId dynamodb.amazonaws.com): consumers tell it from a deletion by that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from ops.local_aws.fixes import background

SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
UPSTREAMS_THREAD = "dynamodb-ttl-reaper"

_by_service = threading.local()


def install() -> None:
    """Adds the removal, has records of it marked, and takes it from MiniStack's own thread."""
    from ministack.services import dynamodb

    build, remove = dynamodb._build_change_record, dynamodb._remove_item

    def build_change_record(*arguments: Any, **more: Any) -> Any:
        record = build(*arguments, **more)
        if getattr(_by_service, "removes", False):
            record["userIdentity"] = dict(SERVICE)
        return record

    def remove_item(*arguments: Any) -> Any:
        # It would remove without a record what the next second finds.
        if threading.current_thread().name == UPSTREAMS_THREAD:
            return None
        return remove(*arguments)

    dynamodb._build_change_record, dynamodb._remove_item = build_change_record, remove_item
    background.every_second(_remove_all)


def _remove_all() -> bool:
    """Removes what is over; whether there was anything."""
    from ministack.services import dynamodb

    removed = False
    with dynamodb._lock:
        for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
            table = dynamodb._tables.get_scoped(account, region, name)
            if not table or setting.get("TimeToLiveStatus") != "ENABLED":
                continue
            with background.scope(account, region):
                for partition, sort, item in list(_over(table, setting["AttributeName"])):
                    _by_service.removes = True
                    try:
                        dynamodb._remove_item(table, partition, sort)
                        dynamodb._emit_stream_event(name, "REMOVE", item, None)
                    finally:
                        _by_service.removes = False
                    removed = True
    return removed


def _over(table: Any, attribute: str) -> Iterator[tuple[Any, Any, Any]]:
    """Only numbers count, in seconds, as on AWS."""
    now = time.time()
    for partition, items in table["items"].items():
        for sort, item in items.items():
            number = (item.get(attribute) or {}).get("N")
            if number is not None and float(number) <= now:
                yield partition, sort, item
