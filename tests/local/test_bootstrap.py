"""`ops bootstrap` on a local AWS: what it creates, finds, mends, keeps and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from environments import load, naming
from ops import aws, remote_state
from ops.commands.bootstrap import bootstrap, ensure
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.local_aws.example import ACCOUNT_ID, EXAMPLE_VALUES
from ops.local_aws.instance import LocalAws
from ops.remote_state import Action, Change
from ops.remote_state.model import clients
from tests.support.led import lead

REGION = "us-east-1"
BUCKET = naming.state_bucket(ACCOUNT_ID, REGION)
LOGS = naming.state_log_bucket(ACCOUNT_ID, REGION)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    running = LocalAws(tmp_path_factory.mktemp("bootstrap"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _environment(instance: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    lead(monkeypatch, instance, **EXAMPLE_VALUES)


@pytest.fixture
def whole() -> None:
    """The remote state as a finished bootstrap leaves it, whatever the test before broke."""
    list(remote_state.apply(ACCOUNT_ID, REGION))


def root_of(instance: LocalAws, account_id: str, service: str, region: str = REGION) -> Any:
    """A client as another account's root: a 12-digit access key is one on the local AWS."""
    environment = instance.environment()
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        verify=environment["AWS_CA_BUNDLE"],
        aws_access_key_id=account_id,
        aws_secret_access_key="root",
    )


def differing(changes: list[Change]) -> dict[str, Action]:
    return {f"{c.resource.split()[0]} {c.setting}": c.action for c in changes if c.action is not Action.RIGHT}


def missing(bucket: str) -> bool:
    return bucket not in [found["Name"] for found in aws.client("s3", REGION).list_buckets()["Buckets"]]


def test_dry_run_creates_nothing_and_tells_what_a_run_then_does() -> None:
    region = "eu-central-1"
    planned = remote_state.plan(ACCOUNT_ID, region)
    assert {change.action for change in planned} == {Action.CREATE}
    assert missing(naming.state_bucket(ACCOUNT_ID, region))
    assert aws.client("dynamodb", region).list_tables()["TableNames"] == []
    assert aws.client("kms", region).list_keys()["Keys"] == []

    assert list(remote_state.apply(ACCOUNT_ID, region)) == planned
    assert differing(list(remote_state.apply(ACCOUNT_ID, region))) == {}
    assert remote_state.check(ACCOUNT_ID, region) == []


def test_every_hardening_setting_is_read_back(whole: None) -> None:
    s3, kms = aws.client("s3", REGION), aws.client("kms", REGION)
    key = kms.describe_key(KeyId=naming.STATE_KEY_ALIAS)["KeyMetadata"]["Arn"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    for bucket in (BUCKET, LOGS):
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        owners = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
        assert owners == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
        assert tags == {"Project": "spec-wizard", "ManagedBy": "ops bootstrap"}
    rule = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert rule["BucketKeyEnabled"]
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]["TargetBucket"] == LOGS
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [rule.get("NoncurrentVersionExpiration") for rule in rules] == [{"NoncurrentDays": 90}, None]
    assert not any("Expiration" in rule or "Transitions" in rule for rule in rules)
    logs = s3.get_bucket_lifecycle_configuration(Bucket=LOGS)["Rules"]
    assert logs[0]["Expiration"] == {"Days": 365}

    dynamodb = aws.client("dynamodb", REGION)
    table = dynamodb.describe_table(TableName=naming.LOCK_TABLE)["Table"]
    assert table["KeySchema"] == [{"AttributeName": "LockID", "KeyType": "HASH"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSEDescription"]["KMSMasterKeyArn"] == key
    assert table["DeletionProtectionEnabled"]
    backups = dynamodb.describe_continuous_backups(TableName=naming.LOCK_TABLE)[
        "ContinuousBackupsDescription"
    ]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_setting_broken_by_hand_is_found_by_the_dry_run_and_mended(whole: None) -> None:
    s3, dynamodb, kms = (aws.client(name, REGION) for name in ("s3", "dynamodb", "kms"))
    key = kms.describe_key(KeyId=naming.STATE_KEY_ALIAS)["KeyMetadata"]["Arn"]
    kms.disable_key_rotation(KeyId=key)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.delete_bucket_encryption(Bucket=BUCKET)
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={})
    s3.delete_bucket_lifecycle(Bucket=BUCKET)
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] != "DenyWithoutTls"]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    dynamodb.update_continuous_backups(
        TableName=naming.LOCK_TABLE,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    dynamodb.update_table(TableName=naming.LOCK_TABLE, DeletionProtectionEnabled=False)
    dynamodb.update_table(
        TableName=naming.LOCK_TABLE,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    broken = dict.fromkeys(
        (
            "key rotation",
            *(f"state {name}" for name in ("public access block", "encryption", "versioning", "access log")),
            *(f"state {name}" for name in ("lifecycle", "policy")),
            *(f"lock {name}" for name in ("billing mode", "deletion protection", "point-in-time recovery")),
        ),
        Action.CHANGE,
    )
    assert differing(remote_state.plan(ACCOUNT_ID, REGION)) == broken
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Suspended"
    assert differing(list(remote_state.apply(ACCOUNT_ID, REGION))) == broken
    assert differing(remote_state.plan(ACCOUNT_ID, REGION)) == {}


def test_what_others_added_is_kept_and_told_but_not_a_rule_that_removes_states(whole: None) -> None:
    s3 = aws.client("s3", REGION)
    theirs = {
        "Sid": "AuditorReads",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [theirs]}))
    tidy = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [tidy]})
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "CostCentre", "Value": "7"}]})

    notes = {change.setting: change.note for change in remote_state.apply(ACCOUNT_ID, REGION) if change.note}
    assert notes == {
        "policy": "kept as found: AuditorReads",
        "lifecycle": "removed, because it would remove states: tidy",
    }
    statements = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert theirs in statements
    assert len(statements) == 4
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [rule["ID"] for rule in rules] == ["expire-noncurrent-versions", "abort-incomplete-uploads"]
    assert {"Key": "CostCentre", "Value": "7"} in s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    s3.delete_bucket_policy(Bucket=BUCKET)


@pytest.mark.parametrize("header", [{}, {"ServerSideEncryption": "AES256"}], ids=["no header", "AES256"])
def test_a_put_that_does_not_ask_for_kms_is_refused(whole: None, header: dict[str, str]) -> None:
    s3 = aws.client("s3", REGION)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=BUCKET, Key="probe", Body=b"x", **header)
    key = naming.state_kms_key_arn(ACCOUNT_ID, REGION)
    s3.put_object(Bucket=BUCKET, Key="probe", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)


@pytest.mark.parametrize("bucket", [BUCKET, LOGS])
def test_plain_http_is_refused(whole: None, instance: LocalAws, bucket: str) -> None:
    plain = boto3.client("s3", endpoint_url=instance.environment()["LOCAL_AWS_PLAIN_ENDPOINT_URL"])
    with pytest.raises(ClientError, match="AccessDenied"):
        plain.list_objects_v2(Bucket=bucket)
    aws.client("s3", REGION).list_objects_v2(Bucket=bucket)


def test_a_bucket_that_exists_in_another_account_is_never_written_to(instance: LocalAws) -> None:
    region = "eu-west-3"
    name = naming.state_bucket(ACCOUNT_ID, region)
    theirs = root_of(instance, "999999999999", "s3", region)
    theirs.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    with pytest.raises(OpsError, match="belongs to another AWS account") as refused:
        list(remote_state.apply(ACCOUNT_ID, region))
    assert refused.value.code is ExitCode.STATE
    assert missing(naming.state_log_bucket(ACCOUNT_ID, region))  # nothing else was begun
    assert aws.client("kms", region).list_keys()["Keys"] == []


def test_a_bucket_of_ours_in_another_region_is_refused() -> None:
    region = "eu-north-1"
    name = naming.state_bucket(ACCOUNT_ID, region)
    aws.client("s3", "eu-west-2").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
    )
    with pytest.raises(OpsError, match="is in eu-west-2, but the environment is in eu-north-1") as refused:
        remote_state.plan(ACCOUNT_ID, region)
    assert refused.value.code is ExitCode.STATE


def test_a_region_without_the_bucket_names_the_region_that_has_one(whole: None) -> None:
    with pytest.raises(OpsError, match="in sa-east-1 is not there yet") as refused:
        remote_state.require(ACCOUNT_ID, "sa-east-1")
    assert refused.value.code is ExitCode.STATE
    assert REGION in refused.value.hint


def test_a_table_with_another_key_is_refused_before_anything_is_created() -> None:
    region = "ap-south-1"
    aws.client("dynamodb", region).create_table(
        TableName=naming.LOCK_TABLE,
        KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(
        OpsError, match=r"has the key Id \(N, HASH\); Terraform needs LockID \(S, HASH\)"
    ) as no:
        list(remote_state.apply(ACCOUNT_ID, region))
    assert no.value.code is ExitCode.STATE
    assert missing(naming.state_bucket(ACCOUNT_ID, region))


def test_interrupted_after_any_number_of_steps_a_second_run_converges_with_one_key() -> None:
    region = "eu-west-1"
    use = clients(region)
    for steps in (1, 3, 8, 14, 17, 23, 27):
        running = remote_state.apply(ACCOUNT_ID, region, with_=use)
        for _ in range(steps):
            next(running, None)
    assert differing(list(remote_state.apply(ACCOUNT_ID, region, with_=use))) == {}
    assert len(aws.client("kms", region).list_keys()["Keys"]) == 1


def test_a_key_that_an_interrupted_run_could_not_name_is_taken_up(whole: None) -> None:
    kms = aws.client("kms", REGION)
    key = kms.describe_key(KeyId=naming.STATE_KEY_ALIAS)["KeyMetadata"]["Arn"]
    kms.delete_alias(AliasName=naming.STATE_KEY_ALIAS)
    list(remote_state.apply(ACCOUNT_ID, REGION))
    assert kms.describe_key(KeyId=naming.STATE_KEY_ALIAS)["KeyMetadata"]["Arn"] == key


def test_two_runs_at_once_end_well() -> None:
    region = "ca-central-1"
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(lambda: list(remote_state.apply(ACCOUNT_ID, region))) for _ in range(3)]
        assert all(len(run.result()) == 27 for run in runs)
    assert remote_state.check(ACCOUNT_ID, region) == []
    kms = aws.client("kms", region)
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    assert [key["KeyState"] for key in keys].count("Enabled") == 1


def test_the_command_says_what_it_does(instance: LocalAws, capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap("dev")
    capsys.readouterr()
    bootstrap("dev")
    assert "Nothing to do: all 27 settings are right." in capsys.readouterr().out
    aws.client("s3", REGION).put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
    )
    bootstrap("dev", dry_run=True)
    shown = capsys.readouterr().out
    assert f"change  state bucket {BUCKET}  versioning: Suspended -> Enabled" in shown
    assert "To create: 0, to change: 1, already right: 26. Nothing was changed" in shown
    bootstrap("dev", json_=True)
    result = json.loads(capsys.readouterr().out)
    assert result["summary"] == {"create": 0, "change": 1, "right": 26}
    seen: list[Change] = []
    assert ensure(load("dev"), seen.append) == seen
    assert differing(seen) == {}


def test_credentials_of_another_account_are_refused(
    instance: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "999999999999")
    with pytest.raises(OpsError, match="belong to AWS account 999999999999") as refused:
        bootstrap("dev")
    assert refused.value.code is ExitCode.AUTHENTICATION
    assert ACCOUNT_ID in refused.value.message
