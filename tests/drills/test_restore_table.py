"""The table is emptied by mistake, and comes back as it was; the steps of one story, in this order."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ops.exit_codes import ExitCode
from ops.recovery.times import shown
from tests.drills import elsewhere
from tests.drills.conftest import Deployed
from tests.drills.ledger import Drill
from tests.local.checkout import wait_for

FIRST, SECOND = "spec-wizard-sessions-dev", "spec-wizard-sessions-dev-r2"
KEPT, LOST = range(10), range(10, 30)

Items = dict[str, str]
Scaling = dict[tuple[str, str], tuple[int, int, list[Any]]]


def put(deployed: Deployed, table: str, number: int, text: str) -> None:
    deployed.client("dynamodb").put_item(
        TableName=table,
        Item={
            "PK": {"S": f"SESSION#drill-{number}"},
            "SK": {"S": "META"},
            "GSI1PK": {"S": f"MAGIC#drill-{number}"},
            "GSI1SK": {"S": f"SESSION#drill-{number}"},
            "text": {"S": text},
            "expiresAt": {"N": str(int(time.time()) + 86_400)},
        },
    )


def items(deployed: Deployed, table: str) -> Items:
    """What the drill has put there: key -> text."""
    pages = deployed.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    found = (item for page in pages for item in page["Items"])
    return {item["PK"]["S"]: item["text"]["S"] for item in found if "drill-" in item["PK"]["S"]}


def scaling(deployed: Deployed) -> Scaling:
    """Resource and dimension of each scalable target -> its capacities and its policies."""
    client = deployed.client("application-autoscaling")
    targets = client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    policies = client.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]

    def of(one: dict[str, Any]) -> tuple[str, str]:
        return one["ResourceId"], one["ScalableDimension"]

    return {
        of(target): (
            target["MinCapacity"],
            target["MaxCapacity"],
            [
                (one["PolicyName"], one["PolicyType"], one["TargetTrackingScalingPolicyConfiguration"])
                for one in policies
                if of(one) == of(target)
            ],
        )
        for target in targets
    }


def moment() -> str:
    """A time with a second of its own, as `--to` takes it."""
    time.sleep(1.5)
    now = datetime.now(UTC)
    time.sleep(1.5)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def scaled(deployed: Deployed) -> Scaling:
    """How the first table is scaled, before anything happens to it."""
    return scaling(deployed)


@pytest.fixture(scope="module")
def then(deployed: Deployed, scaled: Scaling) -> str:
    """Thirty items, then the moment to come back to, then the mistake."""
    for number in (*KEPT, *LOST):
        put(deployed, FIRST, number, "good")
    at = moment()
    for number in LOST:
        key = {"PK": {"S": f"SESSION#drill-{number}"}, "SK": {"S": "META"}}
        deployed.client("dynamodb").delete_item(TableName=FIRST, Key=key)
    put(deployed, FIRST, 0, "damaged")
    put(deployed, FIRST, 99, "later")
    return at


GOOD: Items = {f"SESSION#drill-{number}": "good" for number in (*KEPT, *LOST)}


def test_times_outside_of_the_window_are_refused(deployed: Deployed, then: str) -> None:
    output = deployed.here.ops(
        "--local", "restore", "table", "dev", "--to", "2020-01-01T00:00:00Z", code=ExitCode.USAGE
    )
    assert f"before the earliest time that {FIRST} can be restored to: from 20" in output
    dry = deployed.here.ops("--local", "restore", "table", "dev", "--to", then, "--dry-run")
    assert "Nothing was changed." in dry
    assert deployed.client("dynamodb").list_tables()["TableNames"].count(SECOND) == 0


def killed_when(deployed: Deployed, then: str, seen: str, sees: Callable[[], bool] = lambda: True) -> None:
    """The restore is begun and ended by kill -9 as soon as it prints this, and this can be seen."""
    with deployed.here.started("--local", "restore", "table", "dev", "--to", then, "--yes") as process:
        wait_for(process, seen)
        deadline = time.monotonic() + 60
        while not sees() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        deployed.here.kill_terraform()


def status(deployed: Deployed) -> str:
    client = deployed.client("dynamodb")
    names = client.list_tables()["TableNames"]
    return str(client.describe_table(TableName=SECOND)["Table"]["TableStatus"]) if SECOND in names else ""


def test_a_table_comes_back_through_three_kills(deployed: Deployed, then: str, drill: Drill) -> None:
    lost = items(deployed, FIRST)
    damaged = [key for key in GOOD.keys() & lost.keys() if GOOD[key] != lost[key]]
    drill.loses(
        f"{len(GOOD.keys() - lost.keys())} of {len(GOOD)} items deleted, {len(damaged)} damaged, "
        f"{len(lost.keys() - GOOD.keys())} made later"
    )
    with elsewhere.TABLE.survived() as struck:
        killed_when(deployed, then, "DynamoDB restores", lambda: status(deployed) == "CREATING")
        struck("DynamoDB restores")
        killed_when(deployed, then, "Items are counted")
        struck("items are counted")
        assert items(deployed, FIRST)["SESSION#drill-0"] == "damaged"
        assert deployed.outputs()["dynamodb_table_name"] == FIRST

        killed_when(deployed, then, "done aws_dynamodb_table.")
        struck("the table is Terraform's")
        elsewhere.make_good(deployed.here, "dev")

        output = deployed.here.ops("--local", "restore", "table", "dev", "--to", then, "--yes")
        assert f"{SECOND} is live." in output
        back = items(deployed, SECOND)
        assert back == GOOD
    drill.gets_back(f"{len(back)} of {len(GOOD)} items as they were; none that was made later")
    drill.gets_back(measured(deployed, output, then))


def measured(deployed: Deployed, output: str, then: str) -> str:
    """What the last run tells of RTO and RPO; that it tells the counts of both tables and the way back."""
    client = deployed.client("dynamodb")
    counted = re.search(r"^ *all +(\d+) +(\d+)$", output, re.MULTILINE)
    assert counted, output
    counts = [client.scan(TableName=table, Select="COUNT")["Count"] for table in (FIRST, SECOND)]
    assert [int(number) for number in counted.groups()] == counts
    begun = shown(client.describe_table(TableName=SECOND)["Table"]["CreationDateTime"])
    rto = re.search(
        rf"(RTO [^,]+), counted from {begun}, when DynamoDB began to restore {SECOND}; this run took", output
    )
    rpo = re.search(rf"(RPO [^:]+): what was written after {then} is in {FIRST} only\.", output)
    assert rto, output
    assert rpo, output
    assert "The way back:  ops restore table dev --back" in output
    return f"the command says {rto[1]} and {rpo[1]}"


def test_the_table_has_what_dynamodb_does_not_restore(deployed: Deployed, scaled: Scaling) -> None:
    client = deployed.client("dynamodb")

    def settings(table: str) -> dict[str, Any]:
        found = client.describe_table(TableName=table)["Table"]
        backups = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]
        indexes = found["GlobalSecondaryIndexes"]
        return {
            "keys": found["KeySchema"],
            "attributes": sorted(one["AttributeName"] for one in found["AttributeDefinitions"]),
            "indexes": [(one["IndexName"], one["KeySchema"], one["Projection"]) for one in indexes],
            "billing": found["BillingModeSummary"]["BillingMode"],
            "encryption": found["SSEDescription"],
            "stream": found["StreamSpecification"],
            "protection": found["DeletionProtectionEnabled"],
            "ttl": client.describe_time_to_live(TableName=table)["TimeToLiveDescription"],
            "recovery": (recovery["PointInTimeRecoveryStatus"], recovery["RecoveryPeriodInDays"]),
            "tags": sorted(
                (tag["Key"], tag["Value"])
                for tag in client.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"]
            ),
        }

    assert settings(SECOND) == settings(FIRST)
    assert settings(SECOND)["stream"]["StreamEnabled"]
    assert settings(SECOND)["protection"]
    now = scaling(deployed)
    assert sorted((resource, dimension.split(":")[2]) for resource, dimension in now) == [
        (f"table/{SECOND}", "ReadCapacityUnits"),
        (f"table/{SECOND}", "WriteCapacityUnits"),
        (f"table/{SECOND}/index/GSI1", "ReadCapacityUnits"),
        (f"table/{SECOND}/index/GSI1", "WriteCapacityUnits"),
    ]
    assert {(name.replace(SECOND, FIRST), dimension): one for (name, dimension), one in now.items()} == scaled
    assert all(policies for *_, policies in scaled.values())
    plan = deployed.here.terraform("dev", "plan", "-detailed-exitcode")
    assert "aws_dynamodb_table" not in plan.stdout.partition("Terraform will perform")[2], plan.stdout


def test_everything_uses_the_restored_table(deployed: Deployed) -> None:
    outputs = deployed.outputs()
    assert outputs["dynamodb_table_name"] == SECOND
    assert f":table/{SECOND}/stream/" in outputs["dynamodb_stream_arn"]
    parameter = deployed.client("ssm").get_parameter(Name="/spec-wizard/dev/dynamodb_table_name")
    assert parameter["Parameter"]["Value"] == SECOND
    mappings = deployed.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    backups = deployed.client("backup")
    (planned,) = backups.list_backup_plans()["BackupPlansList"]
    (selection,) = backups.list_backup_selections(BackupPlanId=planned["BackupPlanId"])[
        "BackupSelectionsList"
    ]
    chosen = backups.get_backup_selection(
        BackupPlanId=planned["BackupPlanId"], SelectionId=selection["SelectionId"]
    )
    assert [arn.rpartition("/")[2] for arn in chosen["BackupSelection"]["Resources"]] == [SECOND]
    streams = [one["EventSourceArn"] for one in mappings if ":dynamodb:" in one["EventSourceArn"]]
    assert streams == [outputs["dynamodb_stream_arn"]]
    smoke = deployed.here.ops("--local", "smoke", "dev")
    assert "FAIL" not in smoke
    again = deployed.here.ops("--local", "restore", "table", "dev", "--back", "--dry-run")
    assert f"{FIRST} would be the live table" in again


def test_going_back_is_one_command_through_three_kills(
    deployed: Deployed, scaled: Scaling, drill: Drill
) -> None:
    put(deployed, SECOND, 50, "made in the restored table")
    before = items(deployed, FIRST), items(deployed, SECOND)
    assert before[0]["SESSION#drill-99"] == "later"
    drill.loses("the restored table turns out to be the wrong one")
    command = ("--local", "restore", "table", "dev", "--back", "--yes")
    with elsewhere.TABLE_BACK.survived() as struck:
        for share in elsewhere.drawn(elsewhere.TABLE_BACK):
            struck(elsewhere.killed_in_apply(deployed.here, share, *command))
            elsewhere.make_good(deployed.here, "dev")
            assert (items(deployed, FIRST), items(deployed, SECOND)) == before
        output = deployed.here.ops(*command)
        assert f"{FIRST} is live." in output
        assert deployed.outputs()["dynamodb_table_name"] == FIRST
        assert (items(deployed, FIRST), items(deployed, SECOND)) == before
        assert scaling(deployed) == scaled
    first, second = map(len, before)
    drill.gets_back(f"the first table with its {first} items; the restored one is kept, with {second}")
    assert "FAIL" not in deployed.here.ops("--local", "smoke", "dev")


def test_old_tables_are_removed_on_demand_only(deployed: Deployed) -> None:
    output = deployed.here.ops("--local", "restore", "table", "dev", "--remove-old", "--yes")
    assert f"Deletion of {SECOND}" in output
    assert SECOND not in deployed.client("dynamodb").list_tables()["TableNames"]
    assert len(items(deployed, FIRST)) == len(KEPT) + 1
    assert "Nothing to do." in deployed.here.ops(
        "--local", "restore", "table", "dev", "--remove-old", "--yes"
    )
