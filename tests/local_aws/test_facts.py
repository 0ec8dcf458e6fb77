"""What stock MiniStack does right and our proofs rest on: a change here would make a proof worthless."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Cloud, allow, document, item, refused, unique

OTHER = "999999999999"


def test_a_second_conditional_put_fails(fixed: Cloud) -> None:
    s3, bucket = fixed.client("s3"), fixed.bucket()
    s3.put_object(Bucket=bucket, Key="state.tflock", IfNoneMatch="*")
    assert refused(s3.put_object, Bucket=bucket, Key="state.tflock", IfNoneMatch="*") == "PreconditionFailed"


def test_a_conditional_item_is_put_once_by_a_user(fixed: Cloud) -> None:
    table = fixed.table()
    user = fixed.user(allow("dynamodb:PutItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{table}"))
    call = {"TableName": table, "Item": item(), "ConditionExpression": "attribute_not_exists(PK)"}
    user.client("dynamodb").put_item(**call)
    assert refused(user.client("dynamodb").put_item, **call) == "ConditionalCheckFailedException"
    key = {name: value for name, value in item().items() if name in ("PK", "SK")}
    assert refused(user.client("dynamodb").get_item, TableName=table, Key=key) == "AccessDeniedException"


def test_foreign_and_missing_buckets_are_told_apart(fixed: Cloud) -> None:
    theirs = fixed.caller(OTHER, "root").client("s3")
    bucket = unique("foreign")
    theirs.create_bucket(Bucket=bucket)
    mine = fixed.client("s3")
    assert refused(mine.head_bucket, Bucket=bucket) == "403"
    assert refused(mine.create_bucket, Bucket=bucket) == "BucketAlreadyExists"
    assert refused(mine.get_bucket_versioning, Bucket=bucket) == "AccessDenied"
    assert refused(mine.head_bucket, Bucket="no-such-bucket") == "404"
    assert bucket not in [found["Name"] for found in mine.list_buckets()["Buckets"]]


def test_buckets_are_listed_by_prefix(fixed: Cloud) -> None:
    bucket = fixed.bucket()
    found = fixed.client("s3").list_buckets(Prefix=bucket)["Buckets"]
    assert [one["Name"] for one in found] == [bucket]


def test_writes_without_encryption_headers_can_be_denied(fixed: Cloud) -> None:
    bucket = fixed.bucket()
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    header = "s3:x-amz-server-side-encryption"
    missing = {**deny, "Condition": {"Null": {header: "true"}}}
    other = {**deny, "Condition": {"StringNotEquals": {header: "aws:kms"}}}
    s3 = fixed.client("s3")
    s3.put_bucket_policy(Bucket=bucket, Policy=document(missing, other))
    assert refused(s3.put_object, Bucket=bucket, Key="a") == "AccessDenied"
    assert refused(s3.put_object, Bucket=bucket, Key="a", ServerSideEncryption="AES256") == "AccessDenied"
    s3.put_object(Bucket=bucket, Key="a", ServerSideEncryption="aws:kms", SSEKMSKeyId=fixed.key())


def test_a_role_reads_what_its_arns_name(fixed: Cloud) -> None:
    table = fixed.table()
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{table}"
    role = fixed.role(allow(["dynamodb:PutItem", "dynamodb:Query"], [arn, f"{arn}/index/GSI1"]))
    assumer = fixed.user(allow("sts:AssumeRole", role))
    ddb = fixed.assume(role, assumer).client("dynamodb")
    ddb.put_item(TableName=table, Item=item())
    query = {
        "TableName": table,
        "IndexName": "GSI1",
        "KeyConditionExpression": "GSI1PK = :value",
        "ExpressionAttributeValues": {":value": item()["GSI1PK"]},
    }
    assert ddb.query(**query)["Items"] == [item()]
    assert refused(ddb.scan, TableName=table) == "AccessDeniedException"
    without_index = fixed.assume(fixed.role(allow("dynamodb:Query", arn))).client("dynamodb")
    assert refused(without_index.query, **query) == "AccessDeniedException"
    stranger = fixed.user().client("sts")
    assert refused(stranger.assume_role, RoleArn=role, RoleSessionName="test") == "AccessDenied"


def test_a_protected_table_is_not_deleted(fixed: Cloud) -> None:
    ddb, table = fixed.client("dynamodb"), fixed.table(DeletionProtectionEnabled=True)
    assert refused(ddb.delete_table, TableName=table) == "ValidationException"
    ddb.update_table(TableName=table, DeletionProtectionEnabled=False)
    ddb.delete_table(TableName=table)


def test_a_key_waits_for_its_deletion(fixed: Cloud) -> None:
    kms, key = fixed.client("kms"), fixed.key()
    assert kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)["KeyState"] == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_another_region_is_another_place(fixed: Cloud) -> None:
    region = "eu-west-1"
    key = fixed.key(region)
    assert f":{region}:" in key
    assert refused(fixed.client("kms").describe_key, KeyId=key) == "NotFoundException"
    s3, bucket = fixed.client("s3", region), unique("bucket")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_object(Bucket=bucket, Key="a", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert fixed.client("s3").head_bucket(Bucket=bucket)["BucketRegion"] == region


def test_nobody_reads_without_credentials(fixed: Cloud) -> None:
    bucket = fixed.bucket()
    fixed.client("s3").put_object(Bucket=bucket, Key="a")
    context = ssl.create_default_context(cafile=str(fixed.authority))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{fixed.endpoint}/{bucket}/a", context=context)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{fixed.plain_endpoint}/{bucket}/a")


# Service, an operation without arguments, and the codes for an unknown key, a wrong secret, an ended session.
CODES = [
    ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken"),
    ("iam", "list_users", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken"),
    ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"),
    *(
        (
            service,
            operation,
            "UnrecognizedClientException",
            "InvalidSignatureException",
            "ExpiredTokenException",
        )
        for service, operation in (("dynamodb", "list_tables"), ("kms", "list_keys"))
    ),
]


@pytest.mark.parametrize(("service", "operation", "unknown", "wrong", "_"), CODES)
def test_codes_of_bad_keys(
    fixed: Cloud, service: str, operation: str, unknown: str, wrong: str, _: str
) -> None:
    stranger = fixed.caller("AKIA0000000000000000", "secret")
    assert refused(getattr(stranger.client(service), operation)) == unknown
    liar = fixed.caller(fixed.deployer.key.access_key_id, "secret")
    assert refused(getattr(liar.client(service), operation)) == wrong


ENDED = """
import json, sys
from ministack.core.iam_actions import access_denied_response
answer = access_denied_response(sys.argv[1], "", "", "id", error_code="ExpiredTokenException", message="x")
print(answer[2].decode())
"""


@pytest.mark.parametrize(("service", "expired"), [(codes[0], codes[-1]) for codes in CODES])
def test_codes_of_an_ended_session(service: str, expired: str) -> None:
    # Not by a session: none is shorter than 15 minutes, and MiniStack forgets them at its end.
    command = [sys.executable, "-c", ENDED, service]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(f'<Code>{expired}</Code>|"__type": ".*{expired}"', answer), answer
