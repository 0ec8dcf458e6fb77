"""Settings that have a price of their own are named, and those that have none are not."""

from __future__ import annotations

from typing import Any

import pytest

from ops.cost.catalogue import FREE, METERS
from ops.cost.settings import SETTINGS
from tests.support.costs import estimate, month, resource

Values = dict[str, Any]


def managed(name: str) -> Values:
    """A rule of a web ACL that is a managed group."""
    return {"rule": [{"statement": [{"managed_rule_group_statement": [{"name": name}]}]}]}


CHARGED: list[tuple[str, str, Values, Values]] = [
    # Type, attribute, values with a charge of its own, values without one.
    ("aws_accessanalyzer_analyzer", "type", {"type": "ACCOUNT_UNUSED_ACCESS"}, {"type": "ACCOUNT"}),
    (
        "aws_acm_certificate",
        "certificate_authority_arn",
        {"certificate_authority_arn": "arn:aws:acm-pca:x"},
        {},
    ),
    (
        "aws_acm_certificate",
        "options.export",
        {"options": {"export": "ENABLED"}},
        {"options": {"export": "DISABLED"}},
    ),
    (
        "aws_backup_plan",
        "rule.copy_action",
        {"rule": {"copy_action": [{"x": 1}]}},
        {"rule": {"copy_action": []}},
    ),
    (
        "aws_backup_plan",
        "rule.lifecycle.cold_storage_after",
        {"rule": [{"lifecycle": [{"cold_storage_after": 30}]}]},
        {"rule": [{"lifecycle": [{"delete_after": 35}]}]},
    ),
    (
        "aws_cloudfront_distribution",
        "default_cache_behavior.function_association",
        {"default_cache_behavior": {"function_association": [{"event_type": "viewer-request"}]}},
        {"default_cache_behavior": {"function_association": []}},
    ),
    (
        "aws_cloudfront_distribution",
        "default_cache_behavior.lambda_function_association",
        {"default_cache_behavior": {"lambda_function_association": {"event_type": "viewer-request"}}},
        {"default_cache_behavior": {}},
    ),
    (
        "aws_cloudfront_distribution",
        "default_cache_behavior.realtime_log_config_arn",
        {"default_cache_behavior": {"realtime_log_config_arn": "arn:aws:cloudfront:x"}},
        {"default_cache_behavior": {"realtime_log_config_arn": ""}},
    ),
    (
        "aws_cloudfront_distribution",
        "origin.origin_shield.enabled",
        {"origin": [{}, {"origin_shield": {"enabled": True}}]},
        {"origin": [{"origin_shield": {"enabled": False}}]},
    ),
    ("aws_cloudtrail", "insight_selector", {"insight_selector": [{"x": 1}]}, {"insight_selector": []}),
    ("aws_cloudwatch_event_rule", "event_bus_name", {"event_bus_name": "own"}, {"event_bus_name": "default"}),
    (
        "aws_cloudwatch_event_rule",
        "event_pattern",
        {"event_pattern": '{"source": ["aws.s3", "our.application"]}'},
        {"event_pattern": '{"source": ["aws.s3"]}'},
    ),
    (
        "aws_cloudwatch_log_group",
        "log_group_class",
        {"log_group_class": "INFREQUENT_ACCESS"},
        {"log_group_class": "STANDARD"},
    ),
    ("aws_dynamodb_table", "replica", {"replica": [{"region_name": "eu-west-1"}]}, {"replica": []}),
    (
        "aws_dynamodb_table",
        "table_class",
        {"table_class": "STANDARD_INFREQUENT_ACCESS"},
        {"table_class": "STANDARD"},
    ),
    ("aws_kms_key", "custom_key_store_id", {"custom_key_store_id": "cks-1"}, {"custom_key_store_id": None}),
    (
        "aws_kms_key",
        "customer_master_key_spec",
        {"customer_master_key_spec": "RSA_4096"},
        {"customer_master_key_spec": "SYMMETRIC_DEFAULT"},
    ),
    (
        "aws_lambda_function",
        "ephemeral_storage.size",
        {"ephemeral_storage": [{"size": 513}]},
        {"ephemeral_storage": [{"size": 512}]},
    ),
    (
        "aws_lambda_function",
        "snap_start.apply_on",
        {"snap_start": {"apply_on": "PublishedVersions"}},
        {"snap_start": {"apply_on": "None"}},
    ),
    ("aws_secretsmanager_secret", "replica", {"replica": [{"region": "eu-west-1"}]}, {"replica": []}),
    (
        "aws_sesv2_configuration_set",
        "delivery_options.sending_pool_name",
        {"delivery_options": {"sending_pool_name": "dedicated"}},
        {"delivery_options": {"tls_policy": "REQUIRE"}},
    ),
    ("aws_sesv2_configuration_set", "vdm_options", {"vdm_options": {"x": 1}}, {"vdm_options": []}),
    ("aws_sns_topic", "fifo_topic", {"fifo_topic": True}, {"fifo_topic": False}),
    ("aws_sqs_queue", "fifo_queue", {"fifo_queue": True}, {"fifo_queue": False}),
    ("aws_ssm_parameter", "tier", {"tier": "Intelligent-Tiering"}, {"tier": "Standard"}),
    (
        "aws_wafv2_web_acl",
        "rule.action.captcha",
        {"rule": {"action": {"captcha": {"x": 1}}}},
        {"rule": {"action": {}}},
    ),
    (
        "aws_wafv2_web_acl",
        "rule.action.challenge",
        {"rule": {"action": {"challenge": {"x": 1}}}},
        {"rule": {"action": {}}},
    ),
    (
        "aws_wafv2_web_acl",
        "rule.statement.managed_rule_group_statement.name",
        managed("AWSManagedRulesBotControlRuleSet"),
        managed("AWSManagedRulesCommonRuleSet"),
    ),
    ("aws_wafv2_web_acl", "rule_json", {"rule_json": "[]"}, {}),
]


@pytest.mark.parametrize(
    ("type_", "attribute", "charged", "known"), CHARGED, ids=[f"{one[0]}-{one[1]}" for one in CHARGED]
)
def test_a_setting_with_a_price_of_its_own_is_named(
    type_: str, attribute: str, charged: Values, known: Values
) -> None:
    address = f"{type_}.a_00000000"

    def reason(values: Values) -> str:
        return (estimate([resource(address, **values)], month()).reasons or {}).get(address, "")

    assert f"{attribute} is " in reason(charged)
    assert f"{attribute} is " not in reason(known)


def test_every_setting_of_the_table_is_tried_and_of_a_type_that_is_priced_or_free() -> None:
    assert {(type_, one.attribute) for type_, rows in SETTINGS.items() for one in rows} == {
        (type_, attribute) for type_, attribute, _, _ in CHARGED
    }
    assert SETTINGS.keys() <= METERS.keys() | FREE.keys()


def test_the_value_is_told_and_the_rest_is_priced() -> None:
    secret = "aws_secretsmanager_secret.a_00000000"
    found = estimate([resource(secret, replica=[{"region": "eu-west-1"}])])
    assert found.unpriced == (secret,)
    assert found.reasons == {
        secret: 'nothing is known of the price of this: replica is [{"region": "eu-west-1"}]'
    }
    assert found.total.low == 0.40


@pytest.mark.parametrize(
    "pattern",
    ['{"source": ["own"]}', '{"detail-type": ["x"]}', '{"source": [{"prefix": "aws."}]}', "{", "[]"],
)
def test_a_pattern_that_own_events_may_match(pattern: str) -> None:
    rule = "aws_cloudwatch_event_rule.a_00000000"
    assert estimate([resource(rule, event_pattern=pattern)]).unpriced == (rule,)
