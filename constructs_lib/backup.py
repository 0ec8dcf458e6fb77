"""Backup: a copy of the table a day, in a vault of its own, and a restore of it once a month (AWS Backup).

Point-in-time recovery answers for single mistakes; it lives in the table's own key and ends 35 days after the
table. These copies have another key, and a retention of their own. Whether a copy can be restored is not
believed but tried: AWS Backup restores the latest one, reports, and deletes what it made.

What the role may do follows AWS's managed policies AWSBackupServiceRolePolicyForBackup and …ForRestores,
limited to this table, this vault, these keys, and the tables of restore tests.
"""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.backup_plan import (
    BackupPlan,
    BackupPlanRule,
    BackupPlanRuleLifecycle,
)
from cdktf_cdktf_provider_aws.backup_restore_testing_plan import (
    BackupRestoreTestingPlan,
    BackupRestoreTestingPlanRecoveryPointSelection,
)
from cdktf_cdktf_provider_aws.backup_restore_testing_selection import BackupRestoreTestingSelection
from cdktf_cdktf_provider_aws.backup_selection import BackupSelection
from cdktf_cdktf_provider_aws.backup_vault import BackupVault
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from constructs_lib import policies
from constructs_lib.ci.permissions import boundary_arn
from constructs_lib.database import Database
from constructs_lib.security import CustomerKey, Role
from environments import EnvironmentConfig, naming

DAILY = "cron(0 3 * * ? *)"
MONTHLY = "cron(0 6 1 * ? *)"
"""UTC, both outside of European and American working hours."""
START_WITHIN_MIN, DONE_WITHIN_MIN = 60, 480

BACK_UP = [f"dynamodb:{name}" for name in ("DescribeTable", "ListTagsOfResource", "StartAwsBackupJob")]
READ_WITH_KEY = [f"kms:{name}" for name in ("Decrypt", "GenerateDataKey", "DescribeKey")]
RESTORE = [
    f"dynamodb:{name}"
    for name in (
        *("RestoreTableFromAwsBackup", "DescribeTable", "GetItem", "Query", "Scan"),
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
    )
]
WRITE_WITH_KEY = [*READ_WITH_KEY, *(f"kms:{name}" for name in ("Encrypt", "ReEncryptFrom", "ReEncryptTo"))]


class Backup(Construct):
    """Vault, plan and restore tests of an environment's table.

    Attributes: `vault_name`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: EnvironmentConfig,
        database: Database,
        table_key: CustomerKey,
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._table_arn, self._table_key = config, database.table_arn, table_key
        self._key = CustomerKey(
            self,
            "key",
            alias=naming.key_alias(config.environment, "backup"),
            description=f"Backups of the table of the Specification Wizard ({config.environment})",
            account_id=config.aws_account_id,
            deletion_window_days=config.security.key_deletion_window_days,
            protected=config.protected,
        )
        vault = BackupVault(
            self,
            "vault",
            name=naming.resource(config.environment, "backup"),
            kms_key_arn=self._key.key_arn,
            force_destroy=not config.protected,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if config.protected else None,
        )
        role = Role(
            self,
            "role",
            name=naming.role(config.environment, "backup"),
            description="AWS Backup backs the table up, and restores it for a test",
            trust=policies.trust_backup(config.aws_account_id),
            boundary_arn=boundary_arn(config.aws_account_id, config.environment),
        )
        permissions = self._permit(role, vault)
        self._back_up_daily(vault, role, permissions)
        if config.backup.restore_testing:
            self._test_monthly(vault, role, permissions)

        self.vault_name: str = vault.name

    def _permit(self, role: Role, vault: BackupVault) -> list[IamRolePolicy]:
        region, account = self._config.aws_region, self._config.aws_account_id
        back_up = role.attach(
            "back-up",
            policies.allow("BackUpTable", BACK_UP, [self._table_arn]),
            policies.allow(
                "PutIntoVault", ["backup:DescribeBackupVault", "backup:CopyIntoBackupVault"], [vault.arn]
            ),
            policies.allow(
                "TagBackups", ["backup:TagResource"], [f"arn:aws:backup:{region}:{account}:recovery-point:*"]
            ),
            policies.use_key("UseTableKey", self._table_key.key_arn, READ_WITH_KEY, "dynamodb", region),
            policies.use_key("UseVaultKey", self._key.key_arn, READ_WITH_KEY, "backup", region),
            policies.grant_key_to_service("HoldTableKey", self._table_key.key_arn),
            policies.grant_key_to_service("HoldVaultKey", self._key.key_arn),
        )
        if not self._config.backup.restore_testing:
            return [back_up]
        tests = f"arn:aws:dynamodb:{region}:{account}:table/{naming.RESTORE_TESTS}*"
        restore = role.attach(
            "restore-tests",
            policies.allow("RestoreIntoTests", RESTORE, [tests]),
            policies.use_key("UseTableKey", self._table_key.key_arn, WRITE_WITH_KEY, "dynamodb", region),
        )
        return [back_up, restore]

    def _back_up_daily(self, vault: BackupVault, role: Role, permissions: list[IamRolePolicy]) -> None:
        plan = BackupPlan(
            self,
            "plan",
            name=naming.resource(self._config.environment, "backup"),
            rule=[
                BackupPlanRule(
                    rule_name="daily",
                    target_vault_name=vault.name,
                    schedule=DAILY,
                    start_window=START_WITHIN_MIN,
                    completion_window=DONE_WITHIN_MIN,
                    lifecycle=BackupPlanRuleLifecycle(delete_after=self._config.backup.retention_days),
                    recovery_point_tags={
                        "Project": naming.PROJECT,
                        "Environment": self._config.environment,
                    },
                )
            ],
        )
        BackupSelection(
            self,
            "table",
            name="table",
            plan_id=plan.id,
            iam_role_arn=role.role_arn,
            resources=[self._table_arn],
            depends_on=permissions,
        )

    def _test_monthly(self, vault: BackupVault, role: Role, permissions: list[IamRolePolicy]) -> None:
        plan = BackupRestoreTestingPlan(
            self,
            "restore-tests",
            name=naming.restore_testing_plan(self._config.environment),
            schedule_expression=MONTHLY,
            start_window_hours=8,
            recovery_point_selection=[
                BackupRestoreTestingPlanRecoveryPointSelection(
                    algorithm="LATEST_WITHIN_WINDOW",
                    include_vaults=[vault.arn],
                    recovery_point_types=["SNAPSHOT"],
                    selection_window_days=7,
                )
            ],
        )
        BackupRestoreTestingSelection(
            self,
            "restore-test-of-table",
            name="table",
            restore_testing_plan_name=plan.name,
            protected_resource_type="DynamoDB",
            protected_resource_arns=[self._table_arn],
            iam_role_arn=role.role_arn,
            # What is restored for a test is production's data, and encrypted as such.
            restore_metadata_overrides={
                "encryptionType": "KMS",
                "kmsMasterKeyArn": self._table_key.key_arn,
            },
            depends_on=permissions,
        )
