"""fixes/backup_restore_testing.py"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.local_aws.example import ACCOUNT_ID
from tests.local_aws.cloud import Cloud, refused, unique

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/x"


def _plan(name: str, hours: int = 8) -> dict[str, Any]:
    return {
        "RestoreTestingPlanName": name,
        "ScheduleExpression": "cron(0 6 1 * ? *)",
        "StartWindowHours": hours,
        "RecoveryPointSelection": {
            "Algorithm": "LATEST_WITHIN_WINDOW",
            "IncludeVaults": ["*"],
            "RecoveryPointTypes": ["SNAPSHOT"],
        },
    }


def _name() -> str:
    return unique("plan").replace("-", "_")


def _made(cloud: Cloud) -> tuple[str, str]:
    name = _name()
    made = cloud.client("backup").create_restore_testing_plan(
        RestoreTestingPlan=_plan(name), Tags={"Project": "x"}
    )
    return name, made["RestoreTestingPlanArn"]


def test_a_plan_is_kept_with_its_tags(fixed: Cloud) -> None:
    backup = fixed.client("backup")
    name, arn = _made(fixed)
    found = backup.get_restore_testing_plan(RestoreTestingPlanName=name)["RestoreTestingPlan"]
    assert (found["StartWindowHours"], found["RestoreTestingPlanArn"]) == (8, arn)
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"Project": "x"}
    backup.tag_resource(ResourceArn=arn, Tags={"Environment": "dev"})
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"Project": "x", "Environment": "dev"}


def test_a_plan_is_changed_and_deleted_once_it_is_empty(fixed: Cloud) -> None:
    backup = fixed.client("backup")
    name, _ = _made(fixed)
    changed = {key: value for key, value in _plan(name, 4).items() if key != "RestoreTestingPlanName"}
    backup.update_restore_testing_plan(RestoreTestingPlanName=name, RestoreTestingPlan=changed)
    found = backup.get_restore_testing_plan(RestoreTestingPlanName=name)["RestoreTestingPlan"]
    assert found["StartWindowHours"] == 4
    selection = {
        "RestoreTestingSelectionName": "table",
        "ProtectedResourceType": "DynamoDB",
        "ProtectedResourceArns": ["*"],
        "IamRoleArn": ROLE,
    }
    backup.create_restore_testing_selection(RestoreTestingPlanName=name, RestoreTestingSelection=selection)
    both = {"RestoreTestingPlanName": name, "RestoreTestingSelectionName": "table"}
    kept = backup.get_restore_testing_selection(**both)["RestoreTestingSelection"]
    assert (kept["IamRoleArn"], kept["ProtectedResourceArns"]) == (ROLE, ["*"])
    assert refused(backup.delete_restore_testing_plan, RestoreTestingPlanName=name) == (
        "InvalidRequestException"
    )
    backup.delete_restore_testing_selection(**both)
    backup.delete_restore_testing_plan(RestoreTestingPlanName=name)
    assert refused(backup.get_restore_testing_plan, RestoreTestingPlanName=name) == (
        "ResourceNotFoundException"
    )


def test_dynamodb_is_opted_in_with_its_advanced_features(fixed: Cloud) -> None:
    settings = fixed.client("backup").describe_region_settings()
    assert settings["ResourceTypeOptInPreference"]["DynamoDB"]
    assert settings["ResourceTypeManagementPreference"]["DynamoDB"]


def test_stock_keeps_no_plan(stock: Cloud) -> None:
    with pytest.raises(ClientError):
        _made(stock)
