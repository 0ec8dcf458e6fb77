"""What single resources cost, with the sums done by hand; the design's own figures among them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ops.cost.catalogue import FREE, METERS
from ops.cost.resources import Resource, of_stack
from tests.support.costs import QUIET_ACCOUNT, cents, estimate, month, resource, units

TABLE = "aws_dynamodb_table.database_table_89143D61"
INDEX = {"name": "GSI1", "hash_key": "GSI1PK", "projection_type": "ALL"}


def table(**values: Any) -> Resource:
    return resource(TABLE, **{"billing_mode": "PAY_PER_REQUEST", "global_secondary_index": [INDEX], **values})


def api() -> Resource:
    return resource("aws_apigatewayv2_api.chat_api_5C33A3BC", protocol_type="WEBSOCKET")


def alarms(count: int) -> list[Resource]:
    return [
        resource(f"aws_cloudwatch_metric_alarm.monitoring_alarms_a{number}_00000000", metric_name="Errors")
        for number in range(count)
    ]


class TestFiguresOfTheDesign:
    """The list of traps, part (e), with the inputs that stand there."""

    def test_ten_thousand_sessions_in_the_table(self) -> None:
        """60 writes, all in the index too, and 200 read units in each: 1.2 M WRU and 2 M RRU."""
        used = month(
            sessions=10_000,
            messages_per_session=20,
            writes_per_session=60,
            indexed_writes_per_session=60,
            reads_per_message=10,
        )
        found = estimate([table()], used)
        assert units(found, "dynamodb.write-requests") == (1_200_000, 1_200_000)
        assert units(found, "dynamodb.read-requests") == (2_000_000, 2_000_000)
        assert found.total.low == found.total.high == 1.00

    def test_ten_thousand_sessions_in_the_chat(self) -> None:
        """400 frames in each, and 30 minutes."""
        used = month(
            sessions=10_000,
            messages_per_session=20,
            frames_per_answer=18,  # with the question and that it is accepted 20
            connections_per_session=1,
            minutes_per_connection=30,
        )
        found = estimate([api()], used)
        assert units(found, "websocket.messages") == (4_000_000, 4_000_000)
        assert units(found, "websocket.minutes") == (300_000, 300_000)
        # 4.075; the design rounds up, half a cent here goes to the even one.
        assert found.services["API Gateway"].high == 4.08

    def floor(self) -> list[Resource]:
        keys = [resource(f"aws_kms_key.security_k{n}_00000000", enable_key_rotation=True) for n in range(3)]
        secrets = [resource(f"aws_secretsmanager_secret.security_s{n}_00000000") for n in range(3)]
        metrics = resource("aws_s3_bucket_metric.storage_exports_metrics_40AAF2AF", name="EntireBucket")
        return [*keys, *secrets, *alarms(24), metrics]

    def test_the_fixed_floor_of_prod(self) -> None:
        """10.40 there: it takes off the ten free metrics of alarms, but not the ten free custom metrics.

        Without the free tier that is one dollar more, with all of it three less. Two rotations of three keys
        add 6.00, which the design names beside its figure.
        """
        used = month(s3_request_metrics=16, metric_share=1)
        floor = estimate(self.floor(), used)
        assert floor.services["KMS"].low == 3.00
        assert floor.services["KMS"].high == 9.00
        assert floor.services["Secrets Manager"].low == 1.20
        assert floor.services["CloudWatch"].low == 7.20  # 2.40 for alarms, 4.80 for S3's metrics
        assert floor.total.low == 11.40
        assert estimate(self.floor(), used, free_tier=True).total.low == 7.40

    def test_a_web_acl_with_three_rules_adds_eight_dollars(self) -> None:
        acl = resource("aws_wafv2_web_acl.cdn_firewall_acl_ED469335", rule=[{"name": n} for n in "abc"])
        used = month(s3_request_metrics=16, metric_share=1)
        assert estimate([*self.floor(), acl], used).total.low == 11.40 + 8.00


class TestKeysAndSecrets:
    def test_only_a_key_that_is_rotated_grows(self) -> None:
        plain, rotated = (
            resource(f"aws_kms_key.backup_key_{n}0000000", enable_key_rotation=bool(n)) for n in (0, 1)
        )
        assert cents(estimate([plain]), "KMS") == (1, 1)
        assert cents(estimate([rotated]), "KMS") == (1, 3)

    def test_requests_of_all_keys_are_counted_once(self) -> None:
        keys = [
            resource(f"aws_kms_key.security_{name}-key_00000000") for name in ("table", "objects", "messages")
        ]
        used = month(sessions=1000, key_requests_per_session=(10, 100))
        assert units(estimate(keys, used), "kms.requests") == (10_000, 100_000)

    def test_reads_of_secrets_are_shared_out(self) -> None:
        secrets = [resource(f"aws_secretsmanager_secret.security_s{n}_00000000") for n in range(2)]
        found = estimate(secrets, month(sessions=100_000, secret_reads_per_session=2))
        assert units(found, "secrets.requests") == (200_000, 200_000)
        assert cents(found, "Secrets Manager") == (Decimal("1.80"), Decimal("1.80"))


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


class TestAlarmsAndLogs:
    @pytest.mark.parametrize(
        ("values", "key", "metrics"),
        [
            ({"metric_name": "Errors", "period": 300}, "cloudwatch.alarm-metric", 1),
            ({"metric_name": "Errors", "period": 10}, "cloudwatch.alarm-metric-high-resolution", 1),
            (
                {
                    "metric_query": [
                        {"id": "total", "expression": "FILL(m0, 0) + FILL(m1, 0)"},
                        {"id": "m0", "metric": [{"metric_name": "A", "period": 300}]},
                        {"id": "m1", "metric": {"metric_name": "B", "period": 300}},
                    ]
                },
                "cloudwatch.alarm-metric",
                2,
            ),
            (
                {
                    "metric_query": [
                        {"id": "band", "expression": "ANOMALY_DETECTION_BAND(m0)"},
                        {"id": "m0", "metric": [{"metric_name": "A", "period": 300}]},
                    ]
                },
                "cloudwatch.alarm-metric",
                3,
            ),
        ],
    )
    def test_an_alarm_is_paid_by_its_metrics(self, values: dict[str, Any], key: str, metrics: int) -> None:
        alarm = resource("aws_cloudwatch_metric_alarm.monitoring_alarms_a_00000000", **values)
        assert units(estimate([alarm]), key) == (metrics, metrics)

    def test_composite_alarm_and_dashboard(self) -> None:
        found = estimate(
            [
                resource("aws_cloudwatch_composite_alarm.monitoring_unhealthy_7584E56D"),
                resource("aws_cloudwatch_dashboard.monitoring_dashboard_00000000"),
            ]
        )
        assert cents(found, "CloudWatch") == (Decimal("3.50"), Decimal("3.50"))

    @pytest.mark.parametrize(("days", "stored_gb"), [(30.4, 2), (60.8, 4), (0, 24.01)])
    def test_logs_are_paid_when_they_come_and_while_they_stay(self, days: float, stored_gb: float) -> None:
        group = resource(
            "aws_cloudwatch_log_group.log-groups_application_4F813514", retention_in_days=int(days)
        )
        used = month(sessions=1024 * 1024, messages_per_session=1, log_kb_per_message=10, log_compression=0.2)
        found = estimate([group], used)
        assert units(found, "logs.ingested")[0] == 10
        kept = int(days) or 365
        assert units(found, "logs.stored")[0] == pytest.approx(10 * 0.2 * kept / 30.4, rel=1e-5)
        assert stored_gb == pytest.approx(2 * (days or 365) / 30.4, rel=1e-3)


class TestObjects:
    LIFECYCLE = "aws_s3_bucket_lifecycle_configuration.storage_exports_lifecycle_711AC363"
    BUCKET = "aws_s3_bucket.storage_exports_bucket_C0C72DD9"

    def stored(self, *rules: dict[str, Any]) -> dict[str, float]:
        """GB-months by row for one GB, or a thousand exports, a month."""
        used = month(sessions=1024, pdfs_per_session=1, pdf_mb=1)
        resources = [resource(self.BUCKET)]
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


class TestFunctionsAndQueues:
    def function(self, name: str = "chat-worker", **values: Any) -> Resource:
        return resource(
            "aws_lambda_function.chat_chat-worker_function_FA304522",
            **{
                "function_name": f"spec-wizard-prod-{name}",
                "memory_size": 512,
                "architectures": ["arm64"],
                **values,
            },
        )

    USED = month(sessions=100, messages_per_session=10, function_ms={"chat_worker": (1000, 10_000)})

    def test_time_counts_by_memory_and_architecture(self) -> None:
        found = estimate([self.function()], self.USED)
        assert units(found, "lambda.requests") == (1000, 1000)
        assert units(found, "lambda.arm64") == (500, 5000)
        other = estimate([self.function(architectures=["x86_64"], memory_size=1024)], self.USED)
        assert units(other, "lambda.x86_64") == (1000, 10_000)

    def test_traces_only_where_they_are_taken(self) -> None:
        assert units(estimate([self.function()], self.USED), "xray.traces") == (0, 0)
        traced = self.function(tracing_config=[{"mode": "Active"}])
        assert units(estimate([traced], self.USED), "xray.traces") == (1000, 1000)

    def test_a_function_of_which_nothing_is_assumed_is_named(self) -> None:
        new = self.function("summarizer")
        assert "spec-wizard-prod-summarizer runs" in (estimate([new], self.USED).reasons or {})[new.address]

    def test_lambda_polls_a_queue_that_is_empty_but_no_stream(self) -> None:
        queue = resource("aws_lambda_event_source_mapping.chat_jobs-to-worker_1D58CB2F", batch_size=1)
        stream = resource(
            "aws_lambda_event_source_mapping.consumers_stream_mapping_F86DFA6F", starting_position="LATEST"
        )
        assert units(estimate([queue]), "sqs.requests") == (657_000, 657_000)
        assert units(estimate([stream]), "sqs.requests") == (0, 0)

    @pytest.mark.parametrize(
        "address",
        [
            "aws_sqs_queue.reports_queue_00000000",
            "aws_sns_topic.reports_topic_00000000",
            "aws_s3_bucket.reports_bucket_00000000",
            "aws_cloudwatch_log_group.reports_log_00000000",
        ],
    )
    def test_what_nobody_assumed_the_use_of_is_named(self, address: str) -> None:
        assert estimate([resource(address)]).unpriced == (address,)


class TestAccount:
    def test_the_trail_records_what_all_environments_do(self) -> None:
        used = month(sessions=1000, pdfs_per_session=1, downloads_per_pdf=2, writes_per_session=7, pdf_mb=0)
        trail = resource("aws_cloudtrail.audit-trail_8AEAD1CA")
        found = estimate([trail], used, environment="account", members=("dev", "prod"))
        assert units(found, "cloudtrail.data-events") == (20_000, 20_000)  # 1 + 2 + 7 for each session

    def test_an_environments_thing_in_an_accounts_stack_is_named(self) -> None:
        found = estimate([table()], environment="account", account=QUIET_ACCOUNT)
        assert found.unpriced == (TABLE,)


def test_a_type_that_nobody_priced_is_named_and_the_rest_is_priced() -> None:
    key, other = resource("aws_kms_key.a_00000000"), resource("aws_nat_gateway.b_00000000")
    found = estimate([key, other])
    assert found.unpriced == ("aws_nat_gateway.b_00000000",)
    assert "aws_nat_gateway" in (found.reasons or {})["aws_nat_gateway.b_00000000"]
    assert found.total.low == 1.00


def test_no_type_is_both_priced_and_free() -> None:
    assert METERS.keys() & FREE.keys() == set()
    assert all(FREE.values())


def test_a_count_in_the_code_is_as_many_resources() -> None:
    document = {"resource": {"aws_kms_key": {"a_00000000": {"count": 3}, "b_00000000": {"count": "${n}"}}}}
    found = of_stack(document)
    assert [one.address for one in found] == [
        *(f"aws_kms_key.a_00000000[{n}]" for n in range(3)),
        "aws_kms_key.b_00000000",
    ]
    assert {one.label for one in found} == {"a", "b"}
