"""Functions that SNS, EventBridge and CloudWatch Logs invoke: with permission, retries and destinations.

Upstream, MiniStack 1.5.33: services/sns.py, _deliver_to_lambda, services/eventbridge.py, _dispatch_to_lambda,
and services/cloudwatch_logs.py, _fanout_to_subscription_filters run the function whatever its own policy
says, once, and forget its failure; PutSubscriptionFilter takes functions that Logs may not invoke.
services/lambda_svc.py, _route_async_failure sends to a destination whatever the role allows. On AWS all
three invoke asynchronously: two more attempts, then the destination of the event invoke config. AWS waits
one and two minutes before the attempts, this fix `RETRY_S` and twice as long.
"""

from __future__ import annotations

import base64
import contextlib
import contextvars
import gzip
import json
import logging
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ops.local_aws.fixes.failure_destinations import may_send
from ops.local_aws.fixes.function_policies import may_be_invoked
from ops.local_aws.fixes.lambda_logs import group_name

RETRY_S = 0.5
NOT_PERMITTED = (
    "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute"
    " your function."
)

_log = logging.getLogger("lambda")
_rule: contextvars.ContextVar[str] = contextvars.ContextVar("local_aws_rule", default="")


def install() -> None:
    """Replaces the three ways to a function, and wraps the one to a destination."""
    from ministack.services import lambda_svc

    lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS = RETRY_S
    _install_destinations()
    _install_sns()
    _install_eventbridge()
    _install_logs()


def invoke(function_arn: str, service: str, source_arn: str, event: Mapping[str, Any]) -> None:
    """Has a service invoke a function asynchronously, if it may."""
    from ministack.services import lambda_svc

    record, function, _ = lambda_svc._get_func_record_for_ref(function_arn)
    if record and function and may_be_invoked(function_arn, source_arn, service):
        lambda_svc.invoke_async_with_retry(
            lambda_svc._execution_record_for_config(record, function), dict(event)
        )


def _install_destinations() -> None:
    from ministack.services import cloudwatch, lambda_svc

    inner = lambda_svc._route_async_failure

    def route(target: str, name: str, event: Any, result: Any) -> None:
        function = (lambda_svc._functions.get(name) or {}).get("config") or {}
        if may_send(function, target):
            inner(target, name, event, result)
        else:
            dimensions = {"FunctionName": name}
            cloudwatch.record_metric("AWS/Lambda", "DestinationDeliveryFailures", 1, "Count", dimensions)

    lambda_svc._route_async_failure = route


def _install_sns() -> None:
    from ministack.services import sns

    def deliver(endpoint: str, envelope: str, topic: str, subscription: str, *_unused: Any) -> None:
        record = {
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription,
            "EventSource": "aws:sns",
            "Sns": json.loads(envelope),
        }
        invoke(endpoint, "sns.amazonaws.com", topic, {"Records": [record]})

    sns._deliver_to_lambda = deliver


def _install_eventbridge() -> None:
    from ministack.services import eventbridge

    inner = eventbridge._invoke_target

    def invoke_target(target: Any, event: Any, rule: Any, view: Any = None) -> Any:
        with _set(_rule, rule.get("Arn", "")):
            return inner(target, event, rule, view)

    def dispatch(arn: str, payload: str) -> None:
        invoke(arn, "events.amazonaws.com", _rule.get(), json.loads(payload))

    eventbridge._invoke_target, eventbridge._dispatch_to_lambda = invoke_target, dispatch


def _install_logs() -> None:
    from ministack.core.responses import error_response_json
    from ministack.services import cloudwatch_logs as logs

    put = logs._put_subscription_filter

    def put_subscription_filter(request: Mapping[str, Any]) -> Any:
        destination, group = request.get("destinationArn", ""), request.get("logGroupName", "")
        known = ":function:" in destination and group in logs._log_groups
        if known and not _logs_may_invoke(destination, group):
            return error_response_json("InvalidParameterException", NOT_PERMITTED, 400)
        return put(request)

    def fan_out(group: str, stream: str, events: Sequence[Mapping[str, Any]]) -> None:
        filters = ((logs._log_groups.get(group) or {}).get("subscriptionFilters") or {}).values()
        for one in list(filters):
            matching = [
                event
                for event in events
                if logs._subscription_pattern_matches(one.get("filterPattern", ""), event.get("message", ""))
            ]
            if matching:
                _deliver_logs(group, stream, one, matching)

    logs._put_subscription_filter, logs._fanout_to_subscription_filters = put_subscription_filter, fan_out


def _deliver_logs(
    group: str, stream: str, one: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
) -> None:
    from ministack.core.responses import get_account_id
    from ministack.services import lambda_svc

    arn = one.get("destinationArn", "")
    _, function, _ = lambda_svc._get_func_record_for_ref(arn) if ":function:" in arn else (None, None, "")
    if not function:
        return
    if group_name(function) == group:
        # AWS would do it, again and again; here it would take the machine with it.
        _log.error("%s is not told of its own log group %s", arn, group)
        return
    data = {
        "messageType": "DATA_MESSAGE",
        "owner": get_account_id(),
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [one.get("filterName", "")],
        "logEvents": [
            {
                "id": uuid.uuid4().hex,
                "timestamp": event.get("timestamp", int(time.time() * 1000)),
                "message": event.get("message", ""),
            }
            for event in events
        ],
    }
    packed = base64.b64encode(gzip.compress(json.dumps(data).encode())).decode()
    if _logs_may_invoke(arn, group):
        record, function, _ = lambda_svc._get_func_record_for_ref(arn)
        lambda_svc.invoke_async_with_retry(
            lambda_svc._execution_record_for_config(record, function), {"awslogs": {"data": packed}}
        )


def _logs_may_invoke(function_arn: str, group: str) -> bool:
    """By either of the service's names, for the group's ARN as permissions have it."""
    from ministack.core.responses import get_region
    from ministack.services import cloudwatch_logs as logs

    source = logs._make_group_arn(group).removesuffix(":*") + ":*"
    regional = f"logs.{get_region()}.amazonaws.com"
    return may_be_invoked(function_arn, source, "logs.amazonaws.com", regional)


@contextlib.contextmanager
def _set(variable: contextvars.ContextVar[str], value: str) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
