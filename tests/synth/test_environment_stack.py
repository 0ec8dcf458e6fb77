"""What holds for every environment as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.paths import ROOT
from tests.support.configuration import ENVIRONMENTS, variables
from tests.support.synthesized import stack

every_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)

HOLDS_DATA = ("aws_dynamodb_table", "aws_s3_bucket", "aws_kms_key", "aws_secretsmanager_secret")


@every_environment
def test_one_provider_of_one_account_with_one_source_of_tags(environment: str) -> None:
    synthesized = stack(environment)
    (provider,) = synthesized.json["provider"]["aws"]
    assert provider["allowed_account_ids"] == ["123456789012"]
    assert provider["default_tags"] == [
        {"tags": {"Project": "spec-wizard", "Environment": environment, "ManagedBy": "terraform"}}
    ]
    assert [path for path, resource in synthesized.resources().items() if "tags" in resource] == []


@pytest.mark.parametrize(
    ("lock", "table", "file"),
    [
        ("both", "spec-wizard-tflock", True),
        ("dynamodb", "spec-wizard-tflock", None),
        ("lockfile", None, True),
    ],
)
def test_state_is_remote_encrypted_and_locked(lock: str, table: str | None, file: bool | None) -> None:
    backend = stack("dev", STATE_LOCK=lock).json["terraform"]["backend"]["s3"]
    assert backend["bucket"] == "spec-wizard-tfstate-123456789012-us-east-1"
    assert backend["encrypt"] is True
    assert backend["kms_key_id"] == "arn:aws:kms:us-east-1:123456789012:alias/spec-wizard-tfstate"
    assert backend["allowed_account_ids"] == ["123456789012"]
    assert backend.get("dynamodb_table") == table
    assert backend.get("use_lockfile") is file


def test_trap_56_each_environment_has_its_own_state() -> None:
    keys = [stack(environment).json["terraform"]["backend"]["s3"]["key"] for environment in ENVIRONMENTS]
    assert keys == [f"{environment}/terraform.tfstate" for environment in ENVIRONMENTS]


@every_environment
def test_trap_56_only_prod_refuses_to_lose_data(environment: str) -> None:
    synthesized = stack(environment)
    for type_ in HOLDS_DATA:
        for path, resource in synthesized.all(type_).items():
            protected = (resource.get("lifecycle") or {}).get("prevent_destroy", False)
            assert protected is (environment == "prod"), path


def test_trap_56_prod_can_be_unprotected_by_configuration() -> None:
    synthesized = stack("prod", DELETION_PROTECTION="false")
    assert "prevent_destroy" not in synthesized.text
    assert synthesized.only("aws_dynamodb_table")["deletion_protection_enabled"] is False
    assert all(bucket["force_destroy"] for bucket in synthesized.all("aws_s3_bucket").values())


def test_no_name_is_taken_twice_across_environments() -> None:
    """One account holds all environments; what AWS names must differ."""
    seen: dict[tuple[str, str], str] = {}
    for environment in ENVIRONMENTS:
        for type_, resources in stack(environment).json["resource"].items():
            for id_, attributes in resources.items():
                if type_ in ("aws_iam_role_policy", "aws_s3_bucket_metric", "aws_appautoscaling_policy"):
                    continue  # named inside the role, bucket or table they belong to
                name = attributes.get("name") or attributes.get("bucket") or ""
                if name and "${" not in name:
                    assert (type_, name) not in seen, f"{environment}/{id_} and {seen[type_, name]}"
                    seen[type_, name] = f"{environment}/{id_}"
    assert len(seen) > 20


@every_environment
def test_no_lookup_of_aws_at_plan(environment: str) -> None:
    assert "data" not in stack(environment).json


def test_the_seeds_outputs_have_their_names() -> None:
    outputs = stack("dev").json["output"]
    assert {"dynamodb_table_name", "s3_bucket_name"} <= outputs.keys()


# The example account is refused for AWS.
OTHER_ACCOUNT = {
    "AWS_ACCOUNT_ID": "210987654321",
    "CERTIFICATE_ARN": variables()["CERTIFICATE_ARN"].replace("123456789012", "210987654321"),
}


def _synthesize(directory: Path, **changes: str) -> dict[str, bytes]:
    environ = os.environ | variables(**changes) | {"CDKTF_OUTDIR": str(directory)}
    subprocess.run([sys.executable, str(ROOT / "main.py")], env=environ, cwd=ROOT, check=True)
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All environments for the local AWS; file -> content."""
    return _synthesize(tmp_path_factory.mktemp("local"), **OTHER_ACCOUNT)


def test_synth_is_deterministic(local: dict[str, bytes], tmp_path: Path) -> None:
    again = _synthesize(tmp_path, **OTHER_ACCOUNT)
    assert again == local
    assert {f"stacks/{environment}/cdk.tf.json" for environment in ENVIRONMENTS} <= again.keys()


def test_the_graph_is_the_same_for_aws_and_the_local_aws(local: dict[str, bytes], tmp_path: Path) -> None:
    aws = _synthesize(tmp_path, **OTHER_ACCOUNT, AWS_ENDPOINT_URL="")
    overrides = {f"stacks/{name}/local_override.tf.json" for name in ("account", *ENVIRONMENTS)}
    assert local.keys() - aws.keys() == overrides
    assert [name for name in aws if aws[name] != local[name]] == []
