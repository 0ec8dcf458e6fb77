"""Promises of the storage."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from ops.smoke import Broken, Promise
from ops.smoke.deployment import Deployment
from ops.smoke.objects import remove
from ops.smoke.refusals import refused


@contextmanager
def _object(deployment: Deployment) -> Iterator[tuple[str, str, bytes]]:
    """An object written by the application: bucket, key, body. All its versions are removed afterwards."""
    bucket, key = deployment.outputs["s3_bucket_name"], f"smoke/{uuid.uuid4()}"
    body = secrets.token_bytes(1024)
    deployment.application("s3").put_object(Bucket=bucket, Key=key, Body=body)
    try:
        yield bucket, key, body
    finally:
        remove(deployment, bucket, key)


def kept_under_a_customer_key(deployment: Deployment) -> str:
    """Uploads without asking for an encryption, and reads the same bytes under a key of the account."""
    with _object(deployment) as (bucket, key, body):
        answer = deployment.application("s3").get_object(Bucket=bucket, Key=key)
        if answer["Body"].read() != body:
            raise Broken("other bytes came back")
        encryption, kms_key = answer.get("ServerSideEncryption"), str(answer.get("SSEKMSKeyId"))
        if encryption != "aws:kms":
            raise Broken(f"the object is encrypted with {encryption}, expected aws:kms")
        manager = deployment.deployer("kms").describe_key(KeyId=kms_key)["KeyMetadata"]["KeyManager"]
        if manager != "CUSTOMER":
            raise Broken(f"the key {kms_key} is managed by {manager}, expected CUSTOMER")
        return f"{len(body)} bytes back, under {kms_key.rsplit('/', 1)[-1]}"


def anonymous_read_is_refused(deployment: Deployment) -> str:
    """Nobody reads without a signature."""
    with _object(deployment) as (bucket, key, _):
        client = deployment.anonymous_s3()
        return refused("Anonymous GET", lambda: client.get_object(Bucket=bucket, Key=key))


def plain_http_is_refused(deployment: Deployment) -> str:
    """The same signed request that TLS lets through is refused without TLS, by the bucket's policy."""
    from botocore.config import Config

    with _object(deployment) as (bucket, key, _):
        client = deployment.application(
            "s3", endpoint_url=deployment.plain_s3_endpoint, config=Config(s3={"addressing_style": "path"})
        )
        return refused("Signed GET over plain HTTP", lambda: client.get_object(Bucket=bucket, Key=key))


PROMISES = (
    Promise("storage", "An object is put and read back under the customer key", kept_under_a_customer_key),
    Promise("storage", "Anonymous read is refused", anonymous_read_is_refused),
    Promise("storage", "Plain HTTP is refused", plain_http_is_refused),
)
