"""What the table, its backups and objects cost, with the sums done by hand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from ops.cost.resources import Resource
from tests.support.costs import INDEX, cents, estimate, month, resource, table, units


class TestTable:
    def test_a_large_item_takes_more_units(self) -> None:
        used = month(
            sessions=1, item_kb=4.5, writes_per_session=10, messages_per_session=1, reads_per_message=10
        )
        found = estimate([table()], used)
        assert units(found, "dynamodb.write-requests")[0] == 50  # 5 units of 1 KB
        assert units(found, "dynamodb.read-requests")[0] == 20  # 2 units of 4 KB

    def test_writes_of_indexed_items_count_twice_and_others_once(self) -> None:
        used = month(sessions=100, writes_per_session=10, indexed_writes_per_session=3)
        assert units(estimate([table()], used), "dynamodb.write-requests")[0] == 1300
        without = estimate([table(global_secondary_index=[])], used)
        assert units(without, "dynamodb.write-requests")[0] == 1000

    def test_recovery_costs_by_what_is_stored(self) -> None:
        # 100 items of 1 KB for each of 104,857.6 sessions are 10 GB; kept for a month.
        used = month(sessions=104_857.6, items_per_session=100, kept_days=30.4)
        assert cents(estimate([table()], used), "DynamoDB") == (Decimal("2.50"), Decimal("2.50"))
        recovered = table(point_in_time_recovery={"enabled": True})
        assert cents(estimate([recovered], used), "DynamoDB") == (Decimal("4.50"), Decimal("4.50"))

    def provisioned(self) -> list[Resource]:
        target = "aws_appautoscaling_target.database_table-write-target_00000000"
        return [
            table(
                billing_mode="PROVISIONED",
                read_capacity=5,
                write_capacity=5,
                global_secondary_index=[{**INDEX, "read_capacity": 5, "write_capacity": 5}],
            ),
            resource(
                target,
                min_capacity=5,
                max_capacity=20,
                scalable_dimension="dynamodb:table:WriteCapacityUnits",
            ),
        ]

    def test_provisioned_capacity_is_paid_whether_it_is_used_or_not(self) -> None:
        found = estimate(self.provisioned())
        assert units(found, "dynamodb.write-capacity") == (10 * 730, 10 * 730)
        assert units(found, "dynamodb.read-capacity") == (10 * 730, 10 * 730)
        assert units(found, "dynamodb.write-requests") == (0, 0)
        # 7,300 unit-hours of each: 4.745 for writes, 0.949 for reads.
        assert found.services["DynamoDB"].high == 5.69

    @pytest.mark.parametrize(
        ("writes", "more"),
        [
            (0, 0),
            (5, 0),
            (8, 3),
            (1000, 15),
        ],  # units in a second at the peak -> above the least 5, at most 20
    )
    def test_scaling_adds_what_a_peak_needs_up_to_its_bound(self, writes: int, more: int) -> None:
        used = month(sessions=730 * 3600, writes_per_session=writes, scaling_load=1)
        found = estimate(self.provisioned(), used)
        low, high = units(found, "dynamodb.write-capacity")
        assert (low, high) == (7300, 7300 + more * 730)

    def test_a_scaling_policy_makes_alarms(self) -> None:
        policy = resource("aws_appautoscaling_policy.database_table-read-policy_00000000")
        assert cents(estimate([policy]), "CloudWatch") == (Decimal("0.40"), Decimal("0.40"))

    def test_each_kept_backup_is_a_copy_of_the_table(self) -> None:
        rule = {"schedule": "cron(0 3 * * ? *)", "lifecycle": [{"delete_after": 35}]}
        plan = resource("aws_backup_plan.backup_plan_FCCCE43A", rule=[rule])
        used = month(sessions=104_857.6, items_per_session=100, kept_days=30.4)  # 10 GB
        assert cents(estimate([plan], used), "Backup") == (35, 35)
        test = resource("aws_backup_restore_testing_plan.backup_restore-tests_410D546E")
        assert cents(estimate([test], used), "Backup") == (Decimal("1.50"), Decimal("1.50"))

    @pytest.mark.parametrize(
        "rule",
        [
            {"schedule": "cron(0 3 1 * ? *)", "lifecycle": {"delete_after": 35}},
            {"schedule": "cron(0 3 * * ? *)"},
        ],
    )
    def test_backups_that_it_cannot_count_are_unpriced(self, rule: dict[str, Any]) -> None:
        plan = resource("aws_backup_plan.backup_plan_FCCCE43A", rule=rule)
        assert estimate([plan], month(sessions=1)).unpriced == ("aws_backup_plan.backup_plan_FCCCE43A",)


class TestObjects:
    LIFECYCLE = "aws_s3_bucket_lifecycle_configuration.storage_exports_lifecycle_711AC363"
    BUCKET = "aws_s3_bucket.storage_exports_bucket_C0C72DD9"

    def stored(self, *rules: dict[str, Any], more: Sequence[Resource] = ()) -> dict[str, float]:
        """GB-months by row for one GB, or a thousand exports, a month."""
        used = month(sessions=1024, pdfs_per_session=1, pdf_mb=1)
        resources = [resource(self.BUCKET), *more]
        if rules:
            resources.append(resource(self.LIFECYCLE, rule=list(rules)))
        return {one.key: one.high for one in estimate(resources, used).charges if one.key != "s3.put"}

    def test_an_object_moves_through_the_classes(self) -> None:
        found = self.stored(
            {
                "status": "Enabled",
                "transition": [
                    {"days": 90, "storage_class": "GLACIER_IR"},
                    {"days": 30, "storage_class": "INTELLIGENT_TIERING"},
                ],
                "expiration": [{"days": 365}],
            },
            {"status": "Enabled", "expiration": [{"expired_object_delete_marker": True}]},
        )
        days = {key: round(found[key] * 30.4) for key in found if key.startswith("s3.")}
        assert days["s3.standard"] == 30
        assert days["s3.intelligent-tiering"] == 30
        assert days["s3.intelligent-tiering-infrequent"] == 30
        assert days["s3.glacier-ir"] == 275
        assert found["s3.to-intelligent-tiering"] == found["s3.to-glacier-ir"] == 1024
        assert found["s3.monitoring"] == pytest.approx(1024 * 60 / 30.4, rel=1e-5)

    @pytest.mark.parametrize(
        ("status", "noncurrent", "days"),
        [
            ("Enabled", {"noncurrent_days": 90}, 100),
            ("Enabled", None, 375),
            ("Suspended", {"noncurrent_days": 90}, 10),
        ],
    )
    def test_an_expired_object_of_a_versioned_bucket_is_paid_until_its_version_goes(
        self, status: str, noncurrent: dict[str, int] | None, days: int
    ) -> None:
        versioning = resource(
            "aws_s3_bucket_versioning.storage_exports_versioning_00000000",
            versioning_configuration={"status": status},
        )
        rule: dict[str, Any] = {"status": "Enabled", "expiration": [{"days": 10}]}
        rule["transition"] = [
            {"days": 50, "storage_class": "GLACIER_IR"}
        ]  # it is not current any more by then
        if noncurrent:
            rule["noncurrent_version_expiration"] = [noncurrent]
        found = self.stored(rule, more=[versioning])
        assert round(found["s3.standard"] * 30.4) == days
        assert "s3.glacier-ir" not in found

    def test_what_is_read_from_the_archive_is_paid_by_the_gb(self) -> None:
        used = month(sessions=1024, pdfs_per_session=1, pdf_mb=1, late_downloads_per_pdf=2)
        moves = [{"days": 30, "storage_class": "GLACIER_IR"}]
        lifecycle = resource(self.LIFECYCLE, rule=[{"status": "Enabled", "transition": moves}])
        assert units(estimate([resource(self.BUCKET), lifecycle], used), "s3.glacier-ir-retrieval") == (2, 2)
        assert units(estimate([resource(self.BUCKET)], used), "s3.glacier-ir-retrieval") == (0, 0)

    def test_a_rule_that_is_off_does_nothing(self) -> None:
        found = self.stored({"status": "Disabled", "expiration": [{"days": 10}]})
        assert round(found["s3.standard"] * 30.4) == 365

    def test_a_class_without_a_price_is_named(self) -> None:
        moves = [{"days": 30, "storage_class": "DEEP_ARCHIVE"}]
        found = estimate(
            [
                resource(self.BUCKET),
                resource(self.LIFECYCLE, rule=[{"status": "Enabled", "transition": moves}]),
            ],
            month(sessions=1),
        )
        assert found.unpriced == (self.BUCKET,)
        assert found.reasons == {self.BUCKET: "storage class DEEP_ARCHIVE has no price"}

    def test_downloads_leave_through_cloudfront_where_there_is_one(self) -> None:
        used = month(sessions=1024, pdfs_per_session=1, pdf_mb=1, downloads_per_pdf=3)
        bucket = resource(self.BUCKET)
        distribution = resource("aws_cloudfront_distribution.cdn_distribution_0B80AA6B")
        assert units(estimate([bucket], used), "transfer.out") == (3, 3)
        with_it = estimate([bucket, distribution], used)
        assert units(with_it, "transfer.out") == (0, 0)
        assert units(with_it, "cloudfront.out") == (3, 3)
