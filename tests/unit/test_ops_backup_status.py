"""What `ops backup status` finds, without AWS."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.recovery import backup_status
from ops.recovery.backup_status import RecoveryPoint, RestoreTest, Status
from tests.drills.ledger import Drill, table
from tests.support import configuration

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def _ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


GOOD = Status(
    table="spec-wizard-sessions-prod",
    table_exists=True,
    earliest=_ago(days=35),
    latest=_ago(minutes=5),
    vault_since=_ago(days=100),
    advanced=True,
    recovery_points=(RecoveryPoint(_ago(hours=9), "COMPLETED", 10),),
    tests_since=_ago(days=100),
    restore_tests=(RestoreTest(_ago(days=30), "COMPLETED", "", "SUCCESSFUL"),),
    bucket="spec-wizard-exports-prod-123456789012",
    versioning="Enabled",
    noncurrent_days=90,
)


def _findings(environment: str = "prod", **changes: Any) -> list[str]:
    status = replace(GOOD, **changes)
    return list(backup_status.findings(configuration.config(environment), status, NOW))


def test_prod_as_promised_has_no_finding() -> None:
    assert _findings() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"table_exists": False, "earliest": None}, "does not exist"),
        ({"earliest": None, "latest": None}, "Point-in-time recovery of spec-wizard-sessions-prod is off"),
        ({"versioning": "Suspended"}, "keeps no versions"),
        ({"noncurrent_days": 30}, "for 30 days instead of 90"),
        ({"vault_since": None}, "There is no backup vault"),
        ({"advanced": False}, "advanced features for DynamoDB are off"),
        ({"recovery_points": ()}, "The newest complete backup does not exist"),
        (
            {"recovery_points": (RecoveryPoint(_ago(hours=49), "COMPLETED", 1),)},
            "The newest complete backup is 2 d 1 h old",
        ),
        (
            {"recovery_points": (RecoveryPoint(_ago(hours=1), "PARTIAL", 1),)},
            "The newest complete backup does not exist",
        ),
        ({"tests_since": None, "restore_tests": ()}, "Restores are not tested"),
        (
            {"restore_tests": (RestoreTest(_ago(days=1), "FAILED", "no permission", ""),)},
            "ended FAILED: no permission",
        ),
        ({"restore_tests": ()}, "No restore was tested for 40 days"),
    ],
)
def test_whatever_falls_short_is_named(changes: dict[str, Any], said: str) -> None:
    (finding,) = _findings(**changes)
    assert said in finding


def test_what_is_new_is_given_time() -> None:
    assert (
        _findings(vault_since=_ago(hours=1), recovery_points=(), tests_since=_ago(days=1), restore_tests=())
        == []
    )


def test_old_versions_that_are_never_removed_are_no_finding() -> None:
    assert _findings(noncurrent_days=None) == []


def test_dev_promises_neither_recovery_nor_backups() -> None:
    bare: dict[str, Any] = {"earliest": None, "latest": None, "vault_since": None, "tests_since": None}
    assert _findings("dev", **bare, noncurrent_days=7) == []


def test_the_json_says_whether_it_is_in_order() -> None:
    document = json.loads(json.dumps(GOOD.as_json()))
    assert document["ok"] is True
    assert document["earliest"] == "2026-02-24T12:00:00Z"
    assert document["recovery_points"] == [
        {"at": "2026-03-31T03:00:00Z", "status": "COMPLETED", "size_bytes": 10}
    ]
    assert replace(GOOD, findings=("x",)).as_json()["ok"] is False


def test_the_drills_table_shows_what_failed() -> None:
    good, bad = Drill("a table comes back"), Drill("objects come back")
    good.loses("20 items")
    good.gets_back("20 of 20")
    good.ends(failed=False)
    bad.loses("2 objects")
    bad.gets_back("1 object")
    bad.ends(failed=True)
    heading, rule, first, second = table([good, bad])
    assert heading.split() == ["drill", "what", "was", "lost", "what", "came", "back", "time"]
    assert set(rule) == {"-", " "}
    assert "20 items" in first
    assert "20 of 20" in first
    assert "FAILED" in second
    assert "1 object" not in second
