"""The DynamoDB table, its capacity, and its backups."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from environments.ranges import NONE, Range, exactly
from ops.cost.metering import Metered, Month, NoAssumptionError
from ops.cost.quantities import HOURS
from ops.cost.resources import Resource, blocks

ALARMS_OF_A_SCALING_POLICY = 4
"""Application Auto Scaling makes them beside ours: two for the load, two for the capacity (from memory)."""


def table(resource: Resource, month: Month) -> Iterator[Metered]:
    """Requests or capacity, storage, point-in-time recovery. Lambda reads the stream for nothing."""
    used, indexes = month.used(), resource.blocks("global_secondary_index")
    if resource.values.get("billing_mode", "PROVISIONED") == "PAY_PER_REQUEST":
        writes = used.write_units(len(indexes))
        yield Metered("dynamodb.write-requests", writes, "write units, those of the index too")
        yield Metered("dynamodb.read-requests", used.read_units, "read units")
    else:
        for kind in ("write", "read"):
            units = sum(int(one.get(f"{kind}_capacity") or 0) for one in (resource.values, *indexes))
            yield Metered(
                f"dynamodb.{kind}-capacity", exactly(units * HOURS), f"{kind} capacity kept ready, unit-hours"
            )
    yield Metered("dynamodb.storage", used.table_gb, "GB of items")
    if resource.block("point_in_time_recovery").get("enabled"):
        yield Metered("dynamodb.pitr", used.table_gb, "GB for point-in-time recovery")


def scaling_target(resource: Resource, month: Month) -> Iterator[Metered]:
    """What scaling adds to the least capacity: nothing (low), or what the load's peak needs (high)."""
    used = month.used()
    dimension = str(resource.values.get("scalable_dimension", ""))
    kind = "write" if "Write" in dimension else "read"
    if "index" in dimension:
        needed = used.sessions * used.usage.indexed_writes_per_session if kind == "write" else NONE
    else:
        needed = used.write_units(0) if kind == "write" else used.read_units
    peak = needed.high * used.usage.scaling_load.high / (HOURS * 3600)
    least, most = (Decimal(int(resource.values.get(f"{end}_capacity") or 0)) for end in ("min", "max"))
    more = max(Decimal(0), min(most, peak.to_integral_value(rounding="ROUND_CEILING")) - least)
    yield Metered(
        f"dynamodb.{kind}-capacity", Range(Decimal(0), more * HOURS), f"{kind} capacity at peaks, unit-hours"
    )


def scaling_policy(resource: Resource, month: Month) -> Iterator[Metered]:
    """Its alarms are charged like ours."""
    yield Metered("cloudwatch.alarm-metric", exactly(ALARMS_OF_A_SCALING_POLICY), "alarms that scaling makes")


def backup_plan(resource: Resource, month: Month) -> Iterator[Metered]:
    """Each kept backup is a whole copy of the table."""
    for rule in resource.blocks("rule"):
        if "* * ?" not in str(rule.get("schedule", "")):
            raise NoAssumptionError(f"how often a backup by {rule.get('schedule')} is made is not known")
        days = next((one.get("delete_after") for one in blocks(rule, "lifecycle")), None)
        if not days:
            raise NoAssumptionError("backups that are kept for ever have no bound")
        yield Metered("backup.storage", month.used().table_gb * int(days), f"GB in {days} daily backups")


def restore_test(resource: Resource, month: Month) -> Iterator[Metered]:
    """Once a month; the restored table lives for less than a day."""
    yield Metered("backup.restore", month.used().table_gb, "GB of one restore test a month")
