"""Queues of what a consumer could not process, after its retries."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from constructs_lib import policies
from constructs_lib.security import CustomerKey, Grantee
from environments import EnvironmentConfig, naming

RETENTION_S = 14 * 86_400
"""The longest that SQS keeps a message: somebody has to look at it."""


class FailureQueue(Construct):
    """An encrypted queue that Lambda puts failures into, under the role of the function that failed.

    id_: what it holds, such as "stream-failures"; its name and its grant are made of it.

    Attributes: `queue_url`, `queue_arn`.
    """

    def __init__(self, scope: Construct, id_: str, *, config: EnvironmentConfig, key: CustomerKey) -> None:
        super().__init__(scope, id_)
        self._config, self._key = config, key
        name = naming.resource(config.environment, id_)
        self._queue = SqsQueue(
            self,
            "queue",
            name=name,
            message_retention_seconds=RETENTION_S,
            kms_master_key_id=key.key_arn,
            # Inline, and so by name: a policy of its own would cost another 25 seconds of waiting.
            policy=policies.document(
                policies.deny_plain_http_to_queue(
                    f"arn:aws:sqs:{config.aws_region}:{config.aws_account_id}:{name}"
                )
            ),
        )
        self.queue_url: str = self._queue.url
        self.queue_arn: str = self._queue.arn

    def grant_send(self, grantee: Grantee) -> None:
        """Put messages in: what Lambda needs of a function's role for a failure destination.

        SQS encrypts with a data key that it may have to decrypt first, so a sender needs both permissions.
        Source: SQS developer guide, "Key management", permissions for producers.
        """
        grantee.attach(
            f"{self.node.id}-send",
            policies.allow("SendFailures", ["sqs:SendMessage"], [self.queue_arn]),
            policies.use_key(
                "UseQueueKey",
                self._key.key_arn,
                ["kms:GenerateDataKey", "kms:Decrypt"],
                "sqs",
                self._config.aws_region,
            ),
        )
