"""States of metric alarms: dimensions, metric math, missing data, M of N, and time that passes.

Upstream, MiniStack 1.5.33: services/cloudwatch.py, _evaluate_alarm adds up every metric of the name
whatever its dimensions, knows neither metric math nor missing data nor DatapointsToAlarm, and looks only
when data is put: an alarm never goes back. The fix evaluates every alarm once a second and when it or
data is put.

The periods slide: the last one ends now, and a data point counts until it is a period (times the number of
evaluation periods) old. CloudWatch does the same in steps of a minute (User Guide, "Alarm evaluation");
here it is to the second, so that a test that puts a breaching point with a time of 295 s ago sees an alarm
of 300 s return to OK in 5 s. CloudWatch looks back a few periods further where data is missing, it does not
say how far; here it is EvaluationPeriods exactly.

Missing data is filled in as the table in "How alarm state is evaluated when data is missing" says. Alarms on
AWS/DynamoDB always ignore it, whatever they ask for (API reference, PutMetricAlarm, TreatMissingData).
"""

from __future__ import annotations

import json
import operator
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ops.local_aws.fixes import metric_values
from ops.local_aws.fixes.background import every_second, scope, scopes

OPERATORS = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}

ALWAYS_IGNORED = "AWS/DynamoDB"

Alarm = dict[str, Any]


def install() -> None:
    """Replaces the evaluation and repeats it."""
    from ministack.services import cloudwatch

    cloudwatch._evaluate_alarm = evaluate
    every_second(_evaluate_all)


def evaluate(alarm: Alarm) -> None:
    """Sets the alarm's state, and tells of a change."""
    if alarm.get("ComparisonOperator") not in OPERATORS:
        return
    queries, name = _queries(alarm)
    if not queries:
        return
    now, found = time.time(), metric_values.Values(queries)
    period_s = int(alarm.get("Period") or metric_values.period_s(queries))
    starts = [now - number * period_s for number in range(1, alarm["EvaluationPeriods"] + 1)]
    values = [found.between(name, start, start + period_s) for start in starts]
    new = state(alarm, values)
    if new is not None and new != alarm["StateValue"]:
        _change(alarm, new, values, starts)


def state(alarm: Alarm, values: Sequence[float | None]) -> str | None:
    """What state these values mean, newest first; None: it stays as it is."""
    compare, _ = OPERATORS[alarm["ComparisonOperator"]]
    there = [value for value in values if value is not None]
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    hits = sum(compare(value, alarm["Threshold"]) for value in there)
    treatment = _treatment(alarm)
    if treatment == "breaching":
        hits += len(values) - len(there)
    if hits >= needed:
        return "ALARM"
    if treatment in ("breaching", "notBreaching") or hits < len(there):
        return "OK"
    if treatment == "ignore":
        return None
    # Missing data is left out: where all that there is breaches, that is enough.
    return "ALARM" if there else "INSUFFICIENT_DATA"


def _treatment(alarm: Alarm) -> str:
    queries, _ = _queries(alarm)
    namespaces = {(query.get("MetricStat") or {}).get("Metric", {}).get("Namespace") for query in queries}
    return "ignore" if ALWAYS_IGNORED in namespaces else alarm.get("TreatMissingData") or "missing"


def _queries(alarm: Alarm) -> tuple[list[metric_values.Query], str]:
    """The alarm's metrics, and the id of the one that is compared."""
    if alarm.get("Metrics"):
        watched = next(query for query in alarm["Metrics"] if query.get("ReturnData", True))
        return alarm["Metrics"], watched["Id"]
    if not alarm.get("MetricName"):
        return [], ""
    metric = {name: alarm.get(name) for name in ("Namespace", "MetricName", "Dimensions")}
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    return [{"Id": "m", "MetricStat": {"Metric": metric, "Stat": statistic}}], "m"


def _change(alarm: Alarm, new: str, values: Sequence[float | None], starts: Sequence[float]) -> None:
    from ministack.services import cloudwatch

    now, old = int(time.time()), alarm["StateValue"]
    reason = _reason(alarm, new, values, starts)
    points = [{"timestamp": _iso(start), "value": value} for start, value in zip(starts, values, strict=True)]
    data = {
        "version": "1.0",
        "queryDate": _iso(now),
        "startDate": _iso(starts[-1]),
        "period": round(starts[0] - starts[1]) if len(starts) > 1 else round(now - starts[0]),
        "recentDatapoints": [value for value in reversed(values) if value is not None],
        "threshold": alarm["Threshold"],
        "evaluatedDatapoints": [point for point in points if point["value"] is not None],
    }
    alarm.update(
        StateValue=new,
        StateReason=reason,
        StateReasonData=json.dumps(data),
        StateUpdatedTimestamp=now,
        StateTransitionedTimestamp=now,
    )
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason, reason_data=data)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _reason(alarm: Alarm, new: str, values: Sequence[float | None], starts: Sequence[float]) -> str:
    count = len(values)
    there = [(value, start) for value, start in zip(values, starts, strict=True) if value is not None]
    missing = count - len(there)
    if new == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {missing} datapoint{'s were' if missing > 1 else ' was'} unknown."
    if not there:
        treated = "Breaching" if new == "ALARM" else "NonBreaching"
        return (
            f"Threshold Crossed: no datapoints were received for {_plural(count, 'period')} and "
            f"{_plural(missing, 'missing datapoint')} {'were' if missing > 1 else 'was'} treated as "
            f"[{treated}]."
        )
    compare, words = OPERATORS[alarm["ComparisonOperator"]]
    hits = [(value, start) for value, start in there if compare(value, alarm["Threshold"])]
    named, verb = (hits, "") if new == "ALARM" else ([one for one in there if one not in hits], "not ")
    listed = ", ".join(
        f"{value} ({datetime.fromtimestamp(start, UTC):%d/%m/%y %H:%M:%S})" for value, start in named
    )
    needed = alarm.get("DatapointsToAlarm") or count
    minimum = needed if new == "ALARM" else count - needed + 1
    transition = "OK -> ALARM" if new == "ALARM" else "ALARM -> OK"
    return (
        f"Threshold Crossed: {len(named)} out of the last {_plural(count, 'datapoint')} [{listed}] "
        f"{'were' if len(named) > 1 else 'was'} {verb}{words} the threshold ({alarm['Threshold']}) "
        f"(minimum {_plural(minimum, 'datapoint')} for {transition} transition)."
    )


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _iso(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _evaluate_all() -> bool:
    from ministack.services import cloudwatch

    changed = False
    for account, region in scopes(cloudwatch._alarms):
        with scope(account, region):
            before = [alarm["StateValue"] for alarm in cloudwatch._alarms.values()]
            cloudwatch._evaluate_all_alarms()
            changed |= before != [alarm["StateValue"] for alarm in cloudwatch._alarms.values()]
    return changed
