"""The gate for data that an apply would lose: backups and retention."""

from __future__ import annotations

from typing import Any

import pytest

from ops.gates.schedules import runs_a_year
from tests.support.plan_documents import updated
from tests.unit.test_gates_data_loss import told

DAILY, WEEKLY = "cron(0 5 * * ? *)", "cron(0 5 ? * MON *)"


class TestBackups:
    @staticmethod
    def change(before: dict[str, Any], after: dict[str, Any], **more: Any) -> list[str]:
        values = ({"rule": [{"rule_name": "day", "schedule": DAILY, **one}]} for one in (before, after))
        return [what.partition(": ")[2] for what in told(updated("aws_backup_plan.p", *values, **more))]

    def test_rarer(self) -> None:
        assert self.change({}, {"schedule": WEEKLY}) == [
            f"rule day would run less often: by {WEEKLY}, until now by {DAILY}"
        ]
        assert (
            self.change({"schedule": WEEKLY}, {}) == self.change({}, {"schedule": "cron(0 3 * * ? *)"}) == []
        )

    @pytest.mark.parametrize("schedule", [None, "cron(0 5 1 1 ? 2030)", "whenever"])
    def test_what_cannot_be_compared(self, schedule: str | None) -> None:
        (what,) = self.change({}, {"schedule": schedule})
        assert "cannot be compared" in what
        assert self.change({"schedule": schedule}, {"schedule": schedule}) == []

    def test_continuous_backup_off(self) -> None:
        on, off = ({"enable_continuous_backup": one} for one in (True, False))
        (what,) = self.change(on, off)
        assert "continuously" in what
        assert self.change(off, on) == []

    def test_copies(self) -> None:
        def copies(**days: int) -> dict[str, Any]:
            return {
                "copy_action": [
                    {"destination_vault_arn": vault, "lifecycle": [{"delete_after": count}]}
                    for vault, count in days.items()
                ]
            }

        assert self.change(copies(a=9, b=9), copies(a=9)) == [
            "backups of rule day would not be copied any more to b"
        ]
        assert self.change(copies(a=9), copies(a=7)) == [
            "copies of rule day in a would be kept for 7 days, until now for 9 days"
        ]
        assert self.change(copies(a=9), copies(a=9, b=1)) == []
        assert (
            self.change(copies(a=9), {"copy_action": [{"lifecycle": []}]}) == []
        )  # a vault that is not known


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("rate(1 day)", 365),
        ("rate(12 hours)", 730),
        (DAILY, 365),
        ("cron(0 5 ? * * *)", 365),
        ("cron(0 0/6 * * ? *)", 4 * 365),
        ("cron(0,30 8-17 ? * MON-FRI *)", 20 * 5 * 52),
        (WEEKLY, 52),
        ("cron(0 5 ? * L *)", 52),
        ("cron(0 5 1 * ? *)", 12),
        ("cron(0 5 L * ? *)", 12),
        ("cron(0 5 ? * MON#1 *)", 12),
        ("cron(0 5 1 JAN,JUL ? *)", 2),
        ("cron(0 5 1 1 ? *)", 1),
    ],
)
def test_how_often_a_schedule_runs(expression: str, times: int) -> None:
    assert runs_a_year(expression) == pytest.approx(times, rel=0.05)


@pytest.mark.parametrize(
    "expression", ["", "cron(0 5 1 1 ? 2030)", "cron(0 5 1 * MON *)", "cron(x * * * ? *)"]
)
def test_a_schedule_that_is_not_understood(expression: str) -> None:
    assert runs_a_year(expression) is None


class TestObjectLock:
    @staticmethod
    def change(before: dict[str, Any], after: dict[str, Any] | None) -> list[str]:
        values = (
            {"bucket": "b", "rule": [{"default_retention": [one]}] if one else []} for one in (before, after)
        )
        return told(updated("aws_s3_bucket_object_lock_configuration.o", *values))

    def test_shorter_or_not_at_all(self) -> None:
        (what,) = self.change({"mode": "GOVERNANCE", "years": 1}, {"mode": "GOVERNANCE", "days": 364})
        assert "for 364 days, until now for 365 days" in what
        (what,) = self.change({"mode": "GOVERNANCE", "days": 30}, None)
        assert "not at all" in what
        assert self.change({"mode": "GOVERNANCE", "days": 364}, {"mode": "COMPLIANCE", "years": 1}) == []

    def test_less_firmly(self) -> None:
        (what,) = self.change({"mode": "COMPLIANCE", "days": 9}, {"mode": "GOVERNANCE", "days": 9})
        assert "whoever may bypass GOVERNANCE" in what
