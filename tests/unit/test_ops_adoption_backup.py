"""Finders of AWS Backup: by name, and by tags where AWS keeps tags of such a thing."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from ops.adoption import backup

OURS = {"Project": "spec-wizard", "Environment": "prod", "ManagedBy": "terraform"}
ARN = "arn:aws:backup:us-east-1:123456789012:x"
PAGES = {
    "list_backup_plans": "BackupPlansList",
    "list_backup_selections": "BackupSelectionsList",
}
PLANNED: dict[str, dict[str, Any]] = {
    "aws_backup_vault": {"name": "spec-wizard-prod-backup"},
    "aws_backup_plan": {"name": "spec-wizard-prod-backup"},
    "aws_backup_selection": {"name": "table", "plan_id": "p1"},
    "aws_backup_restore_testing_plan": {"name": "spec_wizard_prod"},
    "aws_backup_restore_testing_selection": {
        "name": "table",
        "restore_testing_plan_name": "spec_wizard_prod",
    },
}
IDS = {
    "aws_backup_vault": "spec-wizard-prod-backup",
    "aws_backup_plan": "p1",
    "aws_backup_selection": "p1|s1",
    "aws_backup_restore_testing_plan": "spec_wizard_prod",
    "aws_backup_restore_testing_selection": "table:spec_wizard_prod",
}


def client(*, there: bool = True, tags: dict[str, str] = OURS) -> Mock:
    """AWS Backup with everything that is planned, or with nothing but another plan."""
    made = Mock()
    plans = [{"BackupPlanName": "other", "BackupPlanArn": "arn:other", "BackupPlanId": "p0"}]
    selections = [{"SelectionName": "other", "SelectionId": "s0"}]
    if there:
        plans.append(
            {"BackupPlanName": "spec-wizard-prod-backup", "BackupPlanArn": ARN, "BackupPlanId": "p1"}
        )
        selections.append({"SelectionName": "table", "SelectionId": "s1"})
        made.describe_backup_vault.return_value = {"BackupVaultArn": ARN}
        made.get_restore_testing_plan.return_value = {"RestoreTestingPlan": {"RestoreTestingPlanArn": ARN}}
    else:
        for operation in ("get_restore_testing_plan", "get_restore_testing_selection"):
            getattr(made, operation).side_effect = refusal("ResourceNotFoundException")
        made.describe_backup_vault.side_effect = refusal("AccessDeniedException")
    found = {"list_backup_plans": plans, "list_backup_selections": selections}
    made.get_paginator.side_effect = lambda operation: Mock(
        paginate=lambda **_: [{PAGES[operation]: [one]} for one in found[operation]]
    )
    made.list_tags.return_value = {"Tags": tags}
    return made


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Operation")


def found(type_: str, asked: Mock) -> str | None:
    return backup.FINDERS[type_][1](asked, PLANNED[type_], OURS)


def test_every_kind_is_tested() -> None:
    assert backup.FINDERS.keys() == PLANNED.keys() == IDS.keys()


@pytest.mark.parametrize("type_", PLANNED)
def test_ours_is_found(type_: str) -> None:
    assert found(type_, client()) == IDS[type_]


@pytest.mark.parametrize("type_", PLANNED)
def test_what_is_not_there_is_not_found(type_: str) -> None:
    assert found(type_, client(there=False)) is None


@pytest.mark.parametrize("type_", sorted(type_ for type_ in PLANNED if "selection" not in type_))
def test_the_same_name_with_other_tags_is_left_alone(type_: str) -> None:
    assert found(type_, client(tags=OURS | {"Environment": "dev"})) is None


def test_a_selection_of_a_plan_that_is_not_known_yet_is_not_asked_for() -> None:
    asked = client()
    assert backup.FINDERS["aws_backup_selection"][1](asked, {"name": "table"}, OURS) is None
    assert asked.mock_calls == []
