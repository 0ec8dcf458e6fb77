"""Backups of the table as synthesized."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.synthesized import Synthesized, stack


@pytest.fixture
def prod() -> Synthesized:
    return stack("prod")


def _statements(synthesized: Synthesized, policy: str) -> dict[str, Any]:
    found = synthesized.all("aws_iam_role_policy")[f"backup/role/{policy}"]
    return {one["Sid"]: one for one in json.loads(found["policy"])["Statement"]}


@pytest.mark.parametrize("environment", ["dev", "staging"])
def test_dev_and_staging_have_none(environment: str) -> None:
    assert "aws_backup_" not in stack(environment).text


def test_prod_is_backed_up_daily_into_a_vault_with_a_key_of_its_own(prod: Synthesized) -> None:
    vault, (rule,) = prod.only("aws_backup_vault"), prod.only("aws_backup_plan")["rule"]
    assert "backup_key" in vault["kms_key_arn"]
    assert rule["schedule"] == "cron(0 3 * * ? *)"
    assert rule["lifecycle"] == {"delete_after": 35}
    selection = prod.only("aws_backup_selection")
    assert ["database_table" in arn for arn in selection["resources"]] == [True]


def test_a_protected_vault_is_not_destroyed_with_its_backups(prod: Synthesized) -> None:
    vault = prod.only("aws_backup_vault")
    assert vault["force_destroy"] is False
    assert vault["lifecycle"] == {"prevent_destroy": True}


def test_restores_are_tested_monthly_with_the_tables_key(prod: Synthesized) -> None:
    plan = prod.only("aws_backup_restore_testing_plan")
    assert plan["name"] == "spec_wizard_prod"
    assert plan["schedule_expression"] == "cron(0 6 1 * ? *)"
    selection = prod.only("aws_backup_restore_testing_selection")
    assert selection["protected_resource_type"] == "DynamoDB"
    assert "security_table-key" in selection["restore_metadata_overrides"]["kmsMasterKeyArn"]


def test_without_restore_tests_nothing_may_write_a_table() -> None:
    synthesized = stack("prod", BACKUP_RESTORE_TESTING="false")
    assert "aws_backup_restore_testing_plan" not in synthesized.json["resource"]
    assert "backup/role/restore-tests" not in synthesized.all("aws_iam_role_policy")


def test_the_role_reads_this_table_and_writes_tables_of_tests_only(prod: Synthesized) -> None:
    back_up, tests = _statements(prod, "back-up"), _statements(prod, "restore-tests")
    assert ["database_table" in arn for arn in back_up["BackUpTable"]["Resource"]] == [True]
    assert tests["RestoreIntoTests"]["Resource"] == [
        "arn:aws:dynamodb:us-east-1:123456789012:table/awsbackup-restore-test-*"
    ]
    writes = {"dynamodb:PutItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem"}
    assert not any(writes & set(one["Action"]) for one in back_up.values())


def test_only_aws_backup_for_this_account_becomes_the_role(prod: Synthesized) -> None:
    (statement,) = json.loads(prod.all("aws_iam_role")["backup/role/role"]["assume_role_policy"])["Statement"]
    assert statement["Principal"] == {"Service": "backup.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
