"""Once a day -> the function that measures how old the API keys are."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import CloudwatchEventTarget
from constructs import Construct

from constructs_lib.compute.function import Function
from constructs_lib.log_groups import LogGroups
from constructs_lib.security import Security
from environments import EnvironmentConfig, naming


class SecretAge(Construct):
    """The function and its schedule.

    Attributes: `function`: `Function`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        security: Security,
        log_groups: LogGroups,
    ) -> None:
        super().__init__(scope, id_)
        secrets = (security.openai_secret, security.anthropic_secret)
        self.function = Function(
            self,
            "secret-age",
            config=config,
            log_group=log_groups.application,
            environment={
                "SECRET_ARNS": ",".join(f"{secret.node.id}={secret.secret_arn}" for secret in secrets)
            },
        )
        for secret in secrets:
            secret.grant_list_versions(self.function)
        rule = CloudwatchEventRule(
            self,
            "rule",
            name=naming.resource(config.environment, "secret-age"),
            description="Measures the age of the API keys once a day",
            schedule_expression="rate(1 day)",
        )
        permission = self.function.allow_invocation(
            "schedule", service="events.amazonaws.com", source_arn=rule.arn
        )
        CloudwatchEventTarget(
            self, "target", rule=rule.name, arn=self.function.function_arn, depends_on=[permission]
        )
