"""What is backed up, how far back, and whether it is what the configuration promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from environments import naming
from ops.aws import aws_errors
from ops.recovery import bucket_settings, tables
from ops.recovery.times import shown, span

if TYPE_CHECKING:
    from environments import EnvironmentConfig

SHOWN = 5
"""So many recovery points and restore tests, the newest first."""
OLDEST_BACKUP = timedelta(hours=48)
"""A daily backup that was missed once is younger."""
OLDEST_TEST = timedelta(days=40)
"""Of a monthly test."""


@dataclass(frozen=True)
class RecoveryPoint:
    """status: COMPLETED, PARTIAL, EXPIRED …"""

    at: datetime
    status: str
    size_bytes: int


@dataclass(frozen=True)
class RestoreTest:
    """status: COMPLETED, FAILED …; deleted: whether what it made is deleted again."""

    at: datetime
    status: str
    message: str
    deleted: str


@dataclass(frozen=True)
class Status:
    """earliest, latest: the recovery window, None without point-in-time recovery; vault_since and plan_since:
    None where there is no vault or no restore testing plan; advanced: whether AWS Backup encrypts backups of
    DynamoDB with the vault's key in this account; versioning: see `BucketSettings`."""

    table: str
    table_exists: bool
    earliest: datetime | None
    latest: datetime | None
    vault_since: datetime | None
    advanced: bool
    recovery_points: tuple[RecoveryPoint, ...] = ()
    tests_since: datetime | None = None
    restore_tests: tuple[RestoreTest, ...] = ()
    bucket: str = ""
    versioning: str | None = None
    noncurrent_days: int | None = None
    findings: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Times as text, `ok` beside the findings."""
        document: dict[str, Any] = _plain(asdict(self))
        return {**document, "ok": not self.findings}


def read(config: EnvironmentConfig, clients: Mapping[str, Any]) -> Status:
    """As it is in AWS, with what falls short. clients: of dynamodb, backup and s3. Raises OpsError."""
    name = naming.table(config.environment, config.database.generation)
    table = tables.read(clients["dynamodb"], name, config.environment)
    window = tables.window(clients["dynamodb"], name) if table else None
    bucket = naming.exports_bucket(config.environment, config.aws_account_id)
    settings = bucket_settings.read(clients["s3"], bucket)
    backup = _Backup(clients["backup"], config.environment)
    found = Status(
        table=name,
        table_exists=table is not None,
        earliest=window.earliest if window else None,
        latest=window.latest if window else None,
        vault_since=backup.vault_since(),
        advanced=backup.advanced(),
        recovery_points=backup.recovery_points(),
        tests_since=backup.tests_since(),
        restore_tests=backup.restore_tests(),
        bucket=bucket,
        versioning=settings.versioning,
        noncurrent_days=settings.noncurrent_days,
    )
    return Status(**{**vars(found), "findings": tuple(findings(config, found, datetime.now(UTC)))})


def findings(config: EnvironmentConfig, status: Status, now: datetime) -> Iterator[str]:
    """What the configuration promises and AWS does not have, each with what to do."""
    again = f"deploy {config.environment}"
    if not status.table_exists:
        yield f"The table {status.table} does not exist: {again}."
    elif config.database.point_in_time_recovery and not status.earliest:
        yield f"Point-in-time recovery of {status.table} is off: {again}."
    if config.storage.versioning and status.versioning != "Enabled":
        yield f"{status.bucket} keeps no versions: {again}."
    kept = status.noncurrent_days
    if kept is not None and kept < config.storage.noncurrent_retention_days:
        promised = config.storage.noncurrent_retention_days
        yield f"{status.bucket} keeps old versions for {kept} days instead of {promised}: {again}."
    if config.backup.enabled:
        yield from _of_backups(config, status, now, again)


def _of_backups(config: EnvironmentConfig, status: Status, now: datetime, again: str) -> Iterator[str]:
    if status.vault_since is None:
        yield f"There is no backup vault: {again}."
        return
    if not status.advanced:
        yield (
            "AWS Backup's advanced features for DynamoDB are off in this account, so the daily backup fails: "
            "aws backup update-region-settings --resource-type-management-preference DynamoDB=true "
            "--resource-type-opt-in-preference DynamoDB=true"
        )
    good = [point.at for point in status.recovery_points if point.status == "COMPLETED"]
    newest = max([status.vault_since, *good])
    if now - newest > OLDEST_BACKUP:
        text = f"is {span((now - newest).total_seconds())} old" if good else "does not exist"
        yield f"The newest complete backup {text}: see the jobs in AWS Backup."
    if not config.backup.restore_testing:
        return
    if status.tests_since is None:
        yield f"Restores are not tested: {again}."
        return
    tested = [test for test in status.restore_tests if test.status == "COMPLETED"]
    if status.restore_tests and status.restore_tests[0].status not in ("COMPLETED", "RUNNING", "PENDING"):
        last = status.restore_tests[0]
        why = last.message or "no reason given"
        yield f"The restore test of {shown(last.at)} ended {last.status}: {why}."
    elif now - max([status.tests_since, *(test.at for test in tested)]) > OLDEST_TEST:
        yield (
            f"No restore was tested for {OLDEST_TEST.days} days: see the restore testing plan in AWS Backup."
        )


class _Backup:
    """What AWS Backup says of an environment."""

    def __init__(self, client: Any, environment: str) -> None:
        self._client = client
        self._vault = naming.resource(environment, "backup")
        self._plan = naming.restore_testing_plan(environment)

    def vault_since(self) -> datetime | None:
        found = self._there(lambda: self._client.describe_backup_vault(BackupVaultName=self._vault))
        return found["CreationDate"].astimezone(UTC) if found else None

    def advanced(self) -> bool:
        with aws_errors("reading the settings of AWS Backup"):
            found = self._client.describe_region_settings()
        return all(
            found[name].get("DynamoDB", False)
            for name in ("ResourceTypeOptInPreference", "ResourceTypeManagementPreference")
        )

    def recovery_points(self) -> tuple[RecoveryPoint, ...]:
        found = self._there(
            lambda: self._client.list_recovery_points_by_backup_vault(
                BackupVaultName=self._vault,
                ByCreatedAfter=datetime.now(UTC) - timedelta(days=31),
            )
        )
        points = [
            RecoveryPoint(one["CreationDate"].astimezone(UTC), one["Status"], one.get("BackupSizeInBytes", 0))
            for one in (found or {}).get("RecoveryPoints", [])
        ]
        return tuple(sorted(points, key=lambda point: point.at, reverse=True)[:SHOWN])

    def tests_since(self) -> datetime | None:
        found = self._testing_plan()
        return found["CreationTime"].astimezone(UTC) if found else None

    def restore_tests(self) -> tuple[RestoreTest, ...]:
        plan = self._testing_plan()
        if not plan:
            return ()
        with aws_errors("reading the restore tests"):
            jobs = self._client.list_restore_jobs(ByRestoreTestingPlanArn=plan["RestoreTestingPlanArn"])
        tests = [
            RestoreTest(
                one["CreationDate"].astimezone(UTC),
                one["Status"],
                one.get("StatusMessage", ""),
                one.get("DeletionStatus", ""),
            )
            for one in jobs["RestoreJobs"]
        ]
        return tuple(sorted(tests, key=lambda test: test.at, reverse=True)[:SHOWN])

    def _testing_plan(self) -> Any:
        found = self._there(lambda: self._client.get_restore_testing_plan(RestoreTestingPlanName=self._plan))
        return found["RestoreTestingPlan"] if found else None

    def _there(self, call: Any) -> Any:
        """The answer, or None where there is no such thing.

        Of a vault that does not exist AWS says AccessDeniedException, as it names no vault of others'.
        """
        from botocore.exceptions import ClientError

        with aws_errors(f"asking AWS Backup about {self._vault}"):
            try:
                return call()
            except ClientError as error:
                code, message = error.response["Error"]["Code"], str(error)
                hidden = code == "AccessDeniedException" and "not authorized to perform" not in message
                if code == "ResourceNotFoundException" or hidden:
                    return None
                raise


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return shown(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
