"""One AWS account: the wiring of what exists once in it, its provider, its remote state and its outputs."""

from __future__ import annotations

import json

from cdktf import TerraformOutput, TerraformStack
from constructs import Construct

from constructs_lib import stack_settings
from constructs_lib.account.audit_trail import AuditTrail
from constructs_lib.account.cost_alerts import CostAlerts
from constructs_lib.account.mail_identity import MailIdentities
from constructs_lib.account.security_alarms import SecurityAlarms
from constructs_lib.account.settings import AccountSettings
from constructs_lib.ci.access import CiAccess, RoleBoundaries
from environments import Account, naming


class AccountStack(TerraformStack):
    """What environments of one account would fight over, deployed before them, by a person.

    No pipeline deploys it: it holds the pipelines' own permissions.
    """

    def __init__(self, scope: Construct, id_: str, *, account: Account) -> None:
        super().__init__(scope, id_)
        account_id, region = account.aws_account_id, account.aws_region
        stack_settings.provide(self, account_id=account_id, region=region, environment=naming.ACCOUNT)
        stack_settings.keep_state(self, account_id=account_id, region=region, environment=naming.ACCOUNT)

        settings = AccountSettings(self, "settings", account=account)
        trail = AuditTrail(self, "audit-trail", account=account)
        alarms = SecurityAlarms(self, "security-alarms", account=account, trail=trail)
        mail = MailIdentities(self, "mail", account=account)
        CostAlerts(self, "cost", account=account)
        RoleBoundaries(self, "boundaries", account=account)
        repository = account.settings.github_repository
        ci = CiAccess(self, "ci", account=account, repository=repository) if repository else None

        self._publish(
            aws_region=account.aws_region,
            trail_bucket_name=trail.bucket_name,
            trail_log_group=trail.log_group_name,
            security_alarm_topic_arn=alarms.topic_arn,
            access_analyzer_arn=settings.analyzer_arn,
            mail_identities=json.dumps(mail.names),
            mail_dns_records=json.dumps(mail.dns_records),
            mail_configuration_set=mail.configuration_set_name,
        )
        if ci:
            self._publish(
                plan_role_arn=ci.plan_role_arn,
                **{f"deploy_role_arn_{name}": arn for name, arn in ci.deploy_role_arns.items()},
            )

    def _publish(self, **outputs: str) -> None:
        """For people and `ops`; an environment looks nothing up here, it knows the names."""
        for name, value in outputs.items():
            TerraformOutput(self, name, value=value)
