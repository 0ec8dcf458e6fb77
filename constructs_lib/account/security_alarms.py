"""Alarms on the audit trail (seed, "CloudWatch alarms for security events"; trap 53)."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_metric_filter import (
    CloudwatchLogMetricFilter,
    CloudwatchLogMetricFilterMetricTransformation,
)
from constructs import Construct

from constructs_lib.account.audit_trail import AuditTrail
from constructs_lib.account.security_events import NAMESPACE, SecurityEvent, security_events
from constructs_lib.monitoring import metric_alarm
from constructs_lib.monitoring.alarm import Alarm
from constructs_lib.monitoring.metrics import Metric
from constructs_lib.monitoring.topic import AlarmTopic
from constructs_lib.security import CustomerKey
from environments import Account, naming


class SecurityAlarms(Construct):
    """A filter and an alarm for each event, and a topic that tells the alert addresses.

    CloudTrail delivers within a few minutes, so an alarm comes five to ten minutes after what it is about.
    Each address confirms its subscription by the link in SNS's mail (trap 50).

    Attributes: `topic_arn`; `alarm_names`: event -> name.
    """

    def __init__(self, scope: Construct, id_: str, *, account: Account, trail: AuditTrail) -> None:
        super().__init__(scope, id_)
        key = CustomerKey(
            self,
            "key",
            alias=naming.key_alias(naming.ACCOUNT, "security-alarms"),
            description="Notifications about the security of the AWS account",
            account_id=account.aws_account_id,
            deletion_window_days=30 if account.protected else 7,
            # Nothing is kept that it encrypts.
            protected=False,
        )
        topic = AlarmTopic(
            self,
            "topic",
            environment=naming.ACCOUNT,
            name="security-alarms",
            region=account.aws_region,
            account_id=account.aws_account_id,
            key=key,
            emails=account.alert_emails,
        )
        self.topic_arn: str = topic.topic_arn
        self.alarm_names: dict[str, str] = {
            event.id: self._watch(event, trail.log_group_name, topic) for event in security_events(account)
        }

    def _watch(self, event: SecurityEvent, log_group_name: str, topic: AlarmTopic) -> str:
        # No default value: the metric is there, and billed, in hours only in which something happened.
        filter_ = CloudwatchLogMetricFilter(
            self,
            f"{event.id}-filter",
            name=naming.resource(naming.ACCOUNT, event.id),
            log_group_name=log_group_name,
            pattern=event.pattern,
            metric_transformation=CloudwatchLogMetricFilterMetricTransformation(
                namespace=NAMESPACE, name=event.metric, value="1"
            ),
        )
        alarm = metric_alarm.create(
            self,
            as_alarm(event),
            name=naming.resource(naming.ACCOUNT, event.id),
            topic=topic,
            depends_on=[filter_],
        )
        return str(alarm.alarm_name)


def as_alarm(event: SecurityEvent) -> Alarm:
    """The alarm on what the event's filter counts."""
    return Alarm(
        event.id,
        event.meaning,
        event.action,
        (Metric(NAMESPACE, event.metric),),
        threshold=event.threshold,
    )
