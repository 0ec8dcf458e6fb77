"""Policies about APIs, event source mappings and rules hold on the local AWS."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from tests.local_aws.cloud import Caller, Cloud, allow, refused, unique

ACCOUNT = "123456789012"
APIS = "arn:aws:apigateway:us-east-1::/apis"
RULES = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/ours-*"
MAPPINGS = f"arn:aws:lambda:us-east-1:{ACCOUNT}:event-source-mapping:*"
OURS = {"Environment": "dev"}
FUNCTIONS = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:ours-*"
OF_OURS = {"ArnLike": {"lambda:FunctionArn": FUNCTIONS}}


def _api(tags: dict[str, str]) -> dict[str, Any]:
    return {
        "Name": unique("api"),
        "ProtocolType": "WEBSOCKET",
        "RouteSelectionExpression": "$request.body.action",
        "Tags": tags,
    }


def _creator(cloud: Cloud) -> Caller:
    return cloud.user(allow("apigateway:POST", APIS, StringEquals={"aws:RequestTag/Environment": "dev"}))


def _function(cloud: Cloud, owner: str) -> dict[str, Any]:
    """Arguments for a new function of somebody's."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("h.py", "def handle(event, context): return None\n")
    return {
        "FunctionName": unique(owner),
        "Role": cloud.role(allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "*")),
        "Runtime": "python3.13",
        "Handler": "h.handle",
        "Code": {"ZipFile": code.getvalue()},
    }


def _mapping(cloud: Cloud, owner: str) -> dict[str, Any]:
    """Arguments for a mapping of a new queue to a new function of somebody's."""
    function, queue = _function(cloud, owner), unique("queue")
    cloud.client("lambda").create_function(**function)
    cloud.client("sqs").create_queue(QueueName=queue)
    return {
        "FunctionName": function["FunctionName"],
        "EventSourceArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}",
        "Enabled": False,
    }


def _maker_of_functions(cloud: Cloud) -> Any:
    user = cloud.user(allow("lambda:CreateFunction", FUNCTIONS), allow("iam:PassRole", "*"))
    return user.client("lambda")


def test_a_function_is_made_by_its_name(fixed: Cloud) -> None:
    lambda_ = _maker_of_functions(fixed)
    lambda_.create_function(**_function(fixed, "ours"))
    assert refused(lambda_.create_function, **_function(fixed, "theirs")) == "AccessDeniedException"


def test_stock_lets_nobody_make_a_function_by_its_name(stock: Cloud) -> None:
    function = _function(stock, "ours")
    assert refused(_maker_of_functions(stock).create_function, **function) == "AccessDeniedException"


def test_an_api_is_made_with_these_tags_only(fixed: Cloud) -> None:
    gateway = _creator(fixed).client("apigatewayv2")
    gateway.create_api(**_api(OURS))
    assert refused(gateway.create_api, **_api({"Environment": "prod"})) == "AccessDeniedException"
    assert refused(gateway.create_api, **_api({})) == "AccessDeniedException"


def test_stock_lets_nobody_make_an_api_by_its_tags(stock: Cloud) -> None:
    gateway = _creator(stock).client("apigatewayv2")
    assert refused(gateway.create_api, **_api(OURS)) == "AccessDeniedException"


def test_an_api_and_its_stage_are_changed_by_their_tags_only(fixed: Cloud) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/Environment": "dev"}}
    user = fixed.user(allow(["apigateway:PATCH", "apigateway:DELETE"], f"{APIS}/*", **condition))
    everything, gateway = fixed.client("apigatewayv2"), user.client("apigatewayv2")
    for tags, allowed in ((OURS, True), ({"Environment": "prod"}, False), ({}, False)):
        api = everything.create_api(**_api(tags))["ApiId"]
        everything.create_stage(ApiId=api, StageName="s", Tags=tags)
        for call, arguments in (
            (gateway.update_api, {"ApiId": api, "Description": "new"}),
            (gateway.update_stage, {"ApiId": api, "StageName": "s", "Description": "new"}),
            (gateway.delete_stage, {"ApiId": api, "StageName": "s"}),
            (gateway.delete_api, {"ApiId": api}),
        ):
            if allowed:
                call(**arguments)
            else:
                assert refused(call, **arguments) == "AccessDeniedException"


def test_stock_lets_nobody_change_an_api_by_its_tags(stock: Cloud) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/Environment": "dev"}}
    gateway = stock.user(allow("apigateway:PATCH", f"{APIS}/*", **condition)).client("apigatewayv2")
    api = stock.client("apigatewayv2").create_api(**_api(OURS))["ApiId"]
    assert refused(gateway.update_api, ApiId=api, Description="new") == "AccessDeniedException"


def test_what_lies_in_an_api_has_no_tags_of_another(fixed: Cloud) -> None:
    """`IfExists` lets it pass: there is nothing to compare."""
    condition = {"StringEqualsIfExists": {"aws:ResourceTag/Environment": "dev"}}
    gateway = fixed.user(allow("apigateway:POST", f"{APIS}/*/*", **condition)).client("apigatewayv2")
    api = fixed.client("apigatewayv2").create_api(**_api(OURS))["ApiId"]
    assert gateway.create_route(ApiId=api, RouteKey="$connect")["RouteKey"] == "$connect"


def test_a_mapping_is_made_changed_and_ended_for_these_functions_only(fixed: Cloud) -> None:
    user = fixed.user(
        allow("lambda:CreateEventSourceMapping", "*", **OF_OURS),
        allow(["lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping"], MAPPINGS, **OF_OURS),
        allow("lambda:GetEventSourceMapping", MAPPINGS, **OF_OURS),
    )
    lambda_ = user.client("lambda")
    made = lambda_.create_event_source_mapping(**_mapping(fixed, "ours"))["UUID"]
    lambda_.update_event_source_mapping(UUID=made, BatchSize=2)
    assert lambda_.get_event_source_mapping(UUID=made)["BatchSize"] == 2
    lambda_.delete_event_source_mapping(UUID=made)

    theirs = _mapping(fixed, "theirs")
    assert refused(lambda_.create_event_source_mapping, **theirs) == "AccessDeniedException"
    other = fixed.client("lambda").create_event_source_mapping(**theirs)["UUID"]
    change = {"UUID": other, "BatchSize": 2}
    assert refused(lambda_.update_event_source_mapping, **change) == "AccessDeniedException"
    for call in (lambda_.get_event_source_mapping, lambda_.delete_event_source_mapping):
        assert refused(call, UUID=other) == "AccessDeniedException"


def test_stock_lets_nobody_make_a_mapping_by_its_function(stock: Cloud) -> None:
    lambda_ = stock.user(allow("lambda:CreateEventSourceMapping", "*", **OF_OURS)).client("lambda")
    refusal = refused(lambda_.create_event_source_mapping, **_mapping(stock, "ours"))
    assert refusal == "AccessDeniedException"


def test_stock_lets_everybody_delete_a_mapping(stock: Cloud) -> None:
    made = stock.client("lambda").create_event_source_mapping(**_mapping(stock, "ours"))["UUID"]
    stock.user().client("lambda").delete_event_source_mapping(UUID=made)


def test_what_a_function_does_with_failed_events_has_permissions_of_its_own(fixed: Cloud) -> None:
    function = _mapping(fixed, "ours")["FunctionName"]
    resource = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"
    actions = [f"lambda:{verb}FunctionEventInvokeConfig" for verb in ("Get", "Put", "Delete")]
    lambda_ = fixed.user(allow(actions, resource)).client("lambda")
    lambda_.put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=1)
    found = lambda_.get_function_event_invoke_config(FunctionName=function)
    assert found["MaximumRetryAttempts"] == 1
    lambda_.delete_function_event_invoke_config(FunctionName=function)
    assert refused(lambda_.get_function, FunctionName=function) == "AccessDeniedException"


def test_a_mapping_has_its_tags(fixed: Cloud) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/Environment": "dev"}}
    lambda_ = fixed.user(allow("lambda:UntagResource", MAPPINGS, **condition)).client("lambda")
    for tags, allowed in ((OURS, True), ({"Environment": "prod"}, False)):
        arguments = _mapping(fixed, "ours") | {"Tags": tags}
        made = fixed.client("lambda").create_event_source_mapping(**arguments)["UUID"]
        untag = {"Resource": MAPPINGS.replace("*", made), "TagKeys": ["Environment"]}
        if allowed:
            lambda_.untag_resource(**untag)
        else:
            assert refused(lambda_.untag_resource, **untag) == "AccessDeniedException"


@pytest.mark.parametrize("bus", [{}, {"EventBusName": "default"}])
def test_a_rule_of_the_default_bus_is_allowed_by_its_name(fixed: Cloud, bus: dict[str, str]) -> None:
    events = fixed.user(allow(["events:PutRule", "events:ListTagsForResource"], RULES)).client("events")
    schedule = {"ScheduleExpression": "rate(1 day)", **bus}
    arn = events.put_rule(Name=unique("ours"), **schedule)["RuleArn"]
    events.list_tags_for_resource(ResourceARN=arn)
    assert refused(events.put_rule, Name=unique("theirs"), **schedule) == "AccessDeniedException"


def test_targets_are_changed_by_the_name_of_their_rule(fixed: Cloud) -> None:
    events = fixed.user(allow(["events:PutTargets", "events:RemoveTargets"], RULES)).client("events")
    ours, theirs = unique("ours"), unique("theirs")
    for name in (ours, theirs):
        fixed.client("events").put_rule(Name=name, ScheduleExpression="rate(1 day)")
    target = {"Id": "one", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"}
    events.put_targets(Rule=ours, EventBusName="default", Targets=[target])
    events.remove_targets(Rule=ours, EventBusName="default", Ids=["one"])
    call = {"Rule": theirs, "EventBusName": "default", "Targets": [target]}
    assert refused(events.put_targets, **call) == "AccessDeniedException"


def test_stock_allows_a_rule_by_no_name(stock: Cloud) -> None:
    events = stock.user(allow("events:PutRule", RULES)).client("events")
    refusal = refused(events.put_rule, Name=unique("ours"), ScheduleExpression="rate(1 day)")
    assert refusal == "AccessDeniedException"


ALARMS = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:ours-*"
DASHBOARDS = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/ours-*"
BODY = '{"widgets":[]}'


def _watcher(cloud: Cloud) -> Any:
    """Who may do all that Terraform asks for, with what is ours."""
    alarms = ["PutMetricAlarm", "DeleteAlarms", "ListTagsForResource", "TagResource", "UntagResource"]
    boards = ["PutDashboard", "GetDashboard", "DeleteDashboards"]
    user = cloud.user(
        allow([f"cloudwatch:{name}" for name in alarms], ALARMS),
        allow([f"cloudwatch:{name}" for name in boards], DASHBOARDS),
    )
    return user.client("cloudwatch")


def _alarm(cloud: Cloud, owner: str) -> tuple[str, str]:
    """Name and ARN of a new alarm."""
    name = unique(owner)
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Test",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    return name, f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}"


def test_alarms_are_tagged_and_deleted_by_their_names(fixed: Cloud) -> None:
    watcher = _watcher(fixed)
    name, arn = _alarm(fixed, "ours")
    theirs, their_arn = _alarm(fixed, "theirs")
    watcher.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}])
    assert watcher.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    watcher.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert refused(watcher.list_tags_for_resource, ResourceARN=their_arn).startswith("AccessDenied")
    watcher.delete_alarms(AlarmNames=[name])
    assert refused(watcher.delete_alarms, AlarmNames=[theirs]).startswith("AccessDenied")


def test_dashboards_are_written_by_their_names(fixed: Cloud) -> None:
    watcher, name = _watcher(fixed), unique("ours")
    watcher.put_dashboard(DashboardName=name, DashboardBody=BODY)
    assert watcher.get_dashboard(DashboardName=name)["DashboardBody"] == BODY
    watcher.delete_dashboards(DashboardNames=[name])
    assert refused(watcher.put_dashboard, DashboardName="theirs", DashboardBody=BODY).startswith(
        "AccessDenied"
    )


def test_stock_lets_nobody_read_the_tags_of_an_alarm_by_its_name(stock: Cloud) -> None:
    _, arn = _alarm(stock, "ours")
    assert refused(_watcher(stock).list_tags_for_resource, ResourceARN=arn).startswith("AccessDenied")
