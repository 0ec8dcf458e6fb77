"""What alarms, logs, functions and queues cost, with the sums done by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from ops.cost.resources import Resource
from ops.cost.services import monitoring
from tests.support.costs import cents, estimate, month, resource, units


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

    def test_a_dashboards_metrics_are_counted_once_also_where_a_row_repeats_the_one_above(self) -> None:
        rows = [
            ["AWS/Lambda", "Errors", "FunctionName", "a", {"stat": "Sum"}],
            ["AWS/Lambda", "Errors", "FunctionName", "a", {"stat": "p95"}],
            [".", ".", ".", "b"],
            ["...", "c"],
            [".", "Duration", ".", "."],
            [{"expression": "m0 + m1"}],
        ]
        widgets = [{"properties": {"metrics": rows}}, {"properties": {"markdown": "x"}}, {}]
        assert monitoring.metrics_of(json.dumps({"widgets": widgets})) == {
            ("AWS/Lambda", "Errors", "FunctionName", "a"),
            ("AWS/Lambda", "Errors", "FunctionName", "b"),
            ("AWS/Lambda", "Errors", "FunctionName", "c"),
            ("AWS/Lambda", "Duration", "FunctionName", "c"),
        }
        assert monitoring.metrics_of("") is None

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
