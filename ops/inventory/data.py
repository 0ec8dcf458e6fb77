"""Where data lies, and what encrypts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.inventory.model import Lister, pages


def _tables(dynamodb: Any) -> Iterator[str]:
    yield from pages(dynamodb, "list_tables", "TableNames")


def backups(dynamodb: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every backup of a table with its name; DynamoDB makes one itself of a table with PITR that goes."""
    for summary in pages(dynamodb, "list_backups", "BackupSummaries", BackupType="ALL"):
        yield f"{summary['BackupName']} of {summary['TableName']}", summary


def _backups(dynamodb: Any) -> Iterator[tuple[str, str]]:
    for name, summary in backups(dynamodb):
        if summary["BackupType"] != "SYSTEM":
            yield name, summary["BackupArn"]


def _buckets(s3: Any) -> Iterator[str]:
    yield from (bucket["Name"] for bucket in s3.list_buckets()["Buckets"])


def _aliases(kms: Any) -> Iterator[str]:
    yield from (alias["AliasName"] for alias in pages(kms, "list_aliases", "Aliases"))


def keys(kms: Any) -> Iterator[dict[str, Any]]:
    """The metadata of every customer key, those that wait for their deletion included."""
    for key in pages(kms, "list_keys", "Keys"):
        yield kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]


def _keys(kms: Any) -> Iterator[tuple[str, str]]:
    for metadata in keys(kms):
        if metadata["KeyState"] != "PendingDeletion":
            yield metadata.get("Description", ""), metadata["KeyId"]


def _secrets(secretsmanager: Any) -> Iterator[str]:
    yield from (secret["Name"] for secret in pages(secretsmanager, "list_secrets", "SecretList"))


def _parameters(ssm: Any) -> Iterator[str]:
    yield from (parameter["Name"] for parameter in pages(ssm, "describe_parameters", "Parameters"))


def _scaling_targets(autoscaling: Any) -> Iterator[str]:
    found = pages(autoscaling, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="dynamodb")
    yield from (target["ResourceId"] for target in found)


def _backup_vaults(backup: Any) -> Iterator[str]:
    yield from (vault["BackupVaultName"] for vault in pages(backup, "list_backup_vaults", "BackupVaultList"))


def _backup_plans(backup: Any) -> Iterator[tuple[str, str]]:
    for plan in pages(backup, "list_backup_plans", "BackupPlansList"):
        yield plan["BackupPlanName"], plan["BackupPlanId"]


def _restore_testing_plans(backup: Any) -> Iterator[tuple[str, str]]:
    """With hyphens, which their names must not have, as everything else of an environment."""
    for plan in pages(backup, "list_restore_testing_plans", "RestoreTestingPlans"):
        name = plan["RestoreTestingPlanName"]
        yield name.replace("_", "-"), name


LISTERS = (
    Lister("table", "dynamodb", _tables),
    Lister("backup", "dynamodb", _backups),
    Lister("bucket", "s3", _buckets, everywhere=True),
    Lister("alias", "kms", _aliases),
    Lister("key", "kms", _keys),
    Lister("secret", "secretsmanager", _secrets),
    Lister("parameter", "ssm", _parameters),
    Lister("scaling target", "application-autoscaling", _scaling_targets),
    Lister("backup vault", "backup", _backup_vaults),
    Lister("backup plan", "backup", _backup_plans),
    Lister("restore testing plan", "backup", _restore_testing_plans),
)
