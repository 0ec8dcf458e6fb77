"""fixes/s3_account_public_access_block.py"""

from __future__ import annotations

import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.local_aws.cloud import Caller, Cloud, allow, document, refused

SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def s3_control(caller: Caller | Cloud, region: str = REGION) -> Any:
    """A client that asks for the endpoint's own host, without the account before it."""
    client = caller.client("s3control", region)

    def without_account(request: Any, **_: Any) -> None:
        request.url = re.sub(r"//\d{12}\.", "//", request.url)

    client.meta.events.register("before-sign.s3-control.*", without_account)
    return client


def block(*on: str) -> dict[str, Any]:
    """Arguments of PutPublicAccessBlock: only these settings are on."""
    settings = {setting: setting in on for setting in SETTINGS}
    return {"AccountId": ACCOUNT_ID, "PublicAccessBlockConfiguration": settings}


@pytest.fixture
def account(fixed: Cloud) -> Iterator[Any]:
    """A client; the account has no settings after the test, either: all tests share it."""
    client = s3_control(fixed)
    yield client
    client.delete_public_access_block(AccountId=ACCOUNT_ID)


def _open_bucket(cloud: Cloud) -> tuple[str, dict[str, str]]:
    """A bucket that blocks nothing, and a policy that lets everybody read it."""
    bucket = cloud.bucket()
    cloud.client("s3").delete_public_access_block(Bucket=bucket)
    everybody = {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": "*"}
    return bucket, {"Bucket": bucket, "Policy": document(everybody)}


def _status(cloud: Cloud, path: str) -> int:
    """Of a request without credentials."""
    context = ssl.create_default_context(cafile=str(cloud.authority))
    try:
        with urllib.request.urlopen(f"{cloud.endpoint}/{path}", context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_settings_are_one_set_for_all_regions(fixed: Cloud, account: Any) -> None:
    get = account.get_public_access_block
    assert refused(get, AccountId=ACCOUNT_ID) == "NoSuchPublicAccessBlockConfiguration"
    settings = block("BlockPublicPolicy", "IgnorePublicAcls")
    account.put_public_access_block(**settings)
    elsewhere = s3_control(fixed, "eu-central-1").get_public_access_block(AccountId=ACCOUNT_ID)
    assert elsewhere["PublicAccessBlockConfiguration"] == settings["PublicAccessBlockConfiguration"]
    account.delete_public_access_block(AccountId=ACCOUNT_ID)
    assert refused(get, AccountId=ACCOUNT_ID) == "NoSuchPublicAccessBlockConfiguration"


def test_a_public_policy_is_refused_whatever_the_bucket_says(fixed: Cloud, account: Any) -> None:
    s3, (_, policy) = fixed.client("s3"), _open_bucket(fixed)
    account.put_public_access_block(**block("BlockPublicPolicy"))
    assert refused(s3.put_bucket_policy, **policy) == "AccessDenied"
    account.put_public_access_block(**block("BlockPublicAcls"))
    s3.put_bucket_policy(**policy)


def test_a_public_bucket_is_closed_from_then_on(fixed: Cloud, account: Any) -> None:
    s3, (bucket, policy) = fixed.client("s3"), _open_bucket(fixed)
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    s3.put_bucket_policy(**policy)
    assert _status(fixed, f"{bucket}/a") == 200
    account.put_public_access_block(**block("RestrictPublicBuckets"))
    assert _status(fixed, f"{bucket}/a") == 403


def test_a_public_acl_is_refused(fixed: Cloud, account: Any) -> None:
    s3, (bucket, _) = fixed.client("s3"), _open_bucket(fixed)
    rule = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=rule)
    account.put_public_access_block(**block("BlockPublicAcls"))
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read") == "AccessDenied"
    account.put_public_access_block(**block())
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")


def test_it_needs_permission(fixed: Cloud, account: Any) -> None:
    account.put_public_access_block(**block())
    reader = s3_control(fixed.user(allow("s3:GetAccountPublicAccessBlock", "*")))
    reader.get_public_access_block(AccountId=ACCOUNT_ID)
    assert refused(reader.put_public_access_block, **block()) == "AccessDenied"
    assert refused(reader.delete_public_access_block, AccountId=ACCOUNT_ID) == "AccessDenied"
    stranger = s3_control(fixed.user())
    assert refused(stranger.get_public_access_block, AccountId=ACCOUNT_ID) == "AccessDenied"


def test_another_account_is_refused(account: Any) -> None:
    assert refused(account.get_public_access_block, AccountId="210987654321") == "AccessDenied"


def test_stock_does_not_know_the_settings(stock: Cloud) -> None:
    client = s3_control(stock)
    assert refused(client.put_public_access_block, **block()) == "InvalidURI"
