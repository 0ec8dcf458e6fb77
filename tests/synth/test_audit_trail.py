"""The audit trail as synthesized."""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments import naming
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import Synthesized, account_stack, stack

READS = {"dynamodb:*", *(f"dynamodb:{name}" for name in ("BatchGetItem", "GetItem", "Query", "Scan"))}
TRAIL = "arn:aws:cloudtrail:us-east-1:123456789012:trail/spec-wizard-audit"


def _selectors() -> dict[str, dict[str, Any]]:
    """Name of the selector -> field -> operator and values."""
    trail = account_stack().only("aws_cloudtrail")
    return {
        selector["name"]: {
            field.pop("field"): field for field in json.loads(json.dumps(selector["field_selector"]))
        }
        for selector in trail["advanced_event_selector"]
    }


def _bucket_policy() -> dict[str, dict[str, Any]]:
    policy = account_stack().all("aws_s3_bucket_policy")["audit-trail/files/policy"]
    return {statement["Sid"]: statement for statement in json.loads(policy["policy"])["Statement"]}


def test_trap_49_one_trail_sees_all_regions_and_is_validated() -> None:
    trail = account_stack().only("aws_cloudtrail")
    assert trail["is_multi_region_trail"] is True
    assert trail["include_global_service_events"] is True
    assert trail["enable_log_file_validation"] is True
    assert "enable_logging" not in trail  # on unless it is turned off
    assert "audit-trail_key" in trail["kms_key_id"]


def test_trap_49_no_environment_has_a_trail() -> None:
    assert [name for name in ENVIRONMENTS if "aws_cloudtrail" in stack(name).json["resource"]] == []


def test_trap_49_policies_name_the_trail_by_a_constructed_arn() -> None:
    """A reference would be a cycle: bucket and key must allow the trail before it is made."""
    synthesized = account_stack()
    key = synthesized.all("aws_kms_key_policy")["audit-trail/key/policy"]
    for statement in [*_bucket_policy().values(), *json.loads(key["policy"])["Statement"]]:
        if statement.get("Principal") == {"Service": "cloudtrail.amazonaws.com"}:
            assert statement["Condition"]["StringEquals"]["aws:SourceArn"] == TRAIL
    assert "aws_cloudtrail." not in synthesized.text
    trail = synthesized.only("aws_cloudtrail")
    assert f"{trail['name']}" == TRAIL.rpartition("/")[2]


def test_trap_49_the_trail_waits_for_everything_that_cloudtrail_tries() -> None:
    waits = account_stack().only("aws_cloudtrail")["depends_on"]
    assert {name.split(".")[0] for name in waits} == {
        "aws_s3_bucket_lifecycle_configuration",  # the last of the bucket's settings, behind its policy
        "aws_kms_key_policy",
        "aws_iam_role_policy",
    }


def test_trap_49_objects_are_recorded_whoever_reads_or_writes_them() -> None:
    fields = _selectors()["Objects of the exports buckets"]
    assert fields["resources.type"] == {"equals": ["AWS::S3::Object"]}
    assert "readOnly" not in fields
    buckets = [stack(name).all("aws_s3_bucket")["storage/exports/bucket"]["bucket"] for name in ENVIRONMENTS]
    assert fields["resources.ARN"] == {"starts_with": [f"arn:aws:s3:::{name}/" for name in buckets]}


def test_trap_49_items_are_recorded_when_written_and_when_read_by_others() -> None:
    tables = [
        f"arn:aws:dynamodb:us-east-1:123456789012:table/{stack(name).only('aws_dynamodb_table')['name']}"
        for name in ENVIRONMENTS
    ]
    writes = _selectors()["Writes to the tables"]
    reads = _selectors()["Reads of the tables by others than the application"]
    assert (writes["readOnly"], reads["readOnly"]) == ({"equals": ["false"]}, {"equals": ["true"]})
    assert writes["resources.ARN"] == reads["resources.ARN"] == {"starts_with": tables}
    assert "userIdentity.arn" not in writes
    assert reads["userIdentity.arn"].keys() == {"not_starts_with"}


def _readers(synthesized: Synthesized) -> set[str]:
    """Names of the roles that may read items of the environment's table, restore tests' tables left out."""
    roles = {f"${{aws_iam_role.{name}.id}}": role["name"] for name, role in _by_id(synthesized).items()}
    return {
        roles[policy["role"]]
        for policy in synthesized.all("aws_iam_role_policy").values()
        for statement in json.loads(policy["policy"])["Statement"]
        if statement["Effect"] == "Allow" and READS & set(statement["Action"])
        if not all(naming.RESTORE_TESTS in resource for resource in statement["Resource"])
    }


def _by_id(synthesized: Synthesized) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = synthesized.json["resource"]["aws_iam_role"]
    return found


def _session(role: str) -> str:
    return f"arn:aws:sts::123456789012:assumed-role/{role}/session"


def _left_out() -> tuple[str, ...]:
    reads = _selectors()["Reads of the tables by others than the application"]
    return tuple(reads["userIdentity.arn"]["not_starts_with"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_reads_of_no_role_of_an_environment_are_recorded(environment: str) -> None:
    """The worker's alone are one a second, as long as it answers."""
    readers = _readers(stack(environment))
    prefix = f"spec-wizard-{environment}-"
    assert {f"{prefix}application", f"{prefix}function-chat-worker"} < readers
    assert [role for role in sorted(readers) if not _session(role).startswith(_left_out())] == []


def test_reads_of_anybody_else_are_recorded() -> None:
    pipelines = [role["name"] for role in _by_id(account_stack()).values()]
    others = [*pipelines, "Admin", "spec-wizard-dev-function-x", "spec-wizard-dev-application-2"]
    assert "spec-wizard-account-deploy-dev" in others
    assert [role for role in others if _session(role).startswith(_left_out())] == []
    assert not "arn:aws:iam::123456789012:user/somebody".startswith(_left_out())


def test_digest_files_can_be_written_whatever_their_encryption() -> None:
    """CloudTrail encrypts them with S3's own key: a policy that asks for ours would stop them."""
    encryption = account_stack().only("aws_s3_bucket_server_side_encryption_configuration")
    (rule,) = encryption["rule"]
    assert rule["apply_server_side_encryption_by_default"] == {"sse_algorithm": "AES256"}
    assert "server-side-encryption" not in json.dumps(_bucket_policy())


def test_nobody_else_writes_into_the_trails_bucket() -> None:
    policy = _bucket_policy()
    assert policy["CloudTrailWrites"]["Resource"].endswith("/AWSLogs/123456789012/*")
    deny = policy["DenyOtherWriters"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:PutObject")
    assert deny["Condition"] == {"StringNotEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}}


def test_the_role_writes_the_trails_streams_and_nothing_else() -> None:
    (statement,) = json.loads(account_stack().all("aws_iam_role_policy")["audit-trail/write-log"]["policy"])[
        "Statement"
    ]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == [
        "arn:aws:logs:us-east-1:123456789012:log-group:/spec-wizard/account/audit-trail"
        ":log-stream:123456789012_CloudTrail_us-east-1*"
    ]


def test_retention_is_configured_for_files_and_for_the_log_group() -> None:
    synthesized = account_stack(CLOUDTRAIL_RETENTION_DAYS="400", CLOUDTRAIL_LOG_RETENTION_DAYS="30")
    rules = {rule["id"]: rule for rule in synthesized.only("aws_s3_bucket_lifecycle_configuration")["rule"]}
    assert rules["age"]["expiration"] == [{"days": 400}]
    assert synthesized.only("aws_cloudwatch_log_group")["retention_in_days"] == 30


def test_trap_05_the_log_group_is_encrypted_and_waits_for_its_key() -> None:
    group = account_stack().only("aws_cloudwatch_log_group")
    assert "audit-trail_key" in group["kms_key_id"]
    assert group["depends_on"][0].startswith("aws_kms_key_policy.audit-trail_key")
