"""Work of the chat: a queue of messages to answer, and what became of those that nobody could answer."""

from __future__ import annotations

import json
from typing import Any

from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from constructs_lib import policies
from constructs_lib.security import CustomerKey, Grantee
from environments import EnvironmentConfig, naming

MAX_RECEIVES = 3
"""How often a job is tried before it goes to the dead letters."""

TIMES_THE_TIMEOUT = 6
"""Visibility timeout in timeouts of the worker: what Lambda asks for, so that it can retry throttled calls.

Source: Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping" (trap 39).
"""

KEPT_S = 4 * 86_400
DEAD_LETTERS_KEPT_S = 14 * 86_400
"""SQS counts both from when a message was first sent: dead letters have to be kept longer than jobs."""


def _compact(document: dict[str, Any]) -> str:
    """As SQS gives it back: the provider compares these two documents with their white space."""
    return json.dumps(document, separators=(",", ":"))


class Jobs(Construct):
    """Two encrypted queues. A job that fails three times is moved to the second, and nowhere else.

    A DLQ of the function would hold nothing: SQS invokes it synchronously (trap 44).

    Attributes: `queue_url`, `queue_arn`, `queue_name`, `dead_letter_queue_url`, `dead_letter_queue_name`.
    """

    def __init__(self, scope: Construct, id_: str, *, config: EnvironmentConfig, key: CustomerKey) -> None:
        super().__init__(scope, id_)
        self._config, self._key = config, key
        name = naming.resource(config.environment, "chat-jobs")
        # By name instead of by reference: the two queues name each other.
        arn = self._arn(name)
        dead_letters = self._create_dead_letters(arn)
        queue = SqsQueue(
            self,
            "queue",
            name=name,
            visibility_timeout_seconds=TIMES_THE_TIMEOUT * config.chat.worker_timeout_s,
            message_retention_seconds=KEPT_S,
            receive_wait_time_seconds=20,
            kms_master_key_id=key.key_arn,
            redrive_policy=_compact(
                {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": MAX_RECEIVES}
            ),
            # Inline: a policy of its own would cost another 25 seconds of the provider's waiting.
            policy=policies.document(policies.deny_plain_http_to_queue(arn)),
        )
        self.queue_url: str = queue.url
        self.queue_arn: str = queue.arn
        self.queue_name: str = queue.name
        self.dead_letter_queue_url: str = dead_letters.url
        self.dead_letter_queue_name: str = dead_letters.name

    def grant_send(self, grantee: Grantee) -> None:
        """Put jobs into the queue. SQS encrypts with a data key, which it also decrypts to use it again."""
        grantee.attach(
            "send-jobs",
            policies.allow("SendJobs", ["sqs:SendMessage"], [self.queue_arn]),
            self._use_key(["kms:GenerateDataKey", "kms:Decrypt"]),
        )

    def grant_consume(self, grantee: Grantee) -> None:
        """Take jobs, as an event source mapping does under its function's role."""
        grantee.attach(
            "consume-jobs",
            policies.allow(
                "ConsumeJobs",
                ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                [self.queue_arn],
            ),
            self._use_key(["kms:Decrypt"]),
        )

    def grant_delay(self, grantee: Grantee) -> None:
        """Say when a job that failed is tried again, instead of after the whole visibility timeout."""
        grantee.attach(
            "delay-jobs", policies.allow("DelayJobs", ["sqs:ChangeMessageVisibility"], [self.queue_arn])
        )

    def _create_dead_letters(self, source_arn: str) -> SqsQueue:
        name = naming.resource(self._config.environment, "chat-dead-letters")
        return SqsQueue(
            self,
            "dead-letters",
            name=name,
            message_retention_seconds=DEAD_LETTERS_KEPT_S,
            kms_master_key_id=self._key.key_arn,
            redrive_allow_policy=_compact({"redrivePermission": "byQueue", "sourceQueueArns": [source_arn]}),
            policy=policies.document(policies.deny_plain_http_to_queue(self._arn(name))),
        )

    def _arn(self, name: str) -> str:
        return f"arn:aws:sqs:{self._config.aws_region}:{self._config.aws_account_id}:{name}"

    def _use_key(self, actions: list[str]) -> policies.Statement:
        return policies.use_key("UseQueueKey", self._key.key_arn, actions, "sqs", self._config.aws_region)
