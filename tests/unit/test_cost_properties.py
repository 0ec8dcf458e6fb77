"""For any usage: more of it never costs less, what is free never costs more, low is never above high."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from environments.chat import FUNCTIONS
from environments.ranges import Range
from environments.usage import AccountUsage, Usage
from ops.cost import bill, prices
from ops.cost.catalogue import METERS
from ops.cost.estimate import Amount, Estimate
from ops.cost.resources import Resource
from tests.support.costs import resource

PRICES = prices.load()
FEW = settings(max_examples=40, deadline=None)

ENVIRONMENT = [
    resource("aws_apigatewayv2_api.chat_api_00000000", protocol_type="WEBSOCKET"),
    resource(
        "aws_apigatewayv2_stage.chat_stage_00000000",
        route_settings=[{"route_key": key, "detailed_metrics_enabled": True} for key in "abcd"],
    ),
    resource("aws_appautoscaling_policy.database_p_00000000"),
    *(
        resource(
            f"aws_appautoscaling_target.database_t{number}_00000000",
            min_capacity=1,
            max_capacity=10,
            scalable_dimension=f"dynamodb:{place}:{kind}CapacityUnits",
        )
        for number, (place, kind) in enumerate(
            (place, kind) for place in ("table", "index") for kind in ("Read", "Write")
        )
    ),
    resource(
        "aws_backup_plan.backup_plan_00000000",
        rule=[{"schedule": "cron(0 3 * * ? *)", "lifecycle": [{"delete_after": 35}]}],
    ),
    resource("aws_backup_restore_testing_plan.backup_restore-tests_00000000"),
    resource("aws_cloudfront_distribution.cdn_distribution_00000000"),
    resource("aws_cloudwatch_composite_alarm.monitoring_unhealthy_00000000"),
    resource("aws_cloudwatch_dashboard.monitoring_dashboard_00000000"),
    resource("aws_cloudwatch_dashboard.monitoring_small_00000000", dashboard_body='{"widgets": []}'),
    resource("aws_cloudwatch_log_delivery.cdn_access-logs_delivery_00000000"),
    resource("aws_cloudwatch_log_group.log-groups_application_00000000", retention_in_days=30),
    resource("aws_cloudwatch_log_metric_filter.monitoring_filter_00000000"),
    resource("aws_cloudwatch_metric_alarm.monitoring_alarms_a_00000000", period=300),
    resource("aws_cloudwatch_metric_alarm.monitoring_alarms_b_00000000", period=10),
    resource(
        "aws_dynamodb_table.database_table_00000000",
        billing_mode="PAY_PER_REQUEST",
        global_secondary_index=[{"name": "GSI1"}],
        point_in_time_recovery=[{"enabled": True}],
    ),
    resource("aws_dynamodb_table.database_other_00000000", read_capacity=5, write_capacity=5),
    resource("aws_kms_key.security_messages-key_00000000", enable_key_rotation=True),
    resource("aws_lambda_event_source_mapping.chat_jobs-to-worker_00000000"),
    *(
        resource(
            f"aws_lambda_function.f_{name}_00000000",
            function_name=f"spec-wizard-dev-{name.replace('_', '-')}",
            memory_size=256,
            architectures=[architecture],
            tracing_config=[{"mode": "Active"}],
        )
        for name in FUNCTIONS
        for architecture in ("arm64", "x86_64")
    ),
    resource("aws_s3_bucket.storage_exports_bucket_00000000"),
    resource(
        "aws_s3_bucket_lifecycle_configuration.storage_exports_lifecycle_00000000",
        rule=[
            {
                "status": "Enabled",
                "transition": [
                    {"days": 30, "storage_class": "INTELLIGENT_TIERING"},
                    {"days": 90, "storage_class": "GLACIER_IR"},
                ],
                "expiration": [{"days": 365}],
            }
        ],
    ),
    resource("aws_s3_bucket.storage_logs_bucket_00000000"),
    resource("aws_s3_bucket_metric.storage_exports_metrics_00000000"),
    resource("aws_secretsmanager_secret.security_secret_00000000"),
    resource("aws_sesv2_configuration_set.email_configuration-set_00000000"),
    *(resource(f"aws_sns_topic.{n}_topic_00000000") for n in ("monitoring", "email_events_deliveries")),
    *(
        resource(f"aws_sns_topic_subscription.monitoring_topic_{n}_00000000", protocol=n)
        for n in ("email", "https")
    ),
    *(resource(f"aws_sqs_queue.{n}_00000000") for n in ("chat_jobs_queue", "chat_jobs_dead-letters")),
    resource("aws_ssm_parameter.parameters_large_00000000", tier="Advanced"),
    resource("aws_wafv2_web_acl.cdn_firewall_acl_00000000", rule=[{"name": "a"}]),
]
ACCOUNT = [
    resource("aws_cloudtrail.audit-trail_00000000"),
    resource("aws_s3_bucket.audit-trail_files_bucket_00000000"),
    resource("aws_cloudwatch_log_group.audit-trail_log-group_00000000", retention_in_days=90),
    resource("aws_cloudwatch_log_metric_filter.security-alarms_filter_00000000"),
    *ENVIRONMENT[-12:-10],
]
NAMES = ("dev", "staging")


@st.composite
def bounds(draw: st.DrawFn, most: int) -> Range:
    low, high = sorted(draw(st.tuples(st.integers(0, most), st.integers(0, most))))
    return Range(Decimal(low), Decimal(high))


FIELDS = [name for name in Usage.model_fields if name != "function_ms"]
LARGE = ("sessions", "errors", "alarm_notices", "own_metrics", "s3_request_metrics")


def quiet(number: int = 0) -> Usage:
    """A month in which every assumption is the same number."""
    functions = dict.fromkeys(FUNCTIONS, number)
    return Usage.model_validate({**dict.fromkeys(FIELDS, number), "function_ms": functions})


def quiet_account(number: int = 0) -> AccountUsage:
    return AccountUsage.model_validate(dict.fromkeys(AccountUsage.model_fields, number))


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """A month in which everything happens, and a few things more or less often than others."""
    changes = {
        field: draw(bounds(100_000 if field in LARGE else 50))
        for field in draw(st.sets(st.sampled_from(FIELDS), max_size=5))
    }
    return quiet(draw(st.integers(0, 20))).model_copy(update=changes)


@st.composite
def account_usages(draw: st.DrawFn) -> AccountUsage:
    field = draw(st.sampled_from(list(AccountUsage.model_fields)))
    return quiet_account(draw(st.integers(0, 20))).model_copy(update={field: draw(bounds(10_000))})


def estimates(
    months: Mapping[str, Usage], account: AccountUsage, *, free_tier: bool = False
) -> dict[str, Estimate]:
    def stack(name: str, resources: list[Resource]) -> bill.Stack:
        return bill.Stack(name, "us-east-1", resources)

    stacks = [stack(name, ENVIRONMENT) for name in months]
    return bill.of_account(
        [*stacks, stack("account", ACCOUNT)],
        PRICES,
        months,
        account,
        members=tuple(months),
        free_tier=free_tier,
    )


months = st.fixed_dictionaries({name: usages() for name in NAMES})


def test_the_stacks_here_use_every_meter_and_every_row_of_the_list() -> None:
    """Or what is proved below would not be proved of all."""
    assert {one.type for one in (*ENVIRONMENT, *ACCOUNT)} >= METERS.keys()
    any_month, account = quiet(1), quiet_account(1)
    found = estimates({"dev": any_month, "staging": any_month}, account)
    with_functions = {charge.key for one in found.values() for charge in one.charges}
    without_cloudfront = [one for one in ENVIRONMENT if one.type != "aws_cloudfront_distribution"]
    stack = bill.Stack("dev", "us-east-1", without_cloudfront)
    rest = bill.of_account([stack], PRICES, {"dev": any_month}, account, members=())["dev"]
    asked = with_functions | {charge.key for charge in rest.charges}
    assert {row.key for row in PRICES.rows} == asked


@FEW
@given(months, account_usages(), st.booleans())
def test_low_is_never_above_high(used: dict[str, Usage], account: AccountUsage, free: bool) -> None:
    for one in estimates(used, account, free_tier=free).values():
        for amount in (one.total, *one.services.values()):
            assert 0 <= amount.low <= amount.high


@FEW
@given(months, account_usages())
def test_what_is_free_never_raises_a_bill(used: dict[str, Usage], account: AccountUsage) -> None:
    paid, free = estimates(used, account), estimates(used, account, free_tier=True)
    for name in paid:
        for service, amount in paid[name].services.items():
            assert free[name].services[service].low <= amount.low
            assert free[name].services[service].high <= amount.high


@FEW
@given(months, account_usages(), st.sampled_from(FIELDS), st.integers(1, 50), st.booleans())
def test_more_use_never_costs_less(
    used: dict[str, Usage], account: AccountUsage, field: str, more: int, free: bool
) -> None:
    """Of the account as a whole, and of the environment that is used more."""
    old = getattr(used["dev"], field)
    grown = used["dev"].model_copy(update={field: Range(old.low + more, old.high + more)})
    before = estimates(used, account, free_tier=free)
    after = estimates({**used, "dev": grown}, account, free_tier=free)
    for found_before, found_after in (
        (total(before.values()), total(after.values())),
        (before["dev"].total, after["dev"].total),
    ):
        # A cent for each service that was rounded on the way.
        assert found_after.low >= found_before.low - 0.1
        assert found_after.high >= found_before.high - 0.1


def total(found: Any) -> Amount:
    totals = [one.total for one in found]
    return Amount(sum(one.low for one in totals), sum(one.high for one in totals))


def test_the_free_tier_is_there_once_for_an_account() -> None:
    """Two environments with ten alarms each have ten of them free together, not twenty."""
    ten = [resource(f"aws_cloudwatch_metric_alarm.monitoring_a{n}_00000000", period=300) for n in range(10)]

    def bills(*counts: int) -> list[float]:
        stacks = [
            bill.Stack(name, "us-east-1", ten[:count]) for name, count in zip(NAMES, counts, strict=False)
        ]
        found = bill.of_account(
            stacks, PRICES, dict.fromkeys(NAMES, quiet()), quiet_account(), members=(), free_tier=True
        )
        return [one.total.low for one in found.values()]

    assert bills(10) == [0.0]
    assert bills(10, 10) == [0.5, 0.5]
    assert bills(10, 5) == [pytest.approx(0.33), pytest.approx(0.17)]
