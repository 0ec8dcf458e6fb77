"""fixes/log_filter_patterns.py"""

from __future__ import annotations

from tests.local_aws.cloud import Cloud, refused
from tests.local_aws.log_groups import LogGroup


def _found(group: LogGroup, pattern: str) -> list[str]:
    events = group.client.filter_log_events(logGroupName=group.name, filterPattern=pattern)["events"]
    return [event["message"] for event in events]


def test_events_are_found_by_their_fields_and_terms(fixed: Cloud) -> None:
    group = LogGroup(fixed)
    group.write({"level": "ERROR"}, {"level": "INFO"}, "error")
    assert _found(group, '{ $.level = "ERROR" }') == ['{"level": "ERROR"}']
    assert _found(group, "ERROR") == ['{"level": "ERROR"}']
    assert len(_found(group, "")) == 3


def test_a_wrong_pattern_is_refused(fixed: Cloud) -> None:
    group = LogGroup(fixed)
    find = group.client.filter_log_events
    assert refused(find, logGroupName=group.name, filterPattern="{ $.a = }") == "InvalidParameterException"
    subscribe = group.client.put_subscription_filter
    code = refused(
        subscribe,
        logGroupName=group.name,
        filterName="a",
        filterPattern="{ $.a = }",
        destinationArn="arn:aws:lambda:us-east-1:123456789012:function:a",
    )
    assert code == "InvalidParameterException"


def test_stock_takes_every_json_pattern_for_a_match(stock: Cloud) -> None:
    group = LogGroup(stock)
    group.write({"level": "INFO"})
    assert _found(group, '{ $.level = "ERROR" }') == ['{"level": "INFO"}']
