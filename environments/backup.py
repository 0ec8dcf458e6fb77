"""The part of the configuration that is about AWS Backup: see `sections.py` for the others."""

from __future__ import annotations

from typing import Annotated

from environments.settings import SWITCH, Model, Setting, Switch, WholeNumber, between


class BackupConfig(Model):
    """Daily backups of the table, beside its point-in-time recovery."""

    enabled: Annotated[
        Switch,
        Setting(
            variable="BACKUP_ENABLED",
            allowed=SWITCH,
            purpose=(
                "A daily backup of the table by AWS Backup, in a vault with a key of its own: it outlives the"
                " table and what happens to its key."
            ),
            example="true",
        ),
    ] = False
    retention_days: Annotated[
        WholeNumber,
        between(1, 3650),
        Setting(
            variable="BACKUP_RETENTION_DAYS",
            allowed="whole days from 1 to 3650",
            purpose="How long each of these backups is kept.",
            example="35",
        ),
    ] = 35
    restore_testing: Annotated[
        Switch,
        Setting(
            variable="BACKUP_RESTORE_TESTING",
            allowed=SWITCH,
            purpose=(
                "Once a month AWS Backup restores the latest backup into a table of its own and deletes that"
                " again; only BACKUP_ENABLED uses it."
            ),
            example="true",
        ),
    ] = True
