"""fixes/cloudtrail_permissions.py"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.local_aws import auditing
from tests.local_aws.auditing import Trail, by_cloudtrail
from tests.local_aws.cloud import Cloud, allow, refused

NO_BUCKET, BUCKET = "S3BucketDoesNotExistException", "InsufficientS3BucketPolicyException"
NO_KEY, KEY = "KmsKeyNotFoundException", "InsufficientEncryptionPolicyException"
LOG_GROUP, ROLE = "InvalidCloudWatchLogsLogGroupArnException", "InvalidCloudWatchLogsRoleArnException"

Spoil = Callable[[Trail], None]


def _without_bucket_acl(trail: Trail) -> None:
    trail.set_bucket_policy(trail.bucket_statements()[1])


def _without_writing(trail: Trail) -> None:
    trail.set_bucket_policy(trail.bucket_statements()[0])


def _without_bucket_policy(trail: Trail) -> None:
    trail.cloud.client("s3").delete_bucket_policy(Bucket=trail.bucket)


def _bucket_of_another_trail(trail: Trail) -> None:
    trail.set_bucket_policy(*trail.bucket_statements(source=f"{trail.arn}-2"))


def _bucket_denies_every_writer(trail: Trail) -> None:
    deny = {**allow("s3:PutObject", f"arn:aws:s3:::{trail.bucket}/*"), "Effect": "Deny", "Principal": "*"}
    trail.set_bucket_policy(*trail.bucket_statements(), deny)


def _key_of_the_account_only(trail: Trail) -> None:
    trail.set_key_policy()


def _without_describing_the_key(trail: Trail) -> None:
    trail.set_key_policy(trail.key_statements()[0])


def _key_of_another_trail(trail: Trail) -> None:
    trail.set_key_policy(*trail.key_statements(source=f"{trail.arn}-2"))


def _key_for_another_context(trail: Trail) -> None:
    other = {"kms__EncryptionContext:aws:cloudtrail:arn": f"{trail.arn}-2"}
    trail.set_key_policy(by_cloudtrail("kms:GenerateDataKey*", "*", **other), trail.key_statements()[1])


def _disabled_key(trail: Trail) -> None:
    trail.cloud.client("kms").disable_key(KeyId=trail.key)


def _role_for_another_service(trail: Trail) -> None:
    trail.set_role(trusted="lambda.amazonaws.com")


def _role_that_makes_no_streams(trail: Trail) -> None:
    trail.set_role(actions=("logs:PutLogEvents",))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_without_bucket_acl, BUCKET),
        (_without_writing, BUCKET),
        (_without_bucket_policy, BUCKET),
        (_bucket_of_another_trail, BUCKET),
        (_bucket_denies_every_writer, BUCKET),
        (_key_of_the_account_only, KEY),
        (_without_describing_the_key, KEY),
        (_key_of_another_trail, KEY),
        (_key_for_another_context, KEY),
        (_disabled_key, "KmsKeyDisabledException"),
        (_role_for_another_service, ROLE),
        (_role_that_makes_no_streams, ROLE),
    ],
)
def test_a_trail_that_could_not_write_is_refused(fixed: Cloud, spoil: Spoil, code: str) -> None:
    trail, client = auditing.trail(fixed), fixed.client("cloudtrail")
    spoil(trail)
    assert refused(client.create_trail, **trail.settings) == code
    assert client.describe_trails(trailNameList=[trail.name])["trailList"] == []


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("S3BucketName", "no-such-bucket-at-all", NO_BUCKET),
        ("KmsKeyId", "alias/no-such-key", NO_KEY),
        ("CloudWatchLogsLogGroupArn", "arn:aws:logs:us-east-1:123456789012:log-group:none:*", LOG_GROUP),
        ("CloudWatchLogsRoleArn", "arn:aws:iam::123456789012:role/none", ROLE),
    ],
)
def test_what_does_not_exist_is_refused(fixed: Cloud, setting: str, value: str, code: str) -> None:
    trail, client = auditing.trail(fixed), fixed.client("cloudtrail")
    assert refused(client.create_trail, **{**trail.settings, setting: value}) == code
    client.create_trail(**trail.settings)
    assert refused(client.update_trail, **{"Name": trail.name, setting: value}) == code


def test_a_policy_that_leaves_out_all_others_lets_cloudtrail_write(fixed: Cloud) -> None:
    trail = auditing.trail(fixed)
    only = {"StringNotEquals": {"aws:PrincipalServiceName": auditing.SERVICE}}
    deny = allow("s3:PutObject", f"arn:aws:s3:::{trail.bucket}/*", **only)
    trail.set_bucket_policy(*trail.bucket_statements(), {**deny, "Effect": "Deny", "Principal": "*"})
    fixed.client("cloudtrail").create_trail(**trail.settings)
    put = fixed.client("s3").put_object
    assert refused(put, Bucket=trail.bucket, Key="AWSLogs/forged", Body=b"") == "AccessDenied"


def test_an_alias_is_kept_as_the_keys_arn(fixed: Cloud) -> None:
    trail, client = auditing.trail(fixed), fixed.client("cloudtrail")
    fixed.client("kms").create_alias(AliasName=f"alias/{trail.name}", TargetKeyId=trail.key)
    client.create_trail(**{**trail.settings, "KmsKeyId": f"alias/{trail.name}"})
    assert client.get_trail(Name=trail.name)["Trail"]["KmsKeyId"] == trail.key


def test_a_change_asks_for_what_it_changes(fixed: Cloud) -> None:
    trail, client = auditing.trail(fixed), fixed.client("cloudtrail")
    client.create_trail(**trail.settings)
    _without_bucket_policy(trail)
    client.update_trail(Name=trail.name, EnableLogFileValidation=True)
    assert refused(client.update_trail, Name=trail.name, S3BucketName=trail.bucket) == BUCKET
    missing = refused(client.update_trail, Name=f"{trail.name}-2", S3BucketName=trail.bucket)
    assert missing == "TrailNotFoundException"


def test_stock_looks_at_nothing(stock: Cloud) -> None:
    trail, client = auditing.trail(stock), stock.client("cloudtrail")
    _without_bucket_policy(trail)
    _key_of_the_account_only(trail)
    _role_for_another_service(trail)
    client.create_trail(**trail.settings)
