"""Log groups of the application and of its errors (seed, "Monitoring Stack": 30 and 90 days)."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from constructs_lib import policies
from constructs_lib.security import CustomerKey, Grantee
from environments import EnvironmentConfig, naming


class LogGroups(Construct):
    """Two encrypted log groups with retention.

    Attributes: `application_name`, `error_name`.
    """

    def __init__(self, scope: Construct, id_: str, *, config: EnvironmentConfig, key: CustomerKey) -> None:
        super().__init__(scope, id_)
        names = [naming.log_group(config.environment, purpose) for purpose in ("application", "errors")]
        prefix = f"arn:aws:logs:{config.aws_region}:{config.aws_account_id}:log-group:"
        key.allow(policies.key_for_log_groups([f"{prefix}{name}" for name in names], config.aws_region))
        self._application, self._errors = (
            CloudwatchLogGroup(
                self,
                name.rsplit("/", 1)[1],
                name=name,
                retention_in_days=days,
                kms_key_id=key.key_arn,
                # CloudWatch Logs tries the key when the group is created (trap 5).
                depends_on=[key.policy_resource],
            )
            for name, days in zip(
                names, (config.logs.application_retention_days, config.logs.error_retention_days), strict=True
            )
        )
        self.application_name: str = self._application.name
        self.error_name: str = self._errors.name

    def grant_write(self, grantee: Grantee) -> None:
        """Write log streams of the application's group. The group itself exists: no CreateLogGroup.

        By AWS's service authorization reference a stream is created in the group's ARN, written by its own.
        """
        grantee.attach(
            "application-log-write",
            policies.allow(
                "WriteLog",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [self._application.arn, f"{self._application.arn}:log-stream:*"],
            ),
        )
