"""Who hears the alarms, where there are two topics: CloudFront's is in us-east-1 (traps 29 and 50)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from ops import aws
from ops.cli import app
from ops.commands import outputs
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.smoke import Broken, monitoring
from ops.smoke.deployment import Deployment

ACCOUNT = "123456789012"
HERE = f"arn:aws:sns:eu-west-1:{ACCOUNT}:spec-wizard-dev-alarms"
THERE = f"arn:aws:sns:us-east-1:{ACCOUNT}:spec-wizard-dev-cloudfront-alarms"
OUTPUTS = {"aws_region": "eu-west-1", "alarm_topic_arn": HERE, "cloudfront_alarm_topic_arn": THERE}
TOPICS = pytest.mark.parametrize("topic", [HERE, THERE])


class Region:
    """SNS and CloudWatch of one region: a topic, its subscription, an alarm that tells `told`."""

    def __init__(self, topic: str) -> None:
        self.topic = self.told = topic
        self.confirmed = False
        self.tokens: list[str] = []

    def get_paginator(self, operation: str) -> Region:
        assert operation in ("list_subscriptions_by_topic", "describe_alarms")
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        if "TopicArn" in request:
            yield self.list_subscriptions_by_topic(**request)
            return
        assert request["AlarmNamePrefix"] == "spec-wizard-dev-"
        alarm = {"AlarmName": "spec-wizard-dev-alarm", "ActionsEnabled": True}
        yield {
            "MetricAlarms": [{**alarm, "AlarmActions": [self.told], "OKActions": [self.told]}],
            "CompositeAlarms": [],
        }

    def list_subscriptions_by_topic(self, TopicArn: str) -> dict[str, Any]:
        assert TopicArn == self.topic
        arn = f"{TopicArn}:1" if self.confirmed else "PendingConfirmation"
        return {"Subscriptions": [{"Protocol": "email", "Endpoint": "a@example.com", "SubscriptionArn": arn}]}

    def confirm_subscription(self, TopicArn: str, Token: str) -> None:
        assert TopicArn == self.topic
        self.tokens.append(Token)


@pytest.fixture
def regions(monkeypatch: pytest.MonkeyPatch) -> dict[str, Region]:
    """By the topic; nothing is confirmed."""
    made = {HERE: Region(HERE), THERE: Region(THERE)}
    by_name = {"eu-west-1": made[HERE], "us-east-1": made[THERE]}
    monkeypatch.setattr(outputs, "deployed", lambda environment: OUTPUTS)
    monkeypatch.setattr(aws, "client", lambda service, region: by_name[region])
    monkeypatch.setattr(Deployment, "deployer", lambda self, service, region_name: by_name[region_name])
    return made


def test_status_names_the_topic_that_nobody_hears(regions: dict[str, Region]) -> None:
    regions[HERE].confirmed = True
    done = CliRunner().invoke(app, ["alarms", "status", "dev", "--json"])
    assert [(one["topic_arn"], one["confirmed"]) for one in json.loads(done.stdout)] == [
        (HERE, True),
        (THERE, False),
    ]
    assert isinstance(done.exception, OpsError)
    assert done.exception.code is ExitCode.PROOF
    assert done.exception.message == "Nobody hears the alarms of spec-wizard-dev-cloudfront-alarms."
    regions[THERE].confirmed = True
    assert CliRunner().invoke(app, ["alarms", "status", "dev"]).exit_code == 0


@TOPICS
def test_a_link_of_either_topic_is_followed_in_its_region(regions: dict[str, Region], topic: str) -> None:
    link = f"https://sns.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic}&Token=t0"
    assert CliRunner().invoke(app, ["alarms", "confirm", "dev", link]).exit_code == 0
    assert regions[topic].tokens == ["t0"]
    foreign = CliRunner().invoke(app, ["alarms", "confirm", "dev", link.replace("-dev-", "-prod-")])
    assert isinstance(foreign.exception, OpsError)
    assert foreign.exception.code is ExitCode.USAGE


@TOPICS
def test_the_promise_is_broken_by_either_topic(regions: dict[str, Region], topic: str) -> None:
    deployment = Deployment("dev", OUTPUTS)
    for region in regions.values():
        region.confirmed = True
    assert monitoring.alarms_are_heard(deployment) == "2 alarms, 2 of 2 subscriptions confirmed"
    regions[topic].confirmed = False
    with pytest.raises(Broken, match=f"nobody has confirmed a subscription to {topic.rpartition(':')[2]}:"):
        monitoring.alarms_are_heard(deployment)
    regions[topic].told = f"arn:aws:sns:eu-west-3:{ACCOUNT}:other"
    with pytest.raises(Broken, match="alarms that tell nobody: spec-wizard-dev-alarm"):
        monitoring.alarms_are_heard(deployment)
