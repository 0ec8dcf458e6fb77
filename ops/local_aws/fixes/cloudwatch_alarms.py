"""Metric alarms as they were put: metric math, percentiles, and what is refused.

Upstream, MiniStack 1.5.33: services/cloudwatch.py, _put_metric_alarm drops Metrics, ThresholdMetricId and
EvaluateLowSampleCountPercentile, gives an alarm of a percentile a statistic as well, describes members
that were not set, and takes an action in another region and metric math that cannot be evaluated. The fix
keeps what was put, and refuses what CloudWatch refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes.metric_values import Values

ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")

OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit")

KEPT = ("Metrics", "ThresholdMetricId", "EvaluateLowSampleCountPercentile")


def install() -> None:
    """Wraps the two actions that put alarms."""
    from ministack.services import cloudwatch

    put_metric_alarm, put_composite_alarm = cloudwatch._put_metric_alarm, cloudwatch._put_composite_alarm

    def put_metric(params: Any, request: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        if refused := _why_not(request) or _why_not_this_metric(request):
            return cloudwatch._error("ValidationError", refused, 400, is_json, is_cbor)
        answer = put_metric_alarm(params, request, is_cbor, is_json)
        if answer[0] == 200:
            _complete(cloudwatch._alarms[request["AlarmName"]], request)
            cloudwatch._evaluate_alarm(cloudwatch._alarms[request["AlarmName"]])
        return answer

    def put_composite(params: Any, request: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        if refused := _why_not(request):
            return cloudwatch._error("ValidationError", refused, 400, is_json, is_cbor)
        answer = put_composite_alarm(params, request, is_cbor, is_json)
        if answer[0] == 200:
            _forget_unset(cloudwatch._composite_alarms[request["AlarmName"]])
        return answer

    cloudwatch._put_metric_alarm = put_metric
    cloudwatch._put_composite_alarm = put_composite


def _why_not(request: Mapping[str, Any]) -> str | None:
    from ministack.core.responses import get_region

    for action in (one for name in ACTIONS for one in request.get(name) or []):
        region = str(action).split(":")[3]
        if region != get_region():
            return f"Invalid region {region} specified. Only {get_region()} is supported."
    return None


def _why_not_this_metric(request: Mapping[str, Any]) -> str | None:
    queries = request.get("Metrics")
    if not queries:
        return None
    if any(request.get(name) for name in OF_ONE_METRIC):
        return "Metrics list cannot be specified together with a metric of the alarm's own."
    if sum(query.get("ReturnData", True) for query in queries) != 1:
        return "Exactly one element of the metrics list should return data."
    try:
        Values(queries).check()
    except ValueError as error:
        return str(error)
    return None


def _complete(alarm: dict[str, Any], request: Mapping[str, Any]) -> None:
    alarm.update({name: request[name] for name in KEPT if request.get(name)})
    if alarm.get("Metrics"):
        for query in alarm["Metrics"]:
            query.setdefault("ReturnData", True)
        for name in OF_ONE_METRIC:
            alarm.pop(name, None)
    elif alarm.get("ExtendedStatistic"):
        alarm.pop("Statistic", None)
    _forget_unset(alarm)


def _forget_unset(alarm: dict[str, Any]) -> None:
    for name in [name for name, value in alarm.items() if value in (None, "")]:
        del alarm[name]
