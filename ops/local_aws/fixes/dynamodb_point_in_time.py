"""Point-in-time recovery brings back what was there at that time, into a table as AWS makes it.

Upstream, MiniStack 1.5.33: services/dynamodb.py, `_restore_table_to_point_in_time` copies the latest items,
whatever RestoreDateTime says, also of a table without recovery; it drops the customer key and leaves no
RestoreSummary. `_describe_continuous_backups` answers that only this second can be restored. AWS writes down
every change from the moment recovery is on, refuses times outside, keeps the encryption, and makes the table
in a while, CREATING meanwhile; tags, TTL, stream, recovery and deletion protection are not restored. The
latest restorable time is this second here, about five minutes ago on AWS.
"""

from __future__ import annotations

import copy
import json
import time
from datetime import datetime
from typing import Any

from ops.local_aws.fixes import background

RESTORE_S = 2.0
"""How long a restore takes; on AWS minutes to hours."""
DAY_S = 86_400
DEFAULT_DAYS = 35

Answer = Any


def install() -> None:
    """Wraps the switch, the description, the restore and what every change of an item passes through."""
    from ministack.core.responses import AccountRegionScopedDict
    from ministack.services import dynamodb

    from ops.local_aws.fixes import registration

    recovery = _Recovery(dynamodb, AccountRegionScopedDict(), AccountRegionScopedDict())
    dynamodb._emit_stream_event = recovery.emit
    dynamodb._update_continuous_backups = recovery.update
    dynamodb._describe_continuous_backups = recovery.describe
    dynamodb._table_description = recovery.table_description
    dynamodb._restore_table_to_point_in_time = recovery.restore
    registration.register(
        "dynamodb_point_in_time_local", {"since": recovery.since, "journal": recovery.journal}
    )
    background.every_second(recovery.finish)


class _Recovery:
    """since: table id -> when recovery was switched on; journal: table id -> [(time, keys, old item)]."""

    def __init__(self, dynamodb: Any, since: Any, journal: Any) -> None:
        self.dynamodb, self.since, self.journal = dynamodb, since, journal
        self._emit, self._update = dynamodb._emit_stream_event, dynamodb._update_continuous_backups
        self._describe, self._description = (
            dynamodb._describe_continuous_backups,
            dynamodb._table_description,
        )
        self._create = dynamodb._create_table

    def emit(self, name: str, event: str, old: Any, new: Any, replicate: bool = True) -> Any:
        table = self.dynamodb._tables.get(name)
        if table and table["TableId"] in self.since:
            entry = (time.time(), self._keys(table, old or new), copy.deepcopy(old))
            self.journal.setdefault(table["TableId"], []).append(entry)
        return self._emit(name, event, old, new, replicate)

    def update(self, data: dict[str, Any]) -> Answer:
        answer = self._update(data)
        if answer[0] == 200:
            table = self._table(data)
            if data["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]:
                self.since.setdefault(table["TableId"], time.time())
            else:
                self.since.pop(table["TableId"], None)
                self.journal.pop(table["TableId"], None)
        return answer

    def describe(self, data: dict[str, Any]) -> Answer:
        status, headers, body = self._describe(data)[:3]
        if status != 200:
            return status, headers, body
        document = json.loads(body)
        found = document["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        if found["PointInTimeRecoveryStatus"] == "ENABLED":
            days = found.get("RecoveryPeriodInDays", DEFAULT_DAYS)
            found["EarliestRestorableDateTime"], found["LatestRestorableDateTime"] = self._window(
                self._table(data), days
            )
        from ministack.core.responses import json_response

        return json_response(document)

    def table_description(self, name: str) -> Any:
        found = self._description(name)
        summary = self.dynamodb._tables[name].get("RestoreSummary")
        return {**found, "RestoreSummary": summary} if summary else found

    def restore(self, data: dict[str, Any]) -> Answer:
        from ministack.core.responses import error_response_json, json_response

        dynamodb, target = self.dynamodb, data["TargetTableName"]
        name = data.get("SourceTableName") or dynamodb._normalize_table_name(data.get("SourceTableArn") or "")
        source = dynamodb._tables.get(name)
        if source is None:
            return error_response_json("TableNotFoundException", f"Table not found: {name}", 400)
        if target in dynamodb._tables:
            return error_response_json("TableAlreadyExistsException", f"Table already exists: {target}", 400)
        if source["TableId"] not in self.since:
            return error_response_json(
                "PointInTimeRecoveryUnavailableException",
                f"Point in time recovery is not enabled for table '{name}'",
                400,
            )
        earliest, latest = self._window(source, DEFAULT_DAYS)
        latest_wanted = data.get("UseLatestRestorableTime")
        at = latest if latest_wanted else _seconds(data["RestoreDateTime"])
        if not earliest <= at <= latest:
            return error_response_json(
                "InvalidRestoreTimeException",
                "An invalid restore time was specified. RestoreDateTime must be between"
                " EarliestRestorableDateTime and LatestRestorableDateTime.",
                400,
            )
        status, headers, body = self._create(self._request(source, target, data))
        if status != 200:
            return status, headers, body
        table = dynamodb._tables[target]
        table["SSEDescription"] = (
            dynamodb._sse_description_from_spec(data["SSESpecificationOverride"])
            if data.get("SSESpecificationOverride")
            else copy.deepcopy(source.get("SSEDescription"))
        )
        self._fill(table, source, at)
        table["RestoreSummary"] = {
            "SourceTableArn": source["TableArn"],
            "RestoreDateTime": at,
            "RestoreInProgress": True,
        }
        table["TableStatus"] = "CREATING"
        return json_response({"TableDescription": dynamodb._table_description(target)})

    def finish(self) -> bool:
        """Restores whose time is over are done."""
        done = False
        for account, region in background.scopes(self.dynamodb._tables):
            with background.scope(account, region):
                for table in list(self.dynamodb._tables.values()):
                    under_way = table.get("RestoreSummary", {}).get("RestoreInProgress")
                    if under_way and time.time() - table["CreationDateTime"] > RESTORE_S:
                        table["RestoreSummary"]["RestoreInProgress"] = False
                        table["TableStatus"] = "ACTIVE"
                        done = True
        return done

    def _table(self, data: dict[str, Any]) -> Any:
        return self.dynamodb._tables[self.dynamodb._normalize_table_name(data["TableName"])]

    def _window(self, table: Any, days: int) -> tuple[float, float]:
        """Whole seconds, as AWS has them."""
        now = time.time()
        # Switched on before this fix was there: it has seen nothing of what was until now.
        since = self.since.setdefault(table["TableId"], now)
        return float(int(max(since, now - days * DAY_S))), float(int(now))

    def _keys(self, table: Any, item: Any) -> tuple[Any, Any]:
        value, sort = self.dynamodb._extract_key_val, table["sk_name"]
        return value(item[table["pk_name"]]), value(item[sort]) if sort else "__no_sort__"

    def _request(self, source: Any, target: str, data: dict[str, Any]) -> Any:
        return self.dynamodb._restore_create_request(
            target,
            source.get("KeySchema", []),
            source.get("AttributeDefinitions", []),
            data.get("BillingModeOverride")
            or source.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            source.get("ProvisionedThroughput"),
            data,
            source.get("GlobalSecondaryIndexes"),
            source.get("LocalSecondaryIndexes"),
            [],
        )

    def _fill(self, table: Any, source: Any, at: float) -> None:
        """The items as they are, with every change since then undone, latest first."""
        items = copy.deepcopy(dict(source["items"]))
        for when, (partition, sort), old in reversed(self.journal.get(source["TableId"]) or []):
            if when <= at:
                break
            rows = items.setdefault(partition, {})
            if old is None:
                rows.pop(sort, None)
            else:
                rows[sort] = copy.deepcopy(old)
            if not rows:
                del items[partition]
        table["items"].clear()
        table["items"].update(items)
        self.dynamodb._items_replaced(table)


def _seconds(value: Any) -> float:
    if isinstance(value, int | float):
        return float(value)
    return datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp()
