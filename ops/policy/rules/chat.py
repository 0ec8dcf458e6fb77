"""The WebSocket API: limits, sign-in, deployments and logs."""

from __future__ import annotations

from ops.policy.rule import rule
from ops.policy.stack import Resource, Stack

LIMITS = ("throttling_burst_limit", "throttling_rate_limit")
PARTS = (
    *("aws_apigatewayv2_route", "aws_apigatewayv2_route_response"),
    *("aws_apigatewayv2_integration", "aws_apigatewayv2_authorizer"),
)


@rule(
    "SW_STAGE_LIMITS",
    "aws_apigatewayv2_stage",
    guards="trap 36",
    what="Every route of a stage has limits above 0, in the default and in its own settings",
    mend="Set both throttling limits in default_route_settings and in each route_settings: what is left out"
    " is 0, and everybody hears 429",
)
def limits(stack: Stack, stage: Resource) -> str:
    own = stage.blocks("route_settings")
    blocks = [("the default", one) for one in stage.blocks("default_route_settings")]
    blocks += [(str(one.get("route_key")), one) for one in own]
    if not blocks or blocks[0][0] != "the default":
        return "there are no default_route_settings"
    for name, block in blocks:
        for limit in LIMITS:
            if not isinstance(block.get(limit), (int, float)) or block[limit] <= 0:
                return f"{limit} of {name} is {block.get(limit)}"
    routes = {one.get("route_key") for one in stack.of_type("aws_apigatewayv2_route")}
    missing = {str(route) for route in routes - {one.get("route_key") for one in own}}
    return f"no route_settings for {', '.join(sorted(missing))}" if missing else ""


@rule(
    "SW_STAGE_LOGS",
    "aws_apigatewayv2_stage",
    guards="trap 37",
    what="A stage logs no text of the chat, into log groups that expire",
    mend="Set data_trace_enabled to false, access_log_settings to a log group of the stack, and make the log"
    " group /aws/apigateway/<api>/<stage>, which API Gateway would make itself without an end",
)
def logs(stack: Stack, stage: Resource) -> str:
    for name in ("default_route_settings", "route_settings"):
        for block in stage.blocks(name):
            if block.get("data_trace_enabled") is not False:
                return f"data_trace_enabled is not off in {name}"
    if "${aws_cloudwatch_log_group." not in str(stage.get("access_log_settings", "destination_arn")):
        return "access_log_settings name no log group of the stack"
    api = str(stage.get("api_id"))
    wanted = f"/aws/apigateway/{api}/{stage.get('name')}"
    groups = [one.get("name") for one in stack.of_type("aws_cloudwatch_log_group")]
    return "" if wanted in groups else f"there is no log group {wanted}"


@rule(
    "SW_DEPLOYMENT_FOLLOWS",
    "aws_apigatewayv2_deployment",
    guards="trap 38",
    what="A changed route is deployed, and the old deployment goes after the new one came",
    mend="Set triggers over all routes, integrations and authorizers, create_before_destroy, and wait for"
    " every route",
)
def deployment(stack: Stack, one: Resource) -> str:
    if not one.get("triggers"):
        return "it has no triggers"
    if one.get("lifecycle", "create_before_destroy") is not True:
        return "create_before_destroy is not set"
    missing = [part.construct for part in stack.of_type(*PARTS) if part.address not in one.depends_on]
    return f"it does not follow {', '.join(missing)}" if missing else ""


@rule(
    "SW_CONNECT_SIGNED_IN",
    "aws_apigatewayv2_api",
    guards="trap 41",
    what="Who connects is asked who he is, by an authorizer that API Gateway may call",
    mend="Set authorization_type CUSTOM and authorizer_id on $connect, and let apigateway.amazonaws.com"
    " invoke the function from /authorizers/<id>",
)
def signed_in(stack: Stack, api: Resource) -> str:
    routes = [
        route
        for route in stack.referring(api, "aws_apigatewayv2_route")
        if route.get("route_key") == "$connect"
    ]
    if not routes:
        return "there is no $connect route, so everybody may connect"
    for route in routes:
        authorizers = stack.referred(route, "aws_apigatewayv2_authorizer")
        if route.get("authorization_type") != "CUSTOM" or not authorizers:
            return f"$connect has authorization_type {route.get('authorization_type')}"
        for authorizer in authorizers:
            allowed = [
                one
                for one in stack.referring(authorizer, "aws_lambda_permission")
                if "/authorizers/" in str(one.get("source_arn"))
            ]
            if not allowed:
                return f"API Gateway may not invoke {authorizer.construct}"
    return ""


@rule(
    "SW_TWO_WAY_ROUTE",
    "aws_apigatewayv2_route",
    guards="trap 42",
    what="A route that answers has a response",
    mend="Add an aws_apigatewayv2_route_response, or leave route_response_selection_expression out",
)
def two_way(stack: Stack, route: Resource) -> str:
    if not route.get("route_response_selection_expression"):
        return ""
    return "" if stack.referring(route, "aws_apigatewayv2_route_response") else "it has no route response"
