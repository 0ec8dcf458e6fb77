"""Log groups of the application and of its errors (seed, "Monitoring Stack": 30 and 90 days).

The function that copies errors from the first into the second writes its own log into a third, which nothing
subscribes to: in the application's, an error of its own would start it again (trap 54).
"""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from constructs_lib import policies
from constructs_lib.security import CustomerKey, Grantee
from environments import EnvironmentConfig, naming


class LogGroups(Construct):
    """Three encrypted log groups with retention.

    Attributes: `application`, `errors`, `error_log`: the log group resources; `application_name`,
    `error_name`.
    """

    def __init__(self, scope: Construct, id_: str, *, config: EnvironmentConfig, key: CustomerKey) -> None:
        super().__init__(scope, id_)
        retention_days = {
            "application": config.logs.application_retention_days,
            "errors": config.logs.error_retention_days,
            "error-log": config.logs.application_retention_days,
        }
        names = {purpose: naming.log_group(config.environment, purpose) for purpose in retention_days}
        prefix = f"arn:aws:logs:{config.aws_region}:{config.aws_account_id}:log-group:"
        key.allow(
            policies.key_for_log_groups([f"{prefix}{name}" for name in names.values()], config.aws_region)
        )
        self.application, self.errors, self.error_log = (
            CloudwatchLogGroup(
                self,
                purpose,
                name=names[purpose],
                retention_in_days=days,
                kms_key_id=key.key_arn,
                # CloudWatch Logs tries the key when the group is created (trap 5).
                depends_on=[key.policy_resource],
            )
            for purpose, days in retention_days.items()
        )
        self.application_name: str = self.application.name
        self.error_name: str = self.errors.name

    def grant_write(self, grantee: Grantee) -> None:
        """Write log streams of the application's group. The group itself exists: no CreateLogGroup.

        By AWS's service authorization reference a stream is created in the group's ARN, written by its own.
        """
        self._grant_write(grantee, "application-log-write", self.application)

    def grant_write_errors(self, grantee: Grantee) -> None:
        """Write log streams of the errors' group."""
        self._grant_write(grantee, "error-log-write", self.errors)

    @staticmethod
    def _grant_write(grantee: Grantee, name: str, group: CloudwatchLogGroup) -> None:
        grantee.attach(
            name,
            policies.allow(
                "WriteLog",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [group.arn, f"{group.arn}:log-stream:*"],
            ),
        )
