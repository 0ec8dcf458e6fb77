"""The dashboard's body: what is on it, and that there is such a thing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from constructs_lib.monitoring.alarms import UNHEALTHY, alarms
from constructs_lib.monitoring.dashboard import dashboard
from constructs_lib.monitoring.metrics import exists
from constructs_lib.monitoring.subjects import NAMESPACE, Subjects
from tests.support import goldens
from tests.support.monitoring import ELSEWHERE, MAX_AGE_DAYS, SUBJECTS, WITHOUT_CLOUDFRONT

EVERY = pytest.mark.parametrize("subjects", [SUBJECTS, WITHOUT_CLOUDFRONT, ELSEWHERE])


def _widgets(subjects: Subjects = SUBJECTS) -> list[dict[str, Any]]:
    widgets: list[dict[str, Any]] = dashboard(subjects, secret_max_age_days=MAX_AGE_DAYS)["widgets"]
    return widgets


def _titled(title: str, subjects: Subjects = SUBJECTS) -> dict[str, Any]:
    (found,) = (w["properties"] for w in _widgets(subjects) if w["properties"].get("title") == title)
    return dict(found)


def _metrics(widgets: list[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, str], dict[str, Any]]]:
    """Namespace, name, dimensions and options of each metric that is not calculated."""
    for widget in widgets:
        for line in widget["properties"].get("metrics", []):
            *names, options = line
            if names:
                namespace, name, *pairs = names
                yield namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True)), options


def test_the_body_is_the_one_that_was_looked_at() -> None:
    body = dashboard(SUBJECTS, secret_max_age_days=MAX_AGE_DAYS)
    goldens.check("dashboard-dev.json", json.dumps(body, indent=2, ensure_ascii=False) + "\n")


@EVERY
def test_trap_51_every_metric_is_one_that_there_is(subjects: Subjects) -> None:
    found = list(_metrics(_widgets(subjects)))
    assert len(found) > 40
    for namespace, name, dimensions, _ in found:
        assert exists(namespace, name, dimensions), f"{namespace} {name} {sorted(dimensions)}"


@pytest.mark.parametrize(
    ("namespace", "name", "dimensions"),
    [
        ("AWS/ApiGateway", "5XXError", ["ApiId", "Stage"]),
        ("AWS/ApiGateway", "MessageCount", ["ApiName", "Stage"]),
        ("AWS/S3", "4xxErrors", ["BucketName"]),
        ("AWS/CloudFront", "5xxErrorRate", ["DistributionId"]),
        (NAMESPACE, "SessionsCreated", []),
        (NAMESPACE, "SecretAgeDays", ["Environment"]),
    ],
)
def test_trap_51_the_catalogue_refuses_what_nobody_emits(
    namespace: str, name: str, dimensions: list[str]
) -> None:
    assert not exists(namespace, name, dimensions)


@EVERY
def test_trap_51_each_widget_says_its_region(subjects: Subjects) -> None:
    for widget in _widgets(subjects):
        properties = widget["properties"]
        if widget["type"] in ("metric", "log"):
            cloudfront = "CloudFront" in properties["title"]
            assert properties["region"] == ("us-east-1" if cloudfront else subjects.region)


def test_trap_51_names_are_the_subjects_and_nothing_of_another_environment() -> None:
    other = replace(
        SUBJECTS,
        environment="prod",
        table="T",
        bucket="B",
        api_id="A",
        stage="S",
        functions={name: f"F-{name}" for name in SUBJECTS.functions},
        jobs_queue="J",
        failure_queues={name: f"Q-{name}" for name in SUBJECTS.failure_queues},
        configuration_set="C",
        application_log_group="L",
        error_log_group="E",
        distribution_id="D",
    )
    text = json.dumps(dashboard(other, secret_max_age_days=MAX_AGE_DAYS))
    assert "dev" not in text.replace("/dev/null", "")
    values = {value for *_, dimensions, _ in _metrics(_widgets(other)) for value in dimensions.values()}
    assert values == {
        *("prod", "T", "GSI1", "B", "EntireBucket", "A", "S", "J", "C", "D", "Global"),
        *other.functions.values(),
        *other.failure_queues.values(),
        *other.secrets,
        *("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"),
    }


def test_what_the_seed_lists_is_there() -> None:
    titles = {w["properties"].get("title") for w in _widgets()}
    assert {
        *("DynamoDB: operations", "DynamoDB: latency", "S3: requests", "S3: errors"),
        *("API Gateway: requests", "API Gateway: latency"),
        *("Sessions created (24 h)", "Submissions completed (24 h)"),
        *("Average session duration", "Completion rate"),
    } <= titles


def test_trap_52_the_completion_rate_is_of_a_day_and_no_error_without_a_session() -> None:
    rate = _titled("Completion rate")
    assert rate["period"] == 86_400
    (expression,), *inputs = rate["metrics"]
    assert expression["expression"] == "100*s/IF(c>0,c,1)"
    assert {(line[1], line[-1]["id"], line[-1]["stat"], line[-1]["visible"]) for line in inputs} == {
        ("SubmissionsCompleted", "s", "Sum", False),
        ("SessionsCreated", "c", "Sum", False),
    }


def test_trap_52_every_kpi_is_of_a_day() -> None:
    numbers = [w["properties"] for w in _widgets() if w["properties"].get("view") == "singleValue"]
    assert [one["period"] for one in numbers] == [86_400] * 4


def test_trap_29_cloudfront_is_shown_only_where_there_is_one() -> None:
    assert _titled("CloudFront: failed requests", ELSEWHERE)["region"] == "us-east-1"
    assert "CloudFront" not in json.dumps(_widgets(WITHOUT_CLOUDFRONT))


@EVERY
def test_every_alarm_of_the_region_has_its_state_on_it(subjects: Subjects) -> None:
    shown = _titled("Alarms", subjects)["alarms"]
    expected = [UNHEALTHY] + [
        one.id
        for one in alarms(subjects, secret_max_age_days=MAX_AGE_DAYS)
        if subjects.region == "us-east-1" or not one.in_us_east_1
    ]
    prefix = f"arn:aws:cloudwatch:{subjects.region}:123456789012:alarm:spec-wizard-dev-"
    assert shown == [prefix + id_ for id_ in expected]
    assert len(shown) <= 100


@EVERY
def test_widgets_fill_the_rows_and_none_lies_on_another(subjects: Subjects) -> None:
    cells = [
        (x, y)
        for w in _widgets(subjects)
        for x in range(w["x"], w["x"] + w["width"])
        for y in range(w["y"], w["y"] + w["height"])
    ]
    assert len(cells) == len(set(cells))
    assert set(cells) == set(itertools.product(range(24), range(max(y for _, y in cells) + 1)))


def test_ids_are_unique_in_a_widget_and_refer_to_lines_of_it() -> None:
    for widget in _widgets():
        ids = [line[-1]["id"] for line in widget["properties"].get("metrics", []) if "id" in line[-1]]
        assert len(ids) == len(set(ids))


def test_nothing_looks_like_an_expression_of_terraform() -> None:
    text = json.dumps(dashboard(SUBJECTS, secret_max_age_days=MAX_AGE_DAYS))
    assert "${" not in text
    assert "%{" not in text
