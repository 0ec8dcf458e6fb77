"""fixes/eventbridge_clock.py"""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request

import pytest

from tests.local_aws.cloud import Cloud, unique
from tests.local_aws.functions import Function, deploy


def _scheduled(function: Function, schedule: str) -> tuple[str, str]:
    """Name and ARN of a rule that has the function invoked."""
    events, name = function.cloud.client("events"), unique("rule")
    arn = events.put_rule(Name=name, ScheduleExpression=schedule)["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": function.arn}])
    return name, str(arn)


def _elapse(cloud: Cloud, rule: str, seconds: int) -> int:
    """How many rules of that name there are."""
    url = f"{cloud.endpoint}/_ministack/events/elapse?rule={rule}&seconds={seconds}"
    context = ssl.create_default_context(cafile=cloud.authority)
    with urllib.request.urlopen(urllib.request.Request(url, method="POST"), context=context) as answer:
        return int(json.load(answer)["rules"])


@pytest.mark.parametrize("schedule", ["rate(1 minute)", "rate(1 day)", "cron(0 6 * * ? *)"])
def test_a_schedule_fires_when_its_time_has_passed_and_it_may(fixed: Cloud, schedule: str) -> None:
    function = deploy(fixed)
    rule, arn = _scheduled(function, schedule)
    assert _elapse(fixed, rule, 90_000) == 1
    function.permit("events", arn)
    assert _elapse(fixed, rule, 0) == 1
    assert _elapse(fixed, rule, 90_000) == 1
    [event] = function.await_seen()
    assert (event["detail-type"], event["source"]) == ("Scheduled Event", "aws.events")
    assert event["resources"] == [arn]


def test_a_disabled_rule_does_not_fire(fixed: Cloud) -> None:
    function = deploy(fixed)
    rule, arn = _scheduled(function, "rate(1 minute)")
    function.permit("events", arn)
    fixed.client("events").disable_rule(Name=rule)
    _elapse(fixed, rule, 90_000)
    time.sleep(0.3)
    assert function.seen() == []


def test_stock_has_no_such_endpoint(stock: Cloud) -> None:
    with pytest.raises(urllib.error.HTTPError):
        _elapse(stock, "rule", 60)
