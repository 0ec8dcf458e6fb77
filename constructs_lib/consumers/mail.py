"""What became of sent mail -> the function that counts and logs it."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.lambda_function_event_invoke_config import (
    LambdaFunctionEventInvokeConfig,
    LambdaFunctionEventInvokeConfigDestinationConfig,
    LambdaFunctionEventInvokeConfigDestinationConfigOnFailure,
)
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from constructs_lib.compute.function import Function
from constructs_lib.consumers.failures import FailureQueue
from constructs_lib.email import Email
from constructs_lib.log_groups import LogGroups
from constructs_lib.security import Security
from environments import EnvironmentConfig

TOPICS = ("bounces", "complaints")
"""Those of `email_events.TOPICS` with what went wrong. Nobody has to act on a delivery."""

RETRIES = 2
EVENT_AGE_S = 6 * 3600
"""Lambda's own default, which it tells of when asked: left out, each plan would take it away again."""


class MailConsumer(Construct):
    """The function, its subscriptions, and the queue of events that it could not process.

    Attributes: `function`: `Function`; `failures`: `FailureQueue`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        email: Email,
        security: Security,
        log_groups: LogGroups,
    ) -> None:
        super().__init__(scope, id_)
        self.failures = FailureQueue(self, "mail-event-failures", config=config, key=security.messages_key)
        self.function = Function(
            self, "mail-events", config=config, log_group=log_groups.application, environment={}
        )
        self.failures.grant_send(self.function)
        self._keep_failures()
        for topic in TOPICS:
            self._subscribe(topic, email.topic_arns[topic])

    def _keep_failures(self) -> None:
        """SNS invokes asynchronously, so retries and destination are the function's own (trap 44)."""
        LambdaFunctionEventInvokeConfig(
            self,
            "invocations",
            function_name=self.function.function_name,
            maximum_retry_attempts=RETRIES,
            maximum_event_age_in_seconds=EVENT_AGE_S,
            destination_config=LambdaFunctionEventInvokeConfigDestinationConfig(
                on_failure=LambdaFunctionEventInvokeConfigDestinationConfigOnFailure(
                    destination=self.failures.queue_arn
                )
            ),
            # Lambda tries the role's permission on the queue at once.
            depends_on=list(self.function.permissions),
        )

    def _subscribe(self, topic: str, topic_arn: str) -> None:
        permission = self.function.allow_invocation(topic, service="sns.amazonaws.com", source_arn=topic_arn)
        SnsTopicSubscription(
            self,
            f"{topic}-subscription",
            topic_arn=topic_arn,
            protocol="lambda",
            endpoint=self.function.function_arn,
            # An event that comes before the permission would be lost.
            depends_on=[permission],
        )
