"""An alarm's data as a resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cdktf import TerraformProvider
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from constructs import Construct

from constructs_lib.monitoring.alarm import Alarm
from constructs_lib.monitoring.topic import AlarmTopic


def create(
    scope: Construct,
    alarm: Alarm,
    *,
    name: str,
    topic: AlarmTopic,
    provider: TerraformProvider | None = None,
    depends_on: Sequence[Any] = (),
) -> CloudwatchMetricAlarm:
    """One resource, which tells the topic when it goes off and when it is over."""
    return CloudwatchMetricAlarm(
        scope,
        alarm.id,
        provider=provider,
        alarm_name=name,
        alarm_description=alarm.description,
        comparison_operator=alarm.comparison,
        threshold=alarm.threshold,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        treat_missing_data=alarm.missing,
        alarm_actions=[topic.topic_arn],
        ok_actions=[topic.topic_arn],
        # An alarm that went off before the topic lets it publish would be heard by nobody.
        depends_on=[topic.policy_resource, *depends_on],
        **_watched(alarm),
    )


def _watched(alarm: Alarm) -> dict[str, Any]:
    """One metric as such, several as metric math: AWS refuses a mixture."""
    if alarm.expression is None:
        (metric,) = alarm.metrics
        return {
            "namespace": metric.namespace,
            "metric_name": metric.name,
            "dimensions": dict(metric.dimensions),
            "statistic": metric.stat,
            "period": alarm.period_s,
        }
    result = CloudwatchMetricAlarmMetricQuery(
        id="total", expression=alarm.expression, label=alarm.id, return_data=True
    )
    return {
        "metric_query": [
            result,
            *(
                CloudwatchMetricAlarmMetricQuery(
                    id=id_,
                    # Not left out: the provider would send nothing, and AWS returns data unless told.
                    return_data=False,
                    metric=CloudwatchMetricAlarmMetricQueryMetric(
                        namespace=metric.namespace,
                        metric_name=metric.name,
                        dimensions=dict(metric.dimensions),
                        stat=metric.stat,
                        period=alarm.period_s,
                    ),
                )
                for id_, metric in zip(alarm.ids, alarm.metrics, strict=True)
            ),
        ]
    }
