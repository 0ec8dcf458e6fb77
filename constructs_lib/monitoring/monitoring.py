"""Monitoring of an environment: alarms, who is told, dashboard, saved queries (seed, "Monitoring Stack")."""

from __future__ import annotations

import json

from cdktf import DataResource, TerraformProvider, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudwatch_composite_alarm import CloudwatchCompositeAlarm
from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from cdktf_cdktf_provider_aws.cloudwatch_query_definition import CloudwatchQueryDefinition
from constructs import Construct

from constructs_lib.monitoring import metric_alarm
from constructs_lib.monitoring.alarm import Alarm, unhealthy_rule
from constructs_lib.monitoring.alarms import UNHEALTHY, UNHEALTHY_MEANING, alarms
from constructs_lib.monitoring.dashboard import dashboard
from constructs_lib.monitoring.queries import queries
from constructs_lib.monitoring.subjects import Subjects
from constructs_lib.monitoring.topic import AlarmTopic
from constructs_lib.security import CustomerKey
from constructs_lib.stack_settings import US_EAST_1
from environments import EnvironmentConfig, naming


class Monitoring(Construct):
    """What is watched are `subjects`: names, so nothing here changes what it watches.

    CloudFront's metrics are in us-east-1 only, and an alarm tells a topic of its own region (trap 29). So an
    environment of another region has a second topic there, with a key of its own, because a key cannot be
    used from another region; a replica of the messages key would put the key of all secrets and logs there.
    That alarm is no part of `unhealthy`: a composite alarm sees those of its region.

    Attributes: `topic_arn`, `cloudfront_topic_arn` (None where there is no second topic), `dashboard_name`,
    `unhealthy_alarm_name`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        subjects: Subjects,
        key: CustomerKey,
        us_east_1: TerraformProvider | None,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._subjects, self._us_east_1 = config, subjects, us_east_1
        watched = alarms(subjects, secret_max_age_days=config.alerts.secret_max_age_days)
        elsewhere = [alarm for alarm in watched if alarm.in_us_east_1 and us_east_1 is not None]
        here = [alarm for alarm in watched if alarm not in elsewhere]

        topic = self._create_topic("topic", "alarms", config.aws_region, key, None)
        names = self._create_alarms(here, topic, None)
        parts = {alarm.id: names[alarm.id] for alarm in here if alarm.affects_users}
        unhealthy = self._create_composite(topic, parts)
        self.cloudfront_topic_arn: str | None = None
        if elsewhere:
            their_topic = self._create_topic(
                "us-east-1-topic", "cloudfront-alarms", US_EAST_1, self._create_key(), us_east_1
            )
            self._create_alarms(elsewhere, their_topic, us_east_1)
            self.cloudfront_topic_arn = their_topic.topic_arn
        board = CloudwatchDashboard(
            self,
            "dashboard",
            dashboard_name=self._name("overview"),
            dashboard_body=json.dumps(
                dashboard(subjects, secret_max_age_days=config.alerts.secret_max_age_days)
            ),
        )
        self._save_queries()

        self.topic_arn: str = topic.topic_arn
        self.dashboard_name: str = board.dashboard_name
        self.unhealthy_alarm_name: str = unhealthy.alarm_name

    def _name(self, name: str) -> str:
        return naming.resource(self._config.environment, name)

    def _create_key(self) -> CustomerKey:
        return CustomerKey(
            self,
            "us-east-1-key",
            alias=naming.key_alias(self._config.environment, "cloudfront-alarms"),
            description=f"Notifications about CloudFront ({self._config.environment})",
            account_id=self._config.aws_account_id,
            deletion_window_days=self._config.security.key_deletion_window_days,
            # Nothing is kept that it encrypts.
            protected=False,
            provider=self._us_east_1,
        )

    def _create_topic(
        self, id_: str, name: str, region: str, key: CustomerKey, provider: TerraformProvider | None
    ) -> AlarmTopic:
        return AlarmTopic(
            self,
            id_,
            environment=self._config.environment,
            name=name,
            region=region,
            account_id=self._config.aws_account_id,
            key=key,
            emails=[self._config.alert_email],
            url=self._config.alerts.url,
            provider=provider,
        )

    def _create_alarms(
        self, watched: list[Alarm], topic: AlarmTopic, provider: TerraformProvider | None
    ) -> dict[str, str]:
        """Id -> name, as a reference."""
        alarms_ = Construct(self, "us-east-1-alarms" if provider else "alarms")
        return {
            alarm.id: metric_alarm.create(
                alarms_, alarm, name=self._name(alarm.id), topic=topic, provider=provider
            ).alarm_name
            for alarm in watched
        }

    def _create_composite(self, topic: AlarmTopic, parts: dict[str, str]) -> CloudwatchCompositeAlarm:
        """parts: id -> name, as a reference.

        CloudWatch deletes no alarm that a composite one names, and Terraform destroys what is gone from the
        code before it updates what named it. A replacement goes first: so another list of parts is one.
        """
        listed = DataResource(self, "unhealthy-parts", input={"ids": ",".join(parts)})
        return CloudwatchCompositeAlarm(
            self,
            UNHEALTHY,
            alarm_name=self._name(UNHEALTHY),
            alarm_description=UNHEALTHY_MEANING,
            alarm_rule=unhealthy_rule(list(parts.values())),
            alarm_actions=[topic.topic_arn],
            ok_actions=[topic.topic_arn],
            depends_on=[topic.policy_resource],
            # Terraform wants the bare address here, not an expression.
            lifecycle=TerraformResourceLifecycle(
                replace_triggered_by=[f"{listed.terraform_resource_type}.{listed.friendly_unique_id}"]
            ),
        )

    def _save_queries(self) -> None:
        saved = Construct(self, "queries")
        for query in queries(self._subjects):
            CloudwatchQueryDefinition(
                saved,
                query.id,
                name=self._name(query.id),
                log_group_names=list(query.log_groups),
                query_string=query.text,
            )
