"""Finders of all but the foundation: by name, and by tags where AWS keeps tags of such a thing."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from ops.adoption import account, chat, edge, functions, mail, queries

OURS = {"Project": "spec-wizard", "Environment": "dev", "ManagedBy": "terraform"}
TAGS = [{"Key": name, "Value": value} for name, value in OURS.items()]
ARN = "arn:aws:x:us-east-1:123456789012:y"
FINDERS = {
    **edge.FINDERS,
    **mail.FINDERS,
    **account.FINDERS,
    **functions.FINDERS,
    **chat.FINDERS,
    **queries.FINDERS,
}
NO_SUCH_THING: dict[str, Any] = {"Items": []}
EMPTY = {"get_apis": NO_SUCH_THING, "describe_query_definitions": {"queryDefinitions": []}}


def page(item: dict[str, Any]) -> dict[str, Any]:
    return {"List": {"Quantity": 1, "Items": [item]}, "ResponseMetadata": {}}


def items(wanted: dict[str, Any], **other: Any) -> dict[str, Any]:
    """One of API Gateway's lists, in which the wanted item is the second, if there is another."""
    return {"Items": [*([other] if other else []), wanted]}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Operation")


# type -> planned attributes, operation -> answer, import id
THERE: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "aws_cloudfront_origin_access_control": (
        {"name": "oac"},
        {"list_origin_access_controls": page({"Id": "E1", "Name": "oac"})},
        "E1",
    ),
    "aws_cloudfront_cache_policy": (
        {"name": "pdfs"},
        {"list_cache_policies": page({"CachePolicy": {"Id": "c1", "CachePolicyConfig": {"Name": "pdfs"}}})},
        "c1",
    ),
    "aws_cloudfront_origin_request_policy": (
        {"name": "origins"},
        {
            "list_origin_request_policies": page(
                {"OriginRequestPolicy": {"Id": "o1", "OriginRequestPolicyConfig": {"Name": "origins"}}}
            )
        },
        "o1",
    ),
    "aws_cloudfront_response_headers_policy": (
        {"name": "headers"},
        {
            "list_response_headers_policies": page(
                {"ResponseHeadersPolicy": {"Id": "h1", "ResponseHeadersPolicyConfig": {"Name": "headers"}}}
            )
        },
        "h1",
    ),
    "aws_cloudfront_public_key": (
        {"name": "key"},
        {"list_public_keys": page({"Id": "K1", "Name": "key"})},
        "K1",
    ),
    "aws_cloudfront_key_group": (
        {"name": "group"},
        {"list_key_groups": page({"KeyGroup": {"Id": "g1", "KeyGroupConfig": {"Name": "group"}}})},
        "g1",
    ),
    "aws_cloudfront_distribution": (
        {"comment": "Downloads (dev)"},
        {
            "list_distributions": page({"Id": "D1", "ARN": ARN, "Comment": "Downloads (dev)"}),
            "list_tags_for_resource": {"Tags": {"Items": TAGS}},
        },
        "D1",
    ),
    "aws_sesv2_configuration_set": (
        {"configuration_set_name": "set"},
        {"get_configuration_set": {"Tags": TAGS}},
        "set",
    ),
    "aws_sesv2_configuration_set_event_destination": (
        {"configuration_set_name": "set", "event_destination_name": "bounces"},
        {"get_configuration_set_event_destinations": {"EventDestinations": [{"Name": "bounces"}]}},
        "set|bounces",
    ),
    "aws_sesv2_email_identity": (
        {"email_identity": "example.com"},
        {"get_email_identity": {"Tags": TAGS}},
        "example.com",
    ),
    "aws_ses_template": ({"name": "export"}, {"get_template": {"Template": {}}}, "export"),
    "aws_sqs_queue": (
        {"name": "events"},
        {"get_queue_url": {"QueueUrl": "https://q"}, "list_queue_tags": {"Tags": OURS}},
        "https://q",
    ),
    "aws_cloudtrail": (
        {"name": "audit"},
        {
            "get_trail": {"Trail": {"TrailARN": ARN}},
            "list_tags": {"ResourceTagList": [{"ResourceId": ARN, "TagsList": TAGS}]},
        },
        ARN,
    ),
    "aws_iam_openid_connect_provider": (
        {"url": "https://token.example.com"},
        {
            "list_open_id_connect_providers": {
                "OpenIDConnectProviderList": [{"Arn": f"{ARN}:oidc-provider/token.example.com"}]
            },
            "get_open_id_connect_provider": {"Tags": TAGS},
        },
        f"{ARN}:oidc-provider/token.example.com",
    ),
    "aws_budgets_budget": (
        {"account_id": "123456789012", "name": "month"},
        {"describe_budget": {"Budget": {}}, "list_tags_for_resource": {"ResourceTags": TAGS}},
        "123456789012:month",
    ),
    "aws_ce_anomaly_monitor": (
        {"name": "services"},
        {
            "get_anomaly_monitors": {"AnomalyMonitors": [{"MonitorName": "services", "MonitorArn": ARN}]},
            "list_tags_for_resource": {"ResourceTags": TAGS},
        },
        ARN,
    ),
    "aws_ce_anomaly_subscription": (
        {"name": "daily"},
        {
            "get_anomaly_subscriptions": {
                "AnomalySubscriptions": [{"SubscriptionName": "daily", "SubscriptionArn": ARN}]
            },
            "list_tags_for_resource": {"ResourceTags": TAGS},
        },
        ARN,
    ),
    "aws_accessanalyzer_analyzer": (
        {"analyzer_name": "account"},
        {"get_analyzer": {"analyzer": {"tags": OURS}}},
        "account",
    ),
    "aws_lambda_function": (
        {"function_name": "worker"},
        {"get_function": {"Configuration": {}, "Tags": OURS}},
        "worker",
    ),
    "aws_lambda_permission": (
        {"function_name": "worker", "statement_id": "route"},
        {
            "get_policy": {"Policy": json.dumps({"Statement": [{"Sid": "other"}, {"Sid": "route"}]})},
            "get_function": {"Configuration": {}, "Tags": OURS},
        },
        "worker/route",
    ),
    "aws_lambda_event_source_mapping": (
        {"function_name": f"{ARN}:worker", "event_source_arn": f"{ARN}:queue"},
        {
            "list_event_source_mappings": {
                "EventSourceMappings": [{"UUID": "m1", "FunctionArn": f"{ARN}:worker"}]
            },
            "get_function": {"Configuration": {}, "Tags": OURS},
        },
        "m1",
    ),
    "aws_apigatewayv2_api": (
        {"name": "chat"},
        {"get_apis": items({"ApiId": "a1", "Name": "chat", "Tags": OURS}, Name="other", Tags=OURS)},
        "a1",
    ),
    "aws_apigatewayv2_authorizer": (
        {"api_id": "a1", "name": "tokens"},
        {"get_authorizers": items({"AuthorizerId": "u1", "Name": "tokens"}, Name="other")},
        "a1/u1",
    ),
    "aws_apigatewayv2_integration": (
        {"api_id": "a1", "integration_uri": f"{ARN}:connect"},
        {"get_integrations": items({"IntegrationId": "i1", "IntegrationUri": f"{ARN}:connect"})},
        "a1/i1",
    ),
    "aws_apigatewayv2_route": (
        {"api_id": "a1", "route_key": "$connect"},
        {"get_routes": items({"RouteId": "r1", "RouteKey": "$connect"}, RouteKey="$default")},
        "a1/r1",
    ),
    "aws_apigatewayv2_route_response": (
        {"api_id": "a1", "route_id": "r1", "route_response_key": "$default"},
        {"get_route_responses": items({"RouteResponseId": "p1", "RouteResponseKey": "$default"})},
        "a1/r1/p1",
    ),
    "aws_apigatewayv2_deployment": (
        {"api_id": "a1", "description": "as written"},
        {"get_deployments": items({"DeploymentId": "d1", "Description": "as written"}, DeploymentId="d0")},
        "a1/d1",
    ),
    "aws_apigatewayv2_stage": ({"api_id": "a1", "name": "dev"}, {"get_stage": {"Tags": OURS}}, "a1/dev"),
    "aws_apigatewayv2_domain_name": (
        {"domain_name": "chat.example.com"},
        {"get_domain_name": {"Tags": OURS}},
        "chat.example.com",
    ),
    "aws_apigatewayv2_api_mapping": (
        {"domain_name": "chat.example.com", "api_id": "a1"},
        {
            "get_api_mappings": items(
                {"ApiMappingId": "m1", "ApiId": "a1"}, ApiMappingId="m0", ApiId="a1", ApiMappingKey="v2"
            )
        },
        "m1/chat.example.com",
    ),
    "aws_cloudwatch_query_definition": (
        {"name": "dev/slow"},
        {
            "describe_query_definitions": {
                "queryDefinitions": [
                    {"name": "dev/slower", "queryDefinitionId": "q0"},
                    {"name": "dev/slow", "queryDefinitionId": "q1", "logGroupNames": ["/app"]},
                ]
            },
            "describe_log_groups": {"logGroups": [{"arn": f"{ARN}:log-group:/app:*"}]},
        },
        "arn:aws:logs:us-east-1:123456789012:query-definition:q1",
    ),
}
UNTAGGED = {
    "aws_cloudfront_origin_access_control",
    "aws_cloudfront_origin_request_policy",
    "aws_cloudfront_cache_policy",
    "aws_cloudfront_response_headers_policy",
    "aws_cloudfront_public_key",
    "aws_cloudfront_key_group",
    "aws_sesv2_configuration_set_event_destination",
    "aws_ses_template",
    *("aws_apigatewayv2_authorizer", "aws_apigatewayv2_integration", "aws_apigatewayv2_route"),
    "aws_cloudwatch_query_definition",
    *("aws_apigatewayv2_route_response", "aws_apigatewayv2_deployment", "aws_apigatewayv2_api_mapping"),
}
INSIDE = {
    "aws_lambda_permission": "function_name",
    "aws_lambda_event_source_mapping": "event_source_arn",
    "aws_apigatewayv2_authorizer": "api_id",
    "aws_apigatewayv2_integration": "integration_uri",
    "aws_apigatewayv2_route": "api_id",
    "aws_apigatewayv2_route_response": "route_id",
    "aws_apigatewayv2_deployment": "api_id",
    "aws_apigatewayv2_stage": "api_id",
    "aws_apigatewayv2_api_mapping": "domain_name",
}
"""Type of what lies in something else -> an attribute that only a plan which imports that something knows."""
ABSENT = {
    "get_configuration_set": "NotFoundException",
    "get_configuration_set_event_destinations": "NotFoundException",
    "get_email_identity": "NotFoundException",
    "get_template": "TemplateDoesNotExist",
    "get_queue_url": "AWS.SimpleQueueService.NonExistentQueue",
    "get_trail": "TrailNotFoundException",
    "describe_budget": "NotFoundException",
    "get_analyzer": "ResourceNotFoundException",
    "get_function": "ResourceNotFoundException",
    "get_policy": "ResourceNotFoundException",
    "get_stage": "NotFoundException",
    "get_domain_name": "NotFoundException",
    **dict.fromkeys(("get_authorizers", "get_integrations", "get_routes"), "NotFoundException"),
    **dict.fromkeys(("get_route_responses", "get_deployments", "get_api_mappings"), "NotFoundException"),
}


def client(type_: str) -> Mock:
    """One that answers as AWS does where the thing is there; other operations are not known."""
    answers = THERE[type_][1]
    made = Mock(spec=[*answers, "meta"])
    made.meta.region_name = "us-east-1"
    for operation, answer in answers.items():
        getattr(made, operation).return_value = answer
    return made


def found(type_: str, asked: Mock, ours: dict[str, str] | None = None) -> str | None:
    return FINDERS[type_][1](asked, THERE[type_][0], OURS if ours is None else ours)


def test_every_kind_is_tested() -> None:
    assert THERE.keys() == FINDERS.keys()


@pytest.mark.parametrize("type_", THERE)
def test_ours_is_found(type_: str) -> None:
    assert found(type_, client(type_)) == THERE[type_][2]


@pytest.mark.parametrize("type_", sorted(THERE.keys() - UNTAGGED))
def test_the_same_name_with_other_tags_is_left_alone(type_: str) -> None:
    assert found(type_, client(type_), OURS | {"Environment": "prod"}) is None


@pytest.mark.parametrize("type_", THERE)
def test_what_is_not_there_is_not_found(type_: str) -> None:
    asked = client(type_)
    for operation, answer in THERE[type_][1].items():
        if operation in ABSENT:
            getattr(asked, operation).side_effect = refusal(ABSENT[operation])
        elif operation in EMPTY:
            getattr(asked, operation).return_value = EMPTY[operation]
        elif operation.startswith(("list_", "get_anomaly")) and "Tag" not in str(answer):
            ((name, value),) = [(n, v) for n, v in answer.items() if n != "ResponseMetadata"]
            empty: Any = {"Quantity": 0} if isinstance(value, dict) else []
            getattr(asked, operation).return_value = {name: empty}
    assert found(type_, asked) is None


def test_every_page_of_a_list_is_read() -> None:
    asked = client("aws_cloudfront_public_key")
    first = page({"Id": "K0", "Name": "other"})
    first["List"]["NextMarker"] = "more"
    asked.list_public_keys.side_effect = [first, page({"Id": "K1", "Name": "key"})]
    assert found("aws_cloudfront_public_key", asked) == "K1"
    assert [call.kwargs for call in asked.list_public_keys.call_args_list] == [{}, {"Marker": "more"}]


@pytest.mark.parametrize("type_", sorted({"aws_ses_template", "aws_cloudtrail", "aws_sqs_queue"}))
def test_a_refusal_is_not_taken_for_absence(type_: str) -> None:
    asked = client(type_)
    getattr(asked, next(iter(THERE[type_][1]))).side_effect = refusal("AccessDenied")
    with pytest.raises(ClientError):
        found(type_, asked)


@pytest.mark.parametrize("type_", INSIDE)
def test_what_lies_in_something_that_a_plan_does_not_know_yet_is_not_asked_for(type_: str) -> None:
    asked, (planned, _, _) = client(type_), THERE[type_]
    after = {name: value for name, value in planned.items() if name != INSIDE[type_]}
    assert FINDERS[type_][1](asked, after, OURS) is None
    assert asked.mock_calls == []


@pytest.mark.parametrize(
    "type_", ["aws_apigatewayv2_authorizer", "aws_apigatewayv2_integration", "aws_apigatewayv2_route"]
)
def test_a_part_of_an_empty_api_is_not_found(type_: str) -> None:
    asked = client(type_)
    getattr(asked, next(iter(THERE[type_][1]))).return_value = NO_SUCH_THING
    assert found(type_, asked) is None


def test_every_page_of_the_apis_is_read() -> None:
    asked = client("aws_apigatewayv2_api")
    other = {"Items": [{"ApiId": "a0", "Name": "chat", "Tags": {}}], "NextToken": "more"}
    asked.get_apis.side_effect = [other, items({"ApiId": "a1", "Name": "chat", "Tags": OURS})]
    assert found("aws_apigatewayv2_api", asked) == "a1"
    assert [call.kwargs for call in asked.get_apis.call_args_list] == [{}, {"NextToken": "more"}]


def test_another_statement_of_a_function_is_not_taken_for_the_planned_one() -> None:
    asked = client("aws_lambda_permission")
    asked.get_policy.return_value = {"Policy": json.dumps({"Statement": [{"Sid": "other"}]})}
    assert found("aws_lambda_permission", asked) is None
