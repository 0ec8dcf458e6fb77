"""The buckets as synthesized."""

from __future__ import annotations

import json

import pytest

from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import Synthesized, stack

every_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)
WITH_LOGS = "prod"


def _statements(synthesized: Synthesized, bucket: str) -> dict[str, dict]:
    policy = synthesized.all("aws_s3_bucket_policy")[f"storage/{bucket}/policy"]["policy"]
    return {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}


def _rules(synthesized: Synthesized, bucket: str) -> dict[str, dict]:
    lifecycle = synthesized.all("aws_s3_bucket_lifecycle_configuration")[f"storage/{bucket}/lifecycle"]
    return {rule["id"]: rule for rule in lifecycle["rule"]}


@every_environment
def test_buckets_are_private(environment: str) -> None:
    synthesized = stack(environment)
    buckets = len(synthesized.all("aws_s3_bucket"))
    blocks = synthesized.all("aws_s3_bucket_public_access_block").values()
    assert len(blocks) == buckets
    for block in blocks:
        names = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        assert [block[name] for name in names] == [True] * 4
    owners = synthesized.all("aws_s3_bucket_ownership_controls").values()
    assert [o["rule"]["object_ownership"] for o in owners] == ["BucketOwnerEnforced"] * buckets


@every_environment
def test_names_and_protection(environment: str) -> None:
    prod = environment == "prod"
    for path, bucket in stack(environment).all("aws_s3_bucket").items():
        purpose = path.split("/")[1]
        assert bucket["bucket"] == f"spec-wizard-{purpose}-{environment}-123456789012"
        assert bucket["force_destroy"] is not prod
        assert bucket.get("lifecycle") == ({"prevent_destroy": True} if prod else None)


@pytest.mark.parametrize(("value", "status"), [("true", "Enabled"), ("false", "Suspended")])
def test_versioning_is_configurable(value: str, status: str) -> None:
    versioning = stack("dev", S3_VERSIONING=value).all("aws_s3_bucket_versioning")
    assert versioning["storage/exports/versioning"]["versioning_configuration"]["status"] == status


@every_environment
def test_trap_13_no_archive_class_that_cannot_be_read_at_once(environment: str) -> None:
    transitions = _rules(stack(environment), "exports")["age"]["transition"]
    assert transitions == [
        {"days": 30, "storage_class": "INTELLIGENT_TIERING"},
        {"days": 90, "storage_class": "GLACIER_IR"},
    ]
    assert "aws_s3_bucket_intelligent_tiering_configuration" not in stack(environment).json["resource"]


@every_environment
def test_trap_14_small_objects_stay_and_it_is_said(environment: str) -> None:
    for lifecycle in stack(environment).all("aws_s3_bucket_lifecycle_configuration").values():
        assert lifecycle["transition_default_minimum_object_size"] == "all_storage_classes_128K"


@every_environment
def test_trap_15_versions_and_delete_markers_go_too(environment: str) -> None:
    rules = _rules(stack(environment), "exports")
    age, markers = rules["age"], rules["delete-markers"]
    assert age["expiration"] == [{"days": 365}]
    days = {"dev": 7, "staging": 30, "prod": 90}[environment]
    assert age["noncurrent_version_expiration"] == [{"noncurrent_days": days}]
    assert age["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
    assert markers["expiration"] == [{"expired_object_delete_marker": True}]
    assert [rule["filter"] for rule in rules.values()] == [[{}], [{}]]


def test_trap_15_the_archive_day_is_configurable() -> None:
    transitions = _rules(stack("dev", S3_LIFECYCLE_DAYS="120"), "exports")["age"]["transition"]
    assert [t["days"] for t in transitions] == [30, 120]


def test_trap_16_log_delivery_is_allowed_before_it_is_asked_for() -> None:
    synthesized = stack(WITH_LOGS)
    logging = synthesized.only("aws_s3_bucket_logging")
    assert "storage_exports_bucket" in logging["bucket"]
    assert "storage_logs_bucket" in logging["target_bucket"]
    statement = _statements(synthesized, "logs")["S3ServerAccessLogs"]
    assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert statement["Resource"].endswith(f"/{logging['target_prefix']}*")
    assert "storage_exports_bucket" in statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert any(name.startswith("aws_s3_bucket_") and "storage_logs" in name for name in logging["depends_on"])


def test_trap_16_the_log_bucket_uses_s3_keys_and_refuses_no_log() -> None:
    synthesized = stack(WITH_LOGS)
    encryption = synthesized.all("aws_s3_bucket_server_side_encryption_configuration")
    (rule,) = encryption["storage/logs/encryption"]["rule"]
    assert rule["apply_server_side_encryption_by_default"] == {"sse_algorithm": "AES256"}
    assert set(_statements(synthesized, "logs")) == {
        *("DenyPlainHttp", "DenyOldTls"),
        *("S3ServerAccessLogs", "CloudFrontAccessLogs"),
    }


def test_access_is_logged_where_it_is_configured() -> None:
    assert "aws_s3_bucket_logging" not in stack("dev").json["resource"]
    assert "aws_s3_bucket_logging" in stack("staging").json["resource"]


@pytest.mark.parametrize(
    ("environment", "bucket"), [("dev", "exports"), ("prod", "exports"), ("prod", "logs")]
)
def test_trap_17_no_two_settings_of_a_bucket_are_written_at_once(environment: str, bucket: str) -> None:
    """Following depends_on from any setting leads through all that come before it: one chain."""
    synthesized = stack(environment)
    waits_for: dict[str, set[str]] = {}
    for type_, resources in synthesized.json["resource"].items():
        for id_, attributes in resources.items():
            path = attributes["//"]["metadata"]["path"]
            if type_.startswith("aws_s3_bucket_") and f"storage/{bucket}/" in path:
                waits_for[f"{type_}.{id_}"] = set(attributes.get("depends_on", []))
    within = {name: others & waits_for.keys() for name, others in waits_for.items()}
    followed = [name for others in within.values() for name in others]
    assert sorted(len(others) for others in within.values()) == [0] + [1] * (len(within) - 1)
    assert len(followed) == len(set(followed)), "two settings wait for the same one, and then run at once"


def test_trap_17_nothing_of_the_bucket_waits_for_the_distribution_but_the_policy_that_names_it() -> None:
    """AWS takes minutes to make a distribution: the bucket is finished before."""
    synthesized = stack(WITH_LOGS)
    named = {
        f"{type_}.{id_}"
        for type_, resources in synthesized.json["resource"].items()
        for id_, attributes in resources.items()
        if type_.startswith("aws_s3_bucket") and "aws_cloudfront_distribution." in json.dumps(attributes)
    }
    (policy,) = named
    assert policy.startswith("aws_s3_bucket_policy.storage_exports_policy")
    waiting = [
        path
        for path, attributes in synthesized.resources().items()
        if path.startswith("storage/") and policy in attributes.get("depends_on", [])
    ]
    assert waiting == []


@every_environment
def test_trap_18_request_metrics_exist(environment: str) -> None:
    metric = stack(environment).only("aws_s3_bucket_metric")
    assert metric["name"] == "EntireBucket"
    assert "storage_exports_bucket" in metric["bucket"]


@every_environment
def test_trap_19_tls_is_required_on_bucket_and_objects(environment: str) -> None:
    synthesized = stack(environment)
    for path in synthesized.all("aws_s3_bucket_policy"):
        statements = _statements(synthesized, path.split("/")[1])
        for sid, condition in (
            ("DenyPlainHttp", {"Bool": {"aws:SecureTransport": "false"}}),
            ("DenyOldTls", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        ):
            statement = statements[sid]
            assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
            assert statement["Condition"] == condition
            assert [resource.rsplit("}", 1)[1] for resource in statement["Resource"]] == ["", "/*"]


@pytest.mark.parametrize(
    ("environment", "origins"),
    [
        ("dev", None),
        ("staging", ["https://staging.wizard.example.com"]),
        ("prod", ["https://prod.wizard.example.com"]),
    ],
)
def test_trap_20_cors_names_origins_and_headers(environment: str, origins: list[str] | None) -> None:
    (rule,) = stack(environment).only("aws_s3_bucket_cors_configuration")["cors_rule"]
    assert "*" not in rule["allowed_origins"]
    assert origins is None or rule["allowed_origins"] == origins
    assert {"content-type", "cache-control", "content-disposition", "x-amz-*"} <= set(rule["allowed_headers"])
    assert "range" in rule["allowed_headers"]  # a viewer that reads a PDF in parts, through CloudFront
    assert {"PUT", "POST", "GET"} <= set(rule["allowed_methods"])


@every_environment
def test_trap_21_bucket_key(environment: str) -> None:
    encryption = stack(environment).all("aws_s3_bucket_server_side_encryption_configuration")
    (rule,) = encryption["storage/exports/encryption"]["rule"]
    assert rule["bucket_key_enabled"] is True
    default = rule["apply_server_side_encryption_by_default"]
    assert default["sse_algorithm"] == "aws:kms"
    assert "objects-key" in default["kms_master_key_id"]


def test_trap_22_the_origin_is_the_regional_name() -> None:
    """The only domain name of the bucket that the construct offers is the regional one."""
    import inspect

    from constructs_lib import private_bucket

    source = inspect.getsource(private_bucket)
    assert "bucket_regional_domain_name" in source
    assert ".bucket_domain_name" not in source


def test_uploads_cannot_choose_another_encryption() -> None:
    statements = _statements(stack("prod"), "exports")
    assert statements["DenyOtherEncryption"]["Condition"] == {
        "Null": {"s3:x-amz-server-side-encryption": "false"},
        "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
    }
    (key,) = statements["DenyOtherKey"]["Condition"]["StringNotEquals"].values()
    assert "objects-key" in key
