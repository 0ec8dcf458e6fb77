"""Settings that make AWS charge what is not metered here: by type, which values of which attribute are known.

A meter knows its resource as we make it, and a type that costs nothing costs nothing as we make it. Any other
value of an attribute below is named as not priced. Empty values (null, "", false, an empty list) are always
known: they leave the setting out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.cost.resources import Resource, blocks

WIDTH = 60
"""Characters of a value before it is cut."""


@dataclass(frozen=True)
class Setting:
    """attribute: its name after those of the blocks that it is in. known: whether a value is as metered."""

    attribute: str
    known: Callable[[Any], bool]


def unknown(resource: Resource) -> Iterator[str]:
    """What of a resource is not priced, such as `ephemeral_storage.size is 1024`."""
    for setting in SETTINGS.get(resource.type, ()):
        for value in _values(resource.values, setting.attribute):
            if value and not setting.known(value):
                yield f"{setting.attribute} is {_shown(value)}"


def _values(values: Mapping[str, Any], attribute: str) -> Iterator[Any]:
    block, _, rest = attribute.partition(".")
    if not rest:
        yield values.get(block)
    for inner in blocks(values, block) if rest else ():
        yield from _values(inner, rest)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def _nothing(value: Any) -> bool:
    return False


def _one_of(*known: str) -> Callable[[Any], bool]:
    return lambda value: value in known


def _at_most(limit: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and value <= limit


def _of_aws(pattern: Any) -> bool:
    """Whether an event pattern matches AWS's own events only."""
    try:
        sources = json.loads(pattern).get("source") or [""]
    except (ValueError, TypeError, AttributeError):
        return False
    return all(isinstance(source, str) and source.startswith("aws.") for source in sources)


_BASELINE_GROUPS = _one_of(
    *(
        f"AWSManagedRules{name}"
        for name in (
            *("AdminProtectionRuleSet", "AmazonIpReputationList", "AnonymousIpList", "CommonRuleSet"),
            *("KnownBadInputsRuleSet", "LinuxRuleSet", "PHPRuleSet", "SQLiRuleSet", "UnixRuleSet"),
            *("WindowsRuleSet", "WordPressRuleSet"),
        )
    )
)
"""Managed groups that cost what a rule costs. The others (bots, account takeover and creation, DDoS), and
those of the marketplace, have prices of their own."""

SETTINGS: Mapping[str, tuple[Setting, ...]] = {
    "aws_accessanalyzer_analyzer": (Setting("type", _one_of("ACCOUNT", "ORGANIZATION")),),
    "aws_acm_certificate": (
        Setting("certificate_authority_arn", _nothing),
        Setting("options.export", _one_of("DISABLED")),
    ),
    "aws_backup_plan": (
        Setting("rule.copy_action", _nothing),
        Setting("rule.lifecycle.cold_storage_after", _nothing),
    ),
    "aws_cloudfront_distribution": (
        Setting("default_cache_behavior.function_association", _nothing),
        Setting("default_cache_behavior.lambda_function_association", _nothing),
        Setting("default_cache_behavior.realtime_log_config_arn", _nothing),
        Setting("origin.origin_shield.enabled", _nothing),
    ),
    "aws_cloudtrail": (Setting("insight_selector", _nothing),),
    "aws_cloudwatch_event_rule": (
        Setting("event_bus_name", _one_of("default")),
        Setting("event_pattern", _of_aws),
    ),
    "aws_cloudwatch_log_group": (Setting("log_group_class", _one_of("STANDARD")),),
    "aws_dynamodb_table": (
        Setting("replica", _nothing),
        Setting("table_class", _one_of("STANDARD")),
    ),
    "aws_kms_key": (
        Setting("custom_key_store_id", _nothing),
        Setting("customer_master_key_spec", _one_of("SYMMETRIC_DEFAULT")),
    ),
    "aws_lambda_function": (
        Setting("ephemeral_storage.size", _at_most(512)),
        Setting("snap_start.apply_on", _one_of("None")),
    ),
    "aws_secretsmanager_secret": (Setting("replica", _nothing),),
    "aws_sesv2_configuration_set": (
        Setting("delivery_options.sending_pool_name", _nothing),
        Setting("vdm_options", _nothing),
    ),
    "aws_sns_topic": (Setting("fifo_topic", _nothing),),
    "aws_sqs_queue": (Setting("fifo_queue", _nothing),),
    "aws_ssm_parameter": (Setting("tier", _one_of("Standard", "Advanced")),),
    "aws_wafv2_web_acl": (
        Setting("rule.action.captcha", _nothing),
        Setting("rule.action.challenge", _nothing),
        Setting("rule.statement.managed_rule_group_statement.name", _BASELINE_GROUPS),
        Setting("rule_json", _nothing),
    ),
}
"""Type -> the settings of it that have a price of their own."""
