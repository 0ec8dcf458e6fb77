"""Monitoring as synthesized: alarms, topics, the dashboard and the saved queries."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from constructs_lib.ci.permissions import Place
from constructs_lib.ci.services import permissions
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import Synthesized, stack

each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)

ELSEWHERE = {"AWS_REGION": "eu-west-1"}


def _alarms(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    """Id -> attributes."""
    return {
        path.removeprefix("monitoring/").split("/", 1)[1]: alarm
        for path, alarm in synthesized.all("aws_cloudwatch_metric_alarm").items()
    }


def _watched(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of an alarm, of metric math or not."""
    queries = alarm.get("metric_query")
    return [query["metric"] for query in queries if "metric" in query] if queries else [alarm]


def _statements(synthesized: Synthesized, path: str) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in synthesized.policies()[f"{path} policy"]}


@each_environment
def test_every_alarm_tells_the_topic_when_it_goes_off_and_when_it_is_over(environment: str) -> None:
    synthesized = stack(environment)
    every = {**_alarms(synthesized), "unhealthy": synthesized.only("aws_cloudwatch_composite_alarm")}
    assert len(every) > 25
    for id_, alarm in every.items():
        assert alarm["alarm_name"] == f"spec-wizard-{environment}-{id_}"
        (topic,) = alarm["alarm_actions"]
        assert alarm["ok_actions"] == [topic], id_
        assert topic.startswith("${aws_sns_topic.monitoring_topic"), id_
        assert alarm["depends_on"][0].startswith("aws_sns_topic_policy.monitoring_topic"), id_
        assert "What to do:" in alarm["alarm_description"]
    for id_, alarm in _alarms(synthesized).items():
        assert alarm["treat_missing_data"] in ("notBreaching", "ignore"), id_
        assert (alarm["evaluation_periods"], alarm["datapoints_to_alarm"]) == (1, 1)


@each_environment
def test_trap_11_an_alarm_is_of_one_metric_or_of_metric_math(environment: str) -> None:
    for id_, alarm in _alarms(stack(environment)).items():
        queries = alarm.get("metric_query")
        assert ("metric_name" in alarm) != bool(queries), id_
        if queries:
            assert [q["return_data"] for q in queries] == [True] + [False] * (len(queries) - 1), id_
            assert queries[0]["expression"].count("FILL(") == len(queries) - 1, id_
            assert {key for key in ("period", "statistic", "dimensions") if key in alarm} == set(), id_


@each_environment
def test_trap_51_what_the_environment_has_is_named_by_reference_or_by_its_own_name(environment: str) -> None:
    """A literal name of another environment would watch that one."""
    others = [f"spec-wizard-{name}" for name in ENVIRONMENTS if name != environment]
    synthesized = stack(environment)
    referred = set()
    for alarm in _alarms(synthesized).values():
        for metric in _watched(alarm):
            for dimension, value in metric["dimensions"].items():
                if value.startswith("${"):
                    referred.add(dimension)
    assert {"TableName", "BucketName", "ApiId", "FunctionName", "ses:configuration-set"} <= referred
    text = json.dumps([*_alarms(synthesized).values(), synthesized.only("aws_cloudwatch_dashboard")])
    assert [name for name in others if name in text] == []


def test_trap_11_and_18_dimensions_are_those_of_the_resources() -> None:
    synthesized = stack("dev")
    (index,) = synthesized.only("aws_dynamodb_table")["global_secondary_index"]
    indexes = {
        metric["dimensions"]["GlobalSecondaryIndexName"]
        for alarm in _alarms(synthesized).values()
        for metric in _watched(alarm)
        if "GlobalSecondaryIndexName" in metric["dimensions"]
    }
    assert indexes == {index["name"]}
    filters = {
        metric["dimensions"]["FilterId"]
        for alarm in _alarms(synthesized).values()
        for metric in _watched(alarm)
        if "FilterId" in metric["dimensions"]
    }
    assert filters == {synthesized.only("aws_s3_bucket_metric")["name"]}
    queues = {queue["name"] for queue in synthesized.all("aws_sqs_queue").values()}
    watched = {
        metric["dimensions"]["QueueName"]
        for alarm in _alarms(synthesized).values()
        for metric in _watched(alarm)
        if "QueueName" in metric["dimensions"]
    }
    assert len(watched) == 4
    assert watched <= queues


def test_every_function_of_the_stack_has_its_alarm() -> None:
    synthesized = stack("dev")
    paths = [path.removesuffix("/function") for path in synthesized.all("aws_lambda_function")]
    errors = {id_ for id_ in _alarms(synthesized) if id_.startswith("errors-")} - {"errors-logged"}
    assert errors == {f"errors-{path.rsplit('/', 1)[1]}" for path in paths}


def test_trap_06_the_topics_key_lets_alarms_of_this_account_publish_to_this_topic() -> None:
    synthesized = stack("dev")
    topic = synthesized.all("aws_sns_topic")["monitoring/topic/topic"]
    assert "messages-key" in topic["kms_master_key_id"]
    statement = _statements(synthesized, "security/messages-key/policy")["CloudWatchAlarms"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnEquals": {
            "kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:us-east-1:123456789012:{topic['name']}"
        },
    }


@each_environment
def test_only_alarms_of_the_environment_publish_and_only_with_tls(environment: str) -> None:
    statements = _statements(stack(environment), "monitoring/topic/policy")
    assert statements.keys() == {"CloudWatchAlarms", "DenyPlainHttp"}
    allow = statements["CloudWatchAlarms"]
    assert (allow["Principal"], allow["Action"]) == ({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish")
    assert allow["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {
            "aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:spec-wizard-{environment}-*"
        },
    }


def test_trap_50_the_alert_address_is_subscribed_and_the_second_way_where_there_is_one() -> None:
    def subscriptions(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
        return {
            path.removeprefix("monitoring/topic/"): one
            for path, one in synthesized.all("aws_sns_topic_subscription").items()
            if path.startswith("monitoring/topic/")
        }

    (mail,) = subscriptions(stack("dev")).values()
    assert (mail["protocol"], mail["endpoint"]) == ("email", "alerts@example.com")
    url = "https://events.example.com/integration/abc123/enqueue"
    both = subscriptions(stack("dev", ALERT_URL=url))
    assert (both["url"]["protocol"], both["url"]["endpoint"]) == ("https", url)
    # Terraform then fails where the endpoint does not confirm: a pending subscription tells nobody.
    assert both["url"]["endpoint_auto_confirms"] is True


@each_environment
def test_the_composite_alarm_refers_to_those_that_people_notice(environment: str) -> None:
    synthesized = stack(environment)
    rule = synthesized.only("aws_cloudwatch_composite_alarm")["alarm_rule"]
    parts = rule.split(" OR ")
    assert len(parts) >= 12
    for part in parts:
        assert part.startswith('ALARM("${aws_cloudwatch_metric_alarm.monitoring_')
        assert part.endswith('.alarm_name}")')
    assert "chat-dead-letters" in rule
    assert "s3-4xx" not in rule


def test_trap_29_in_another_region_cloudfronts_alarm_topic_and_key_are_in_us_east_1() -> None:
    synthesized = stack("dev", **ELSEWHERE)
    for path, type_ in (
        ("monitoring/us-east-1-alarms/cloudfront-5xx", "aws_cloudwatch_metric_alarm"),
        ("monitoring/us-east-1-topic/topic", "aws_sns_topic"),
        ("monitoring/us-east-1-topic/policy", "aws_sns_topic_policy"),
        ("monitoring/us-east-1-topic/email-0", "aws_sns_topic_subscription"),
        ("monitoring/us-east-1-key/key", "aws_kms_key"),
        ("monitoring/us-east-1-key/alias", "aws_kms_alias"),
        ("monitoring/us-east-1-key/policy", "aws_kms_key_policy"),
    ):
        assert synthesized.all(type_)[path]["provider"] == "aws.us_east_1", path
    alarm = _alarms(synthesized)["cloudfront-5xx"]
    assert alarm["dimensions"]["Region"] == "Global"
    assert alarm["alarm_actions"][0].startswith("${aws_sns_topic.monitoring_us-east-1-topic")
    statement = _statements(synthesized, "monitoring/us-east-1-key/policy")["CloudWatchAlarms"]
    assert statement["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:sns:topicArn"] == (
        "arn:aws:sns:us-east-1:123456789012:spec-wizard-dev-cloudfront-alarms"
    )
    assert synthesized.json["output"]["cloudfront_alarm_topic_arn"]["value"] == alarm["alarm_actions"][0]
    # A composite alarm sees those of its own region only.
    assert "cloudfront" not in synthesized.only("aws_cloudwatch_composite_alarm")["alarm_rule"]


def test_trap_29_in_us_east_1_there_is_one_topic_and_the_composite_has_cloudfront_too() -> None:
    synthesized = stack("dev")
    assert not [path for path in synthesized.resources() if "monitoring/us-east-1" in path]
    assert "cloudfront_alarm_topic_arn" not in synthesized.json["output"]
    assert "cloudfront-5xx" in synthesized.only("aws_cloudwatch_composite_alarm")["alarm_rule"]


def test_without_cloudfront_there_is_nothing_in_us_east_1() -> None:
    synthesized = stack("dev", ENABLE_CLOUDFRONT="false", **ELSEWHERE)
    assert "cloudfront-5xx" not in _alarms(synthesized)
    assert "cloudfront_alarm_topic_arn" not in synthesized.json["output"]
    assert not [path for path in synthesized.resources() if "monitoring/us-east-1" in path]


def test_the_age_of_keys_is_what_is_configured() -> None:
    found = _alarms(stack("dev", SECRET_MAX_AGE_DAYS="30"))
    assert found["secret-due-anthropic-api-key"]["threshold"] == 30
    assert found["secret-soon-anthropic-api-key"]["threshold"] == 20
    assert found["secret-due-anthropic-api-key"]["dimensions"] == {
        "Environment": "dev",
        "Secret": "anthropic-api-key",
    }


@each_environment
def test_the_dashboard_is_json_and_names_are_references(environment: str) -> None:
    board = stack(environment).only("aws_cloudwatch_dashboard")
    assert board["dashboard_name"] == f"spec-wizard-{environment}-overview"
    body = json.loads(board["dashboard_body"])
    assert body["widgets"]
    used = board["dashboard_body"].split("${")[1:]
    assert {one.split(".")[0] for one in used} >= {
        *("aws_dynamodb_table", "aws_s3_bucket", "aws_apigatewayv2_api", "aws_lambda_function"),
        "aws_sesv2_configuration_set",
    }


@each_environment
def test_saved_queries_are_of_log_groups_of_the_stack(environment: str) -> None:
    synthesized = stack(environment)
    groups = {group["name"] for group in synthesized.all("aws_cloudwatch_log_group").values()}
    saved = synthesized.all("aws_cloudwatch_query_definition")
    assert len(saved) == 4
    for query in saved.values():
        for name in query["log_group_names"]:
            assert name in groups or name.startswith("${aws_cloudwatch_log_group.log-groups_")


@each_environment
def test_all_of_it_has_few_metrics_in_alarms(environment: str) -> None:
    """0.10 USD a month each: see docs/monitoring.md, which says how many."""
    metrics = [m for alarm in _alarms(stack(environment)).values() for m in _watched(alarm)]
    assert len(metrics) == 41


@each_environment
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_deploy_role_covers_what_monitoring_is_named(environment: str, region: str) -> None:
    granted = permissions(Place("123456789012", region, environment))
    resources = [r for group in granted.values() for p in group for r in p.resources if r != "*"]
    synthesized = stack(environment, AWS_REGION=region)
    arns = [
        f"arn:aws:cloudwatch::123456789012:dashboard/{synthesized.only('aws_cloudwatch_dashboard')['dashboard_name']}"
    ]
    for type_, attribute, form in (
        ("aws_cloudwatch_metric_alarm", "alarm_name", "arn:aws:cloudwatch:{}:123456789012:alarm:{}"),
        ("aws_sns_topic", "name", "arn:aws:sns:{}:123456789012:{}"),
        ("aws_kms_alias", "name", "arn:aws:kms:{}:123456789012:{}"),
    ):
        for resource in synthesized.all(type_).values():
            place = "us-east-1" if resource.get("provider") == "aws.us_east_1" else region
            arns.append(form.format(place, resource[attribute]))
    uncovered = [arn for arn in arns if not any(fnmatchcase(arn, allowed) for allowed in resources)]
    assert uncovered == []


def test_a_key_in_us_east_1_is_the_environments_own_by_its_tags() -> None:
    granted = permissions(Place("123456789012", "eu-west-1", "dev"))["monitoring"]
    writes = [p for p in granted if p.sid in ("KeysInUsEast1", "TagNewKeysInUsEast1")]
    assert len(writes) == 2
    for permission in writes:
        assert permission.resources == ["arn:aws:kms:us-east-1:123456789012:key/*"]
        assert "aws:ResourceTag" in json.dumps(permission.condition)
    policy = json.dumps([p.deploy() for p in granted], separators=(",", ":"))
    assert len(policy) < 6000  # IAM takes 6,144 characters in a managed policy
