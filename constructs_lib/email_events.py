"""Events of sent mail: from SES to topics by kind, and from there to one queue that keeps them."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.sesv2_configuration_set import Sesv2ConfigurationSet
from cdktf_cdktf_provider_aws.sesv2_configuration_set_event_destination import (
    Sesv2ConfigurationSetEventDestination,
    Sesv2ConfigurationSetEventDestinationEventDestination,
    Sesv2ConfigurationSetEventDestinationEventDestinationCloudWatchDestination,
    Sesv2ConfigurationSetEventDestinationEventDestinationCloudWatchDestinationDimensionConfiguration,
    Sesv2ConfigurationSetEventDestinationEventDestinationSnsDestination,
)
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from constructs_lib import policies
from constructs_lib.security import CustomerKey
from environments import EnvironmentConfig, naming

TOPICS = {
    "bounces": ("BOUNCE", "REJECT", "RENDERING_FAILURE", "DELIVERY_DELAY"),
    "complaints": ("COMPLAINT", "SUBSCRIPTION"),
    "deliveries": ("SEND", "DELIVERY", "OPEN", "CLICK"),
}
"""Topic -> its event types; together they are all that SES v2 has (API reference, EventType).

RENDERING_FAILURE is the only sign of a mail that SES accepted and could not fill in (trap 33).
"""

METRICS = ("SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "RENDERING_FAILURE")
"""Counted in CloudWatch, too, per configuration set: each is a custom metric, and billed where it occurs."""

RETENTION_S = 14 * 86_400
"""The longest that SQS keeps a message."""


class EmailEvents(Construct):
    """Three encrypted topics, one encrypted queue behind them, and counters.

    Attributes: `queue_url`, `queue_arn`; `topic_arns`: topic -> ARN.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        key: CustomerKey,
        configuration_set: Sesv2ConfigurationSet,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._key, self._set = config, key, configuration_set
        # By name instead of by reference: the key's policy must not wait for 25 seconds of queue.
        self._queue_arn = f"{self._arn_prefix('sqs')}{self._name('events')}"
        self._planned_arns = {topic: f"{self._arn_prefix('sns')}{self._name(topic)}" for topic in TOPICS}
        self._allow_use_of_key()
        self._queue = self._create_queue()
        self.topic_arns: dict[str, str] = {topic: self._create_topic(topic) for topic in TOPICS}
        self._count()

        self.queue_url: str = self._queue.url
        self.queue_arn: str = self._queue.arn

    def _name(self, purpose: str) -> str:
        return naming.resource(self._config.environment, f"email-{purpose}")

    def _arn_prefix(self, service: str) -> str:
        return f"arn:aws:{service}:{self._config.aws_region}:{self._config.aws_account_id}:"

    def _allow_use_of_key(self) -> None:
        """SES encrypts for the topics, SNS for the queue; neither says so where it may not (traps 6, 32)."""
        self._key.allow(policies.key_for_ses_topics(list(self._planned_arns.values())))
        self._key.allow(policies.key_for_sns_queue(self._queue_arn))

    def _create_queue(self) -> SqsQueue:
        return SqsQueue(
            self,
            "queue",
            name=self._name("events"),
            message_retention_seconds=RETENTION_S,
            receive_wait_time_seconds=20,
            kms_master_key_id=self._key.key_arn,
            # Inline: a policy of its own would cost another 25 seconds of the provider's waiting.
            policy=policies.document(
                policies.send_to_queue(self._queue_arn, list(self._planned_arns.values())),
                policies.deny_plain_http_to_queue(self._queue_arn),
            ),
        )

    def _create_topic(self, purpose: str) -> str:
        """The topic, what may publish to it, its way to the queue, and SES's way to it. Returns the ARN."""
        topic = SnsTopic(self, purpose, name=self._name(purpose), kms_master_key_id=self._key.key_arn)
        policy = SnsTopicPolicy(
            self,
            f"{purpose}-policy",
            arn=topic.arn,
            policy=policies.document(
                policies.publish_to_topic(topic.arn, self._set.arn, self._config.aws_account_id),
                policies.deny_plain_http_to_topic(topic.arn),
            ),
        )
        subscription = SnsTopicSubscription(
            self,
            f"{purpose}-subscription",
            topic_arn=topic.arn,
            protocol="sqs",
            endpoint=self._queue.arn,
            raw_message_delivery=True,
        )
        Sesv2ConfigurationSetEventDestination(
            self,
            f"{purpose}-destination",
            configuration_set_name=self._set.configuration_set_name,
            event_destination_name=purpose,
            event_destination=Sesv2ConfigurationSetEventDestinationEventDestination(
                enabled=True,
                matching_event_types=list(TOPICS[purpose]),
                sns_destination=Sesv2ConfigurationSetEventDestinationEventDestinationSnsDestination(
                    topic_arn=topic.arn
                ),
            ),
            # SES publishes a trial message at once: with both policies missing, creation fails (trap 32).
            depends_on=[policy, self._key.policy_resource, subscription],
        )
        return str(topic.arn)

    def _count(self) -> None:
        Sesv2ConfigurationSetEventDestination(
            self,
            "metrics-destination",
            configuration_set_name=self._set.configuration_set_name,
            event_destination_name="metrics",
            event_destination=Sesv2ConfigurationSetEventDestinationEventDestination(
                enabled=True,
                matching_event_types=list(METRICS),
                cloud_watch_destination=Sesv2ConfigurationSetEventDestinationEventDestinationCloudWatchDestination(
                    dimension_configuration=[
                        Sesv2ConfigurationSetEventDestinationEventDestinationCloudWatchDestinationDimensionConfiguration(
                            # A tag that SES itself puts on every message.
                            dimension_name="ses:configuration-set",
                            dimension_value_source="MESSAGE_TAG",
                            default_dimension_value=self._set.configuration_set_name,
                        )
                    ]
                ),
            ),
        )
