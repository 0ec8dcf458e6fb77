"""fixes/lambda_invocations_by_services.py"""

from __future__ import annotations

import base64
import gzip
import json
import time
from typing import Any

import pytest

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, allow, refused, unique
from tests.local_aws.functions import LOGS, Function, deploy, eventually, permit_role
from tests.local_aws.sources import Source, queue

RAISES = "import json\ndef handle(event, context):\n    print('SEEN 1')\n    raise ValueError('no')"


def _destination(function: Function, destination: Source) -> None:
    function.cloud.client("lambda").put_function_event_invoke_config(
        FunctionName=function.name,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": destination.arn}},
    )


def _topic(function: Function) -> str:
    """ARN of a new topic that the function is subscribed to."""
    sns = function.cloud.client("sns")
    topic = str(sns.create_topic(Name=unique("topic"))["TopicArn"])
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function.arn)
    return topic


def _rule(function: Function) -> tuple[str, str]:
    """Name and ARN of a rule for events of the test's own source."""
    events, name = function.cloud.client("events"), unique("rule")
    arn = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": function.arn}])
    return name, str(arn)


def _put_event(cloud: Cloud, source: str) -> None:
    entry = {"Source": source, "DetailType": "test", "Detail": "{}"}
    cloud.client("events").put_events(Entries=[entry])


def _group(cloud: Cloud) -> str:
    name, logs = unique("/application/group"), cloud.client("logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return name


def _group_arn(group: str) -> str:
    return f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}:*"


def _subscribe(function: Function, group: str, pattern: str = "") -> None:
    function.cloud.client("logs").put_subscription_filter(
        logGroupName=group, filterName="test", filterPattern=pattern, destinationArn=function.arn
    )


def _write(cloud: Cloud, group: str, *messages: Any) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": json.dumps(message)} for message in messages]
    cloud.client("logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def test_sns_needs_permission_for_the_topic(fixed: Cloud) -> None:
    function = deploy(fixed)
    topic, sns = _topic(function), fixed.client("sns")
    function.permit("sns", f"{topic}-other")
    function.permit("events", topic)
    sns.publish(TopicArn=topic, Message="refused")
    function.permit("sns", topic)
    sns.publish(TopicArn=topic, Message="allowed")
    [event] = function.await_seen()
    assert event["Records"][0]["Sns"]["Message"] == "allowed"


def test_a_failed_delivery_is_tried_again_and_goes_to_the_destination(fixed: Cloud) -> None:
    dead = queue(fixed)
    function = deploy(fixed, RAISES, [LOGS, allow("sqs:SendMessage", dead.arn)])
    _destination(function, dead)
    topic = _topic(function)
    function.permit("sns", topic)
    fixed.client("sns").publish(TopicArn=topic, Message="lost")
    assert eventually(dead.count) == 1
    assert function.seen() == [1, 1]
    assert [function.metric(name) for name in ("Invocations", "Errors")] == [2, 2]
    assert dead.bodies()[0]["requestPayload"]["Records"][0]["Sns"]["Message"] == "lost"


def test_the_destination_needs_the_right_to_send(fixed: Cloud) -> None:
    dead = queue(fixed)
    function = deploy(fixed, RAISES)
    _destination(function, dead)
    client = fixed.client("lambda")
    client.invoke(FunctionName=function.name, InvocationType="Event")
    assert eventually(lambda: function.metric("DestinationDeliveryFailures") == 1)
    assert dead.count() == 0
    permit_role(fixed, function.role, LOGS, allow("sqs:SendMessage", dead.arn))
    client.invoke(FunctionName=function.name, InvocationType="Event")
    assert eventually(dead.count) == 1


def test_eventbridge_needs_permission_for_the_rule(fixed: Cloud) -> None:
    function = deploy(fixed)
    name, arn = _rule(function)
    function.permit("events", f"{arn}-other")
    _put_event(fixed, name)
    function.permit("events", arn)
    _put_event(fixed, name)
    assert len(function.await_seen()) == 1
    assert function.seen()[0]["source"] == name


def test_a_failed_event_is_tried_again(fixed: Cloud) -> None:
    function = deploy(fixed, RAISES)
    name, arn = _rule(function)
    function.permit("events", arn)
    _put_event(fixed, name)
    assert function.await_seen(3) == [1, 1, 1]


@pytest.mark.parametrize("principal", ["logs", f"logs.{REGION}"])
def test_a_subscription_needs_permission_when_it_is_made(fixed: Cloud, principal: str) -> None:
    function, group = deploy(fixed), _group(fixed)
    put = fixed.client("logs").put_subscription_filter
    call = {"logGroupName": group, "filterName": "a", "filterPattern": "", "destinationArn": function.arn}
    function.permit("logs", _group_arn(group + "-other"))
    assert refused(put, **call) == "InvalidParameterException"
    function.permit(principal, _group_arn(group))
    put(**call)


def test_matching_lines_are_delivered_while_permitted(fixed: Cloud) -> None:
    function, group = deploy(fixed), _group(fixed)
    function.permit("logs", _group_arn(group))
    _subscribe(function, group, '{ $.level = "ERROR" }')
    _write(fixed, group, {"level": "INFO"}, {"level": "ERROR", "number": 1}, {"error": "ERROR"})
    [event] = function.await_seen()
    told = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    assert [json.loads(line["message"]) for line in told["logEvents"]] == [{"level": "ERROR", "number": 1}]
    assert (told["logGroup"], told["subscriptionFilters"]) == (group, ["test"])
    client = fixed.client("lambda")
    policy = json.loads(client.get_policy(FunctionName=function.name)["Policy"])
    for statement in policy["Statement"]:
        client.remove_permission(FunctionName=function.name, StatementId=statement["Sid"])
    _write(fixed, group, {"level": "ERROR", "number": 2})
    function.permit("logs", _group_arn(group))
    _write(fixed, group, {"level": "ERROR", "number": 3})
    assert len(function.await_seen(2)) == 2


def test_trap_54_lines_of_functions_reach_the_subscriber(fixed: Cloud) -> None:
    group = _group(fixed)
    subscriber = deploy(fixed)
    subscriber.permit("logs", _group_arn(group))
    _subscribe(subscriber, group, '{ $.level = "ERROR" }')
    source = "def handle(event, context): raise ValueError('no')"
    failing = deploy(fixed, source, LoggingConfig={"LogFormat": "JSON", "LogGroup": group})
    failing.invoke()
    [event] = subscriber.await_seen()
    told = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    assert json.loads(told["logEvents"][0]["message"])["errorMessage"] == "no"


def test_trap_54_a_subscriber_of_its_own_group_is_not_run_for_ever(fixed: Cloud) -> None:
    group = _group(fixed)
    function = deploy(fixed, LoggingConfig={"LogFormat": "JSON", "LogGroup": group})
    function.permit("logs", _group_arn(group))
    _subscribe(function, group)
    function.invoke()
    time.sleep(0.5)
    assert function.metric("Invocations") == 1


def test_stock_invokes_without_permission(stock: Cloud) -> None:
    function = deploy(stock)
    stock.client("sns").publish(TopicArn=_topic(function), Message="a")
    _put_event(stock, _rule(function)[0])
    group = _group(stock)
    _subscribe(function, group)
    _write(stock, group, {"a": 1})
    assert len(function.await_seen(3)) == 3


def test_stock_tries_once(stock: Cloud) -> None:
    function = deploy(stock, RAISES)
    stock.client("sns").publish(TopicArn=_topic(function), Message="a")
    assert function.await_seen() == [1]
    # Its own attempts of an asynchronous invocation follow after one second.
    time.sleep(1.5)
    assert function.seen() == [1]
