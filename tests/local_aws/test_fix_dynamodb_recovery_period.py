"""fixes/dynamodb_recovery_period.py"""

from __future__ import annotations

from typing import Any

from tests.local_aws.cloud import Cloud


def _enable(cloud: Cloud, **period: int) -> dict[str, Any]:
    dynamodb, table = cloud.client("dynamodb"), cloud.table()
    dynamodb.update_continuous_backups(
        TableName=table,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, **period},
    )
    answer = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery: dict[str, Any] = answer["PointInTimeRecoveryDescription"]
    return recovery


def test_the_period_is_kept(fixed: Cloud) -> None:
    assert _enable(fixed, RecoveryPeriodInDays=7)["RecoveryPeriodInDays"] == 7


def test_the_default_is_35_days(fixed: Cloud) -> None:
    assert _enable(fixed)["RecoveryPeriodInDays"] == 35


def test_a_table_without_recovery_has_no_period(fixed: Cloud) -> None:
    answer = fixed.client("dynamodb").describe_continuous_backups(TableName=fixed.table())
    recovery = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery == {"PointInTimeRecoveryStatus": "DISABLED"}


def test_stock_drops_the_period(stock: Cloud) -> None:
    assert "RecoveryPeriodInDays" not in _enable(stock, RecoveryPeriodInDays=7)
