"""What an alarm tells a topic, whether it may, and what its history says of that.

Upstream, MiniStack 1.5.33: services/cloudwatch.py, _dispatch_alarm_actions hands its message to SNS
without asking the topic's policy or key, writes a message that lacks half of its members (metric math
above all), and keeps no history of actions. On AWS an alarm whose topic does not let
cloudwatch.amazonaws.com publish changes its state and tells nobody. The fix asks for both, writes
the message in CloudWatch's own form, and records each action as succeeded or failed.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ops.local_aws.fixes.sns_customer_keys import service_may_use

PRINCIPAL = "cloudwatch.amazonaws.com"

OF_STATE = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}

NO_KEY = "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."

Alarm = Mapping[str, Any]


def install() -> None:
    """Replaces what happens at a change of state."""
    from ministack.services import cloudwatch

    cloudwatch._dispatch_alarm_actions = dispatch


def dispatch(alarm: Alarm, old_state: str, new_state: str, reason: str) -> None:
    """Publishes to the topics of the new state."""
    from ministack.services import cloudwatch

    if not alarm.get("ActionsEnabled", True):
        return
    message = json.dumps(_message(alarm, old_state, new_state, reason))
    subject = f'{new_state}: "{alarm["AlarmName"]}" in {_region_name()}'[:100]
    for topic in alarm.get(OF_STATE[new_state]) or []:
        if cloudwatch._is_sns_action_arn(topic):
            error = _why_not(topic, alarm["AlarmArn"])
            if error is None:
                _publish(topic, message, subject)
            _record(alarm, topic, message, error)


def _why_not(topic: str, alarm: str) -> str | None:
    from ministack.core.responses import get_account_id
    from ministack.services import sns

    kept = sns._topic_by_arn_any_scope(topic)
    if kept is None:
        return "Topic does not exist"
    if sns.topic_policy_allows(topic, PRINCIPAL, alarm, get_account_id()):
        return None
    key, context = kept["attributes"].get("KmsMasterKeyId"), {"aws:sns:topicArn": topic}
    if not service_may_use(key, PRINCIPAL, alarm, get_account_id(), context):
        return NO_KEY
    return f"Resource: {alarm} is not authorized to perform: SNS:Publish on resource: {topic}"


def _publish(topic: str, message: str, subject: str) -> None:
    from ministack.services import sns

    sns.publish_internal(topic, message, subject)


def _record(alarm: Alarm, topic: str, message: str, error: str | None) -> None:
    from ministack.services import cloudwatch

    data: dict[str, Any] = {
        "actionState": "Failed" if error else "Succeeded",
        "stateUpdateTimestamp": round(alarm["StateUpdatedTimestamp"] * 1000),
        "notificationResource": topic,
        "publishedMessage": None if error else json.dumps({"default": message}),
        "error": error,
    }
    done = f'Failed to execute action {topic}. Received error: "{error}"'
    cloudwatch._history_entries().append(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmType": "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm",
            "Timestamp": cloudwatch._ts_iso(time.time()),
            "HistoryItemType": "Action",
            "HistorySummary": done if error else f"Successfully executed action {topic}",
            "HistoryData": json.dumps(data),
        }
    )


def _message(alarm: Alarm, old_state: str, new_state: str, reason: str) -> dict[str, Any]:
    from ministack.core.responses import get_account_id

    said = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": get_account_id(),
        "AlarmConfigurationUpdatedTimestamp": _iso(alarm["AlarmConfigurationUpdatedTimestamp"]),
        "NewStateValue": new_state,
        "NewStateReason": reason,
        "StateChangeTime": _iso(time.time()),
        "Region": _region_name(),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old_state,
        **{name: alarm.get(name) or [] for name in ("OKActions", "AlarmActions", "InsufficientDataActions")},
    }
    if "AlarmRule" not in alarm:
        return {**said, "Trigger": _trigger(alarm)}
    children = json.loads(alarm.get("StateReasonData") or "{}").get("triggeringAlarms") or []
    triggering = [
        {"Arn": one["arn"], "State": {"Value": one["state"]["value"], "Timestamp": one["state"]["timestamp"]}}
        for one in children
    ]
    return {**said, "AlarmRule": alarm["AlarmRule"], "TriggeringChildren": triggering}


def _trigger(alarm: Alarm) -> dict[str, Any]:
    common = {
        "EvaluationPeriods": alarm["EvaluationPeriods"],
        "DatapointsToAlarm": alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": alarm["Threshold"],
        "TreatMissingData": alarm.get("TreatMissingData") or "missing",
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile") or "",
    }
    if alarm.get("Metrics"):
        return {**common, "Metrics": [_query(query) for query in alarm["Metrics"]]}
    extended = alarm.get("ExtendedStatistic")
    statistic = {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
    if not extended:
        statistic = {"StatisticType": "Statistic", "Statistic": _capitals(alarm["Statistic"])}
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        **statistic,
        "Unit": alarm.get("Unit"),
        "Dimensions": _dimensions(alarm.get("Dimensions") or []),
        "Period": alarm["Period"],
        **common,
    }


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    said = dict(query)
    if stat := query.get("MetricStat"):
        listed = _dimensions(stat["Metric"].get("Dimensions") or [])
        said["MetricStat"] = {**stat, "Metric": {**stat["Metric"], "Dimensions": listed}}
    return said


def _dimensions(listed: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    # In small letters here, unlike anywhere else.
    return [{"value": one["Value"], "name": one["Name"]} for one in listed]


def _capitals(statistic: str) -> str:
    return "SAMPLE_COUNT" if statistic == "SampleCount" else statistic.upper()


def _iso(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _region_name() -> str:
    from ministack.core.responses import get_region

    region = str(get_region())
    return _region_names().get(region, region)


@functools.cache
def _region_names() -> dict[str, str]:
    """`US East (N. Virginia)` by `us-east-1`."""
    import botocore.loaders

    partitions = botocore.loaders.Loader().load_data("partitions")["partitions"]
    return {
        region: about.get("description", region)
        for partition in partitions
        for region, about in partition["regions"].items()
    }
