"""Keys, secrets and roles as synthesized."""

from __future__ import annotations

import json

import pytest

from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import Synthesized, stack

pytestmark = pytest.mark.parametrize("environment", ENVIRONMENTS)


def _statements(policy: str) -> list[dict]:
    return json.loads(policy)["Statement"]


def test_trap_01_no_origin_access_identity(environment: str) -> None:
    synthesized = stack(environment)
    assert "aws_cloudfront_origin_access_identity" not in synthesized.json["resource"]
    assert "s3_origin_config" not in synthesized.text


def test_trap_02_every_key_has_one_separate_policy(environment: str) -> None:
    synthesized = stack(environment)
    keys = synthesized.all("aws_kms_key")
    assert len(keys) == (4 if environment == "prod" else 3)  # prod's backups have one of their own
    assert [path for path, key in keys.items() if "policy" in key] == []
    assert sorted(path.removesuffix("/policy") for path in synthesized.all("aws_kms_key_policy")) == sorted(
        path.removesuffix("/key") for path in keys
    )


def test_trap_03_key_policies_name_only_the_account_and_services(environment: str) -> None:
    for path, policy in stack(environment).all("aws_kms_key_policy").items():
        for statement in _statements(policy["policy"]):
            principal = statement["Principal"]
            assert set(principal) == {"Service"} or principal == {"AWS": "arn:aws:iam::123456789012:root"}, (
                path
            )


WITHOUT_KEY = {"secretsmanager:ListSecretVersionIds", "sqs:ChangeMessageVisibility"}
"""Actions on encrypted resources that read nothing of what is encrypted."""


def _missing_key_statements(synthesized: Synthesized) -> list[str]:
    """Grants on an encrypted resource without the key permission that goes with them."""
    needs = {"dynamodb", "s3", "secretsmanager", "sqs"}
    missing = []
    for path, policy in synthesized.all("aws_iam_role_policy").items():
        statements = _statements(policy["policy"])
        actions = {action for s in statements for action in s["Action"]} - WITHOUT_KEY
        services = {action.split(":")[0] for action in actions} & needs
        via = {
            s["Condition"]["StringEquals"]["kms:ViaService"]
            for s in statements
            if "kms:Decrypt" in s["Action"]
        }
        missing += [
            f"{path}: {service}" for service in services if f"{service}.us-east-1.amazonaws.com" not in via
        ]
    return missing


def test_trap_04_every_grant_includes_the_key(environment: str) -> None:
    assert _missing_key_statements(stack(environment)) == []


def test_trap_05_log_groups_may_use_the_key_and_wait_for_that(environment: str) -> None:
    synthesized = stack(environment)
    groups = synthesized.all("aws_cloudwatch_log_group")
    policy = synthesized.all("aws_kms_key_policy")["security/messages-key/policy"]
    logs = [s for s in _statements(policy["policy"]) if s["Sid"].startswith("CloudWatchLogs")]
    assert {s["Principal"]["Service"] for s in logs} == {"logs.us-east-1.amazonaws.com"}
    allowed = [arn for s in logs for arn in s["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"]]
    assert sorted(allowed) == sorted(
        f"arn:aws:logs:us-east-1:123456789012:log-group:{group['name']}" for group in groups.values()
    )
    for group in groups.values():
        assert any(
            name.startswith("aws_kms_key_policy.security_messages-key") for name in group["depends_on"]
        )


def test_trap_06_nothing_is_encrypted_with_a_key_that_services_may_not_use(environment: str) -> None:
    """An AWS managed key cannot let CloudWatch or SES publish; there is none in the stack."""
    assert '"alias/aws/' not in stack(environment).text


def test_trap_07_keys_survive_a_mistake(environment: str) -> None:
    for key in stack(environment).all("aws_kms_key").values():
        assert key["enable_key_rotation"] is True
        assert key["deletion_window_in_days"] == (30 if environment == "prod" else 7)
        assert key.get("lifecycle") == ({"prevent_destroy": True} if environment == "prod" else None)


def test_trap_46_every_statement_names_its_actions_and_resources(environment: str) -> None:
    """Bucket policies' refusals aside, no action or resource is a wildcard where an ARN can stand."""
    for path, statements in stack(environment).policies().items():
        for statement in statements:
            if statement["Effect"] == "Deny" or statement["Sid"] == "AccountAdministersThroughIam":
                continue
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not any(action in ("*", action.split(":")[0] + ":*") for action in actions), path
            if "-key/policy" not in path:  # in a key policy "*" means this key
                assert statement.get("Resource") not in ("*", ["*"]), path


def test_trap_46_the_index_and_the_bucket_have_their_own_arns(environment: str) -> None:
    synthesized = stack(environment)
    table = _statements(
        synthesized.all("aws_iam_role_policy")["security/application/table-read-write"]["policy"]
    )
    (query,) = [s for s in table if s["Sid"] == "QueryIndex"]
    assert query["Action"] == ["dynamodb:Query"]
    assert [resource.rsplit("}", 1)[1] for resource in query["Resource"]] == ["/index/GSI1"]
    bucket = _statements(
        synthesized.all("aws_iam_role_policy")["security/application/exports-read-write"]["policy"]
    )
    resources = {s["Sid"]: s["Resource"] for s in bucket}
    assert [r.endswith("/*") for r in resources["ListObjects"]] == [False]
    assert [r.endswith("/*") for r in resources["ReadWriteObjects"]] == [True]


def test_trap_47_no_secret_value_is_known_to_terraform(environment: str) -> None:
    synthesized = stack(environment)
    assert "aws_secretsmanager_secret_version" not in synthesized.json["resource"]
    assert "data" not in synthesized.json
    assert "secret_string" not in synthesized.text


def test_trap_48_a_secret_can_be_recreated_in_dev_and_recovered_in_prod(environment: str) -> None:
    windows = {
        s["recovery_window_in_days"] for s in stack(environment).all("aws_secretsmanager_secret").values()
    }
    assert windows == {30 if environment == "prod" else 0}


def test_secrets_are_encrypted_with_our_key(environment: str) -> None:
    for secret in stack(environment).all("aws_secretsmanager_secret").values():
        assert "messages-key" in secret["kms_key_id"]


def test_trap_47_the_signing_key_has_a_secret_that_the_application_reads(environment: str) -> None:
    synthesized = stack(environment)
    (path,) = [
        path
        for path, secret in synthesized.all("aws_secretsmanager_secret").items()
        if secret["name"] == f"spec-wizard/{environment}/cloudfront-signing-key"
    ]
    policy = synthesized.all("aws_iam_role_policy")["security/application/read-cloudfront-signing-key"]
    (read,) = [s for s in _statements(policy["policy"]) if s["Sid"] == "ReadSecret"]
    assert read["Action"] == ["secretsmanager:GetSecretValue"]
    assert [path.replace("/", "_") in resource for resource in read["Resource"]] == [True]


def test_only_the_application_may_be_assumed_outside_lambda(environment: str) -> None:
    trusted = {
        path: [s["Sid"] for s in _statements(role["assume_role_policy"])]
        for path, role in stack(environment).all("aws_iam_role").items()
    }
    assert trusted.pop("security/application/role") == ["Lambda", "PrincipalsOfThisAccount"]
    if environment == "prod":
        assert trusted.pop("backup/role/role") == ["Backup"]
    assert len(trusted) == len(stack(environment).all("aws_lambda_function"))
    assert {tuple(sids) for sids in trusted.values()} == {("Lambda",)}
