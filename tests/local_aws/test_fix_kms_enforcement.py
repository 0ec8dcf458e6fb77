"""fixes/kms_enforcement.py"""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Caller, Cloud, allow, document, item, refused, unique

USES = ["kms:Decrypt", "kms:GenerateDataKey"]


def via(service: str) -> dict[str, Any]:
    """Condition: only on behalf of a caller of this service."""
    return {"StringEquals": {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}}


def _reader_of_objects(cloud: Cloud, bucket: str, *more: dict[str, Any]) -> Caller:
    objects = allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*")
    return cloud.assume(cloud.role(objects, *more))


def test_objects_need_the_key_to_be_written_and_read(fixed: Cloud) -> None:
    key = fixed.key()
    bucket = fixed.bucket(key)
    fixed.client("s3").put_object(Bucket=bucket, Key="a", Body=b"1")
    without = _reader_of_objects(fixed, bucket).client("s3")
    assert refused(without.get_object, Bucket=bucket, Key="a") == "AccessDenied"
    assert refused(without.put_object, Bucket=bucket, Key="b") == "AccessDenied"
    reader = _reader_of_objects(fixed, bucket, allow("kms:Decrypt", key, **via("s3"))).client("s3")
    assert reader.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    assert refused(reader.put_object, Bucket=bucket, Key="b") == "AccessDenied"
    elsewhere = _reader_of_objects(fixed, bucket, allow("kms:Decrypt", key, **via("dynamodb"))).client("s3")
    assert refused(elsewhere.get_object, Bucket=bucket, Key="a") == "AccessDenied"


def test_a_presigned_url_needs_its_signers_key(fixed: Cloud) -> None:
    key = fixed.key()
    bucket = fixed.bucket(key)
    fixed.client("s3").put_object(Bucket=bucket, Key="a", Body=b"1")

    def fetch(caller: Caller) -> int:
        import ssl

        where = {"Bucket": bucket, "Key": "a"}
        url = caller.client("s3").generate_presigned_url("get_object", where)
        with urllib.request.urlopen(url, context=ssl.create_default_context(cafile=fixed.authority)) as got:
            return int(got.status)

    assert fetch(_reader_of_objects(fixed, bucket, allow(USES, key, **via("s3")))) == 200
    without = _reader_of_objects(fixed, bucket)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetch(without)


@pytest.mark.parametrize("bucket_key", [True, False])
def test_the_encryption_context_of_objects(fixed: Cloud, bucket_key: bool) -> None:
    key = fixed.key()
    bucket = fixed.bucket(key, bucket_key=bucket_key)
    arn = f"arn:aws:s3:::{bucket}"
    condition = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": arn if bucket_key else f"{arn}/a"}}
    writer = _reader_of_objects(fixed, bucket, allow(USES, key, **condition)).client("s3")
    writer.put_object(Bucket=bucket, Key="a")
    if bucket_key:
        writer.put_object(Bucket=bucket, Key="b")
    else:
        assert refused(writer.put_object, Bucket=bucket, Key="b") == "AccessDenied"


def test_items_need_the_tables_key(fixed: Cloud) -> None:
    key = fixed.key()
    table = fixed.table(key)
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{table}"
    items = allow(["dynamodb:PutItem", "dynamodb:BatchWriteItem"], arn)
    without = fixed.assume(fixed.role(items)).client("dynamodb")
    assert refused(without.put_item, TableName=table, Item=item()) == "AccessDeniedException"
    batch = {table: [{"PutRequest": {"Item": item()}}]}
    assert refused(without.batch_write_item, RequestItems=batch) == "AccessDeniedException"
    transaction = [{"Put": {"TableName": table, "Item": item()}}]
    assert refused(without.transact_write_items, TransactItems=transaction) == "AccessDeniedException"
    only = {"StringEquals": {"kms:EncryptionContext:aws:dynamodb:tableName": table}}
    writer = fixed.assume(fixed.role(items, allow("kms:Decrypt", key, **via("dynamodb"), **{}))).client(
        "dynamodb"
    )
    writer.put_item(TableName=table, Item=item())
    writer = fixed.assume(fixed.role(items, allow("kms:Decrypt", key, **only))).client("dynamodb")
    writer.put_item(TableName=table, Item=item())


def _secret(cloud: Cloud, key: str) -> str:
    name = unique("secret")
    made = cloud.client("secretsmanager").create_secret(Name=name, SecretString="value", KmsKeyId=key)
    return str(made["ARN"])


def test_a_secrets_value_needs_its_key(fixed: Cloud) -> None:
    key = fixed.key()
    secret = _secret(fixed, key)
    reading = allow("secretsmanager:GetSecretValue", secret)
    without = fixed.assume(fixed.role(reading)).client("secretsmanager")
    assert refused(without.get_secret_value, SecretId=secret) == "AccessDeniedException"
    decrypting = allow("kms:Decrypt", key, **via("secretsmanager"))
    reader = fixed.assume(fixed.role(reading, decrypting)).client("secretsmanager")
    assert reader.get_secret_value(SecretId=secret)["SecretString"] == "value"


def test_stock_hands_a_secret_out_without_its_key(stock: Cloud) -> None:
    secret = _secret(stock, stock.key())
    reader = stock.assume(stock.role(allow("secretsmanager:GetSecretValue", secret)))
    assert reader.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "value"


def test_a_key_policy_that_denies_wins(fixed: Cloud) -> None:
    key = fixed.key()
    bucket = fixed.bucket(key)
    fixed.client("s3").put_object(Bucket=bucket, Key="a")
    everything = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    no_reading = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}
    policy = document(everything, no_reading)
    fixed.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
    assert refused(fixed.client("s3").get_object, Bucket=bucket, Key="a") == "AccessDenied"


def test_direct_calls_know_the_encryption_context(fixed: Cloud) -> None:
    key = fixed.key()
    condition = {"StringEquals": {"kms:EncryptionContext:purpose": "test"}}
    kms = fixed.user(allow("kms:Encrypt", key, **condition)).client("kms")
    kms.encrypt(KeyId=key, Plaintext=b"1", EncryptionContext={"purpose": "test"})
    call = {"KeyId": key, "Plaintext": b"1", "EncryptionContext": {"purpose": "other"}}
    assert refused(kms.encrypt, **call) == "AccessDeniedException"


def test_stock_reads_and_writes_without_the_key(stock: Cloud) -> None:
    key = stock.key()
    bucket, table = stock.bucket(key), stock.table(key)
    s3 = _reader_of_objects(stock, bucket).client("s3")
    s3.put_object(Bucket=bucket, Key="a")
    s3.get_object(Bucket=bucket, Key="a")
    items = allow("dynamodb:PutItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{table}")
    stock.assume(stock.role(items)).client("dynamodb").put_item(TableName=table, Item=item())


def test_stock_does_not_know_the_encryption_context(stock: Cloud) -> None:
    key = stock.key()
    condition = {"StringEquals": {"kms:EncryptionContext:purpose": "test"}}
    kms = stock.user(allow("kms:Encrypt", key, **condition)).client("kms")
    call = {"KeyId": key, "Plaintext": b"1", "EncryptionContext": {"purpose": "test"}}
    assert refused(kms.encrypt, **call) == "AccessDeniedException"
