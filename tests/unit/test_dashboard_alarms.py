"""The alarms as data: thresholds, semantics, words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from constructs_lib.account.security_alarms import as_alarm
from constructs_lib.account.security_events import security_events
from constructs_lib.monitoring.alarm import Alarm, unhealthy_rule
from constructs_lib.monitoring.alarms import UNHEALTHY_MEANING, alarms
from constructs_lib.monitoring.function_alarms import CONSEQUENCES, FAILURE_QUEUES
from constructs_lib.monitoring.metrics import CATALOGUE, Metric, exists
from constructs_lib.monitoring.page import alarm_table
from constructs_lib.monitoring.queries import queries
from constructs_lib.monitoring.subjects import NAMESPACE
from environments.chat import FUNCTIONS
from ops.paths import ROOT
from tests.support import configuration, goldens
from tests.support.monitoring import MAX_AGE_DAYS, SUBJECTS, WITHOUT_CLOUDFRONT

ALL = {one.id: one for one in alarms(SUBJECTS, secret_max_age_days=MAX_AGE_DAYS)}
SECURITY = [as_alarm(event) for event in security_events(configuration.accounts("dev")["account"])]

each = pytest.mark.parametrize("alarm", [*ALL.values(), *SECURITY], ids=lambda one: one.id)


@pytest.mark.parametrize(
    ("id_", "threshold"),
    [
        ("table-read-throttles", 10),
        ("table-write-throttles", 10),
        ("s3-4xx", 50),
        ("s3-5xx", 10),
        ("api-errors", 10),
    ],
)
def test_trap_55_the_seeds_alarms_are_more_than_so_many_in_five_minutes(id_: str, threshold: int) -> None:
    alarm = ALL[id_]
    assert (alarm.threshold, alarm.comparison) == (threshold, "GreaterThanThreshold")
    assert (alarm.period_s, alarm.missing) == (300, "notBreaching")
    assert {metric.stat for metric in alarm.metrics} == {"Sum"}


@pytest.mark.parametrize("kind", ["Read", "Write"])
def test_trap_11_throttles_of_the_index_count_and_an_empty_metric_is_zero(kind: str) -> None:
    alarm = ALL[f"table-{kind.lower()}-throttles"]
    table = {"TableName": SUBJECTS.table}
    assert alarm.metrics == (
        Metric("AWS/DynamoDB", f"{kind}ThrottleEvents", table),
        Metric("AWS/DynamoDB", f"{kind}ThrottleEvents", {**table, "GlobalSecondaryIndexName": "GSI1"}),
    )
    assert alarm.expression == "FILL(m0, 0) + FILL(m1, 0)"


@each
def test_trap_11_every_sum_fills_each_of_its_metrics(alarm: Alarm) -> None:
    if len(alarm.metrics) > 1:
        assert re.findall(r"FILL\((\w+), 0\)", alarm.expression or "") == alarm.ids
        assert len(alarm.metrics) <= 10  # what CloudWatch takes in an alarm
    else:
        assert alarm.expression is None


def test_trap_18_the_buckets_alarms_name_the_filter_of_its_request_metrics() -> None:
    for id_ in ("s3-4xx", "s3-5xx"):
        (metric,) = ALL[id_].metrics
        assert metric.dimensions == {"BucketName": SUBJECTS.bucket, "FilterId": "EntireBucket"}


def test_trap_43_errors_of_the_api_are_those_that_a_websocket_api_has() -> None:
    stage = {"ApiId": "a1b2c3d4e5", "Stage": "dev"}
    assert ALL["api-errors"].metrics == (
        Metric("AWS/ApiGateway", "ExecutionError", stage),
        Metric("AWS/ApiGateway", "IntegrationError", stage),
    )


def test_trap_29_cloudfronts_alarm_is_in_us_east_1_with_the_region_global() -> None:
    (alarm,) = (one for one in ALL.values() if one.in_us_east_1)
    (metric,) = alarm.metrics
    assert metric.dimensions == {"DistributionId": "E1EXAMPLE23456", "Region": "Global"}
    assert metric.stat == "Average"  # a rate
    without = alarms(WITHOUT_CLOUDFRONT, secret_max_age_days=MAX_AGE_DAYS)
    assert not [one for one in without if one.in_us_east_1]


@pytest.mark.parametrize("alarm", ALL.values(), ids=list(ALL))
def test_trap_51_every_metric_is_one_that_there_is(alarm: Alarm) -> None:
    for metric in alarm.metrics:
        assert exists(metric.namespace, metric.name, metric.dimensions), metric


def test_every_function_has_an_alarm_and_counts_in_the_throttles() -> None:
    names = {folder.replace("_", "-") for folder in FUNCTIONS}
    assert names == CONSEQUENCES.keys()
    assert {id_.removeprefix("errors-") for id_ in ALL if id_.startswith("errors-")} - {"logged"} == names
    throttled = {metric.dimensions["FunctionName"] for metric in ALL["function-throttles"].metrics}
    assert throttled == set(SUBJECTS.functions.values())


def test_a_queue_of_failures_is_not_empty_as_soon_as_one_message_waits() -> None:
    for purpose in FAILURE_QUEUES:
        (metric,) = ALL[purpose].metrics
        assert (metric.name, metric.stat) == ("ApproximateNumberOfMessagesVisible", "Maximum")
        assert metric.dimensions == {"QueueName": f"spec-wizard-dev-{purpose}"}
        assert (ALL[purpose].threshold, ALL[purpose].comparison) == (0, "GreaterThanThreshold")


def test_mail_rates_are_of_the_configuration_set_and_fractions() -> None:
    for id_, name, limit in (
        ("mail-bounce-rate", "Reputation.BounceRate", 0.05),
        ("mail-complaint-rate", "Reputation.ComplaintRate", 0.001),
    ):
        (metric,) = ALL[id_].metrics
        assert (metric.namespace, metric.name) == ("AWS/SES", name)
        assert metric.dimensions == {"ses:configuration-set": "spec-wizard-dev"}
        assert (ALL[id_].threshold, ALL[id_].comparison) == (limit, "GreaterThanOrEqualToThreshold")


def test_a_key_is_told_of_ten_days_before_it_is_due() -> None:
    assert ALL["secret-soon-openai-api-key"].threshold == 80
    assert ALL["secret-due-openai-api-key"].threshold == 90
    soon_due = {one.id for one in alarms(SUBJECTS, secret_max_age_days=10)}
    assert "secret-soon-openai-api-key" not in soon_due
    assert "secret-due-openai-api-key" in soon_due


def test_what_is_measured_rarely_keeps_its_state_between_measurements() -> None:
    kept = {id_ for id_, one in ALL.items() if one.missing == "ignore"}
    assert kept == {
        *("mail-bounce-rate", "mail-complaint-rate"),
        *(f"secret-{kind}-{name}" for kind in ("soon", "due") for name in SUBJECTS.secrets),
    }


def test_unhealthy_is_what_people_notice() -> None:
    assert {id_ for id_, one in ALL.items() if one.affects_users} == {
        *("table-read-throttles", "table-write-throttles", "s3-5xx", "api-errors"),
        *("chat-jobs-age", "chat-failures", "chat-dead-letters", "function-throttles"),
        *("errors-authorizer", "errors-connect", "errors-send-message", "errors-chat-worker"),
        *("mail-rendering-failures", "cloudfront-5xx"),
    }


def test_the_rule_of_the_composite_alarm() -> None:
    assert unhealthy_rule(["a", "b"]) == 'ALARM("a") OR ALARM("b")'


@each
def test_the_description_says_what_it_means_and_what_to_do(alarm: Alarm) -> None:
    assert alarm.description == f"{alarm.meaning} What to do: {alarm.action}"
    for text in (alarm.meaning, alarm.action):
        assert 20 <= len(text) <= 300
        assert text.endswith(".")
        assert text[0].isupper() or text[0] == "`" or text[0].isdigit()
    assert len(alarm.description) <= 1024
    assert "${" not in alarm.description
    assert "|" not in alarm.description  # it stands in a table


def test_the_composite_says_the_same() -> None:
    assert "What to do:" in UNHEALTHY_MEANING
    assert len(UNHEALTHY_MEANING) <= 1024


def test_trap_52_each_metric_of_ours_is_emitted_where_the_catalogue_says() -> None:
    ours = [family for family in CATALOGUE if family.namespace == NAMESPACE]
    assert len(ours) == 5
    for family in ours:
        code = "".join(path.read_text("utf-8") for path in (ROOT / family.source).rglob("*.py"))
        assert [name for name in family.names if f'"{name}"' not in code] == [], family.source


def test_the_page_has_every_alarm_as_it_is() -> None:
    goldens.check_part("docs/monitoring.md", "alarms", alarm_table(ALL.values()))
    goldens.check_part("docs/monitoring.md", "security alarms", alarm_table(SECURITY))


def test_saved_queries_are_of_the_environments_log_groups() -> None:
    found = queries(SUBJECTS)
    assert len({one.id for one in found}) == len(found)
    assert {group for one in found for group in one.log_groups} == {
        "/spec-wizard/dev/application",
        "/spec-wizard/dev/websocket-access",
    }
    other = queries(replace(SUBJECTS, environment="prod", application_log_group="L"))
    assert {group for one in other for group in one.log_groups} == {
        "L",
        "/spec-wizard/prod/websocket-access",
    }
