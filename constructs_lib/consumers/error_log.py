"""Errors in the application's log -> the function that copies them to where they stay longer (trap 54)."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_subscription_filter import CloudwatchLogSubscriptionFilter
from constructs import Construct

from constructs_lib.compute.function import Function
from constructs_lib.log_groups import LogGroups
from environments import EnvironmentConfig, naming

ERRORS = (
    '{ ($.level = "ERROR") || ($.level = "CRITICAL") || ($.log_level = "ERROR")'
    ' || (($.type = "platform.report") && (($.record.status = "error") || ($.record.status = "failure")'
    ' || ($.record.status = "timeout"))) }'
)
"""What counts as an error in a log of JSON lines.

`level` is what functions log, and what Python's runtime logs of an exception that a handler lets out
(`log_level` in older versions of it). A function that is killed logs nothing itself, so the fourth is
Lambda's own report of an invocation, whose status is one of success, error, failure, timeout. An exception
that a handler lets out therefore leaves two entries: its own and the report's.
Source: Lambda developer guide, "Telemetry API Event schema reference", platform.report.
"""


class ErrorLog(Construct):
    """The function and its subscription to the application's log group.

    Its own log is in a group of its own, which nothing subscribes to.

    Attributes: `function`: `Function`.
    """

    def __init__(
        self, scope: Construct, id_: str, *, config: EnvironmentConfig, log_groups: LogGroups
    ) -> None:
        super().__init__(scope, id_)
        self.function = Function(
            self,
            "error-log",
            config=config,
            log_group=log_groups.error_log,
            environment={"ERROR_LOG_GROUP": log_groups.error_name},
        )
        log_groups.grant_write_errors(self.function)
        permission = self.function.allow_invocation(
            "application-log",
            service="logs.amazonaws.com",
            source_arn=f"{log_groups.application.arn}:*",
        )
        CloudwatchLogSubscriptionFilter(
            self,
            "subscription",
            name=naming.resource(config.environment, "errors"),
            log_group_name=log_groups.application_name,
            filter_pattern=ERRORS,
            destination_arn=self.function.function_arn,
            # CloudWatch Logs sends a trial message at once, and refuses where it may not.
            depends_on=[permission],
        )
