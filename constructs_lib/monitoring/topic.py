"""The encrypted topic of alarms: who may publish to it, and who is told."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import TerraformProvider
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from constructs_lib import policies
from constructs_lib.security import CustomerKey
from environments import naming


class AlarmTopic(Construct):
    """Alarms whose names begin with the environment's prefix publish to it; nobody else.

    environment: or `naming.ACCOUNT`. name: of the topic, behind that prefix. key: of the same region.

    An e-mail subscription is pending until somebody clicks the link in SNS's mail, which is good for two
    days, and lapses unseen (trap 50). The endpoint of `url` answers by itself; Terraform waits for that for a
    minute, and fails where it does not.

    Attributes: `topic_arn`; `policy_resource`, on which the alarms depend.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: str,
        name: str,
        region: str,
        account_id: str,
        key: CustomerKey,
        emails: Sequence[str],
        url: str | None = None,
        provider: TerraformProvider | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        full_name = naming.resource(environment, name)
        # By name: the key's policy must not wait for the topic that is encrypted with it.
        key.allow(policies.key_for_alarm_topic(f"arn:aws:sns:{region}:{account_id}:{full_name}", account_id))
        topic = SnsTopic(self, "topic", provider=provider, name=full_name, kms_master_key_id=key.key_arn)
        alarms = f"arn:aws:cloudwatch:{region}:{account_id}:alarm:{naming.resource(environment, '*')}"
        self.policy_resource = SnsTopicPolicy(
            self,
            "policy",
            provider=provider,
            arn=topic.arn,
            policy=policies.document(
                policies.publish_alarms(topic.arn, alarms, account_id),
                policies.deny_plain_http_to_topic(topic.arn),
            ),
            depends_on=[key.policy_resource],
        )
        self.topic_arn: str = topic.arn
        for number, address in enumerate(emails):
            self._subscribe(f"email-{number}", "email", address)
        if url:
            self._subscribe("url", url.partition(":")[0], url)

    def _subscribe(self, id_: str, protocol: str, endpoint: str) -> None:
        SnsTopicSubscription(
            self,
            id_,
            provider=self._provider,
            topic_arn=self.topic_arn,
            protocol=protocol,
            endpoint=endpoint,
            endpoint_auto_confirms=None if protocol == "email" else True,
            depends_on=[self.policy_resource],
        )
