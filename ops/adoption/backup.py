"""Finders of AWS Backup's vaults, plans and tests of restores."""

from __future__ import annotations

from typing import Any

from ops.adoption.answers import Find, known, missing

ABSENT = ("ResourceNotFoundException", "AccessDeniedException")
"""Of a vault that does not exist AWS says the latter, as of somebody else's."""


def _vault(backup: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["name"]
    answer = missing(lambda: backup.describe_backup_vault(BackupVaultName=name), *ABSENT)
    return name if answer and _tags(backup, answer["BackupVaultArn"]) == ours else None


def _plan(backup: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """AWS takes a second plan of the same name without a word."""
    for page in backup.get_paginator("list_backup_plans").paginate():
        for plan in page["BackupPlansList"]:
            if plan["BackupPlanName"] == after["name"] and _tags(backup, plan["BackupPlanArn"]) == ours:
                return str(plan["BackupPlanId"])
    return None


def _selection(backup: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """It has no tags; it is its plan's."""
    values = known(after, "plan_id", "name")
    if not values:
        return None
    plan, name = values
    for page in backup.get_paginator("list_backup_selections").paginate(BackupPlanId=plan):
        for selection in page["BackupSelectionsList"]:
            if selection["SelectionName"] == name:
                return f"{plan}|{selection['SelectionId']}"
    return None


def _restore_testing_plan(backup: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    name: str = after["name"]
    answer = missing(lambda: backup.get_restore_testing_plan(RestoreTestingPlanName=name), *ABSENT)
    arn = answer and answer["RestoreTestingPlan"]["RestoreTestingPlanArn"]
    return name if arn and _tags(backup, arn) == ours else None


def _restore_testing_selection(backup: Any, after: dict[str, Any], ours: dict[str, str]) -> str | None:
    """It has no tags; it is its plan's, whose name is ours."""
    plan, name = after["restore_testing_plan_name"], after["name"]
    answer = missing(
        lambda: backup.get_restore_testing_selection(
            RestoreTestingPlanName=plan, RestoreTestingSelectionName=name
        ),
        *ABSENT,
    )
    return f"{name}:{plan}" if answer else None


def _tags(backup: Any, arn: str) -> Any:
    return backup.list_tags(ResourceArn=arn).get("Tags", {})


FINDERS: dict[str, tuple[str, Find]] = {
    "aws_backup_vault": ("backup", _vault),
    "aws_backup_plan": ("backup", _plan),
    "aws_backup_selection": ("backup", _selection),
    "aws_backup_restore_testing_plan": ("backup", _restore_testing_plan),
    "aws_backup_restore_testing_selection": ("backup", _restore_testing_selection),
}
