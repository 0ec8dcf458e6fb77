"""Missing, not permitted, somebody else's, another region: each with its own answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state.ownership import bucket_exists, create_bucket

BUCKET, ACCOUNT, REGION = "spec-wizard-tfstate-123456789012-eu-west-1", "123456789012", "eu-west-1"
HEAD = {"Bucket": BUCKET, "ExpectedBucketOwner": ACCOUNT}


@pytest.fixture
def s3() -> Iterator[Stubber]:
    client = boto3.client("s3", REGION, aws_access_key_id="x", aws_secret_access_key="y")
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def head_fails(s3: Stubber, status: int) -> None:
    s3.add_client_error("head_bucket", str(status), http_status_code=status, expected_params=HEAD)


def listed(s3: Stubber, *buckets: tuple[str, str]) -> None:
    rows: list[Any] = [
        {"Name": name, "BucketRegion": region, "CreationDate": datetime.now(UTC)} for name, region in buckets
    ]
    s3.add_response("list_buckets", {"Buckets": rows}, {"Prefix": BUCKET})


def created(s3: Stubber, code: str = "") -> None:
    expected = {
        "Bucket": BUCKET,
        "ObjectOwnership": "BucketOwnerEnforced",
        "CreateBucketConfiguration": {"LocationConstraint": REGION},
    }
    if code:
        s3.add_client_error("create_bucket", code, http_status_code=409, expected_params=expected)
    else:
        s3.add_response("create_bucket", {}, expected)


def refusal(s3: Stubber) -> OpsError:
    with pytest.raises(OpsError) as refused:
        bucket_exists(s3.client, BUCKET, ACCOUNT, REGION)
    return refused.value


def test_ours(s3: Stubber) -> None:
    s3.add_response("head_bucket", {"BucketRegion": REGION}, HEAD)
    assert bucket_exists(s3.client, BUCKET, ACCOUNT, REGION)


def test_missing(s3: Stubber) -> None:
    head_fails(s3, 404)
    assert not bucket_exists(s3.client, BUCKET, ACCOUNT, REGION)


def test_refused_and_not_in_our_list_is_somebody_elses(s3: Stubber) -> None:
    head_fails(s3, 403)
    listed(s3, (f"{BUCKET}-backup", REGION))
    error = refusal(s3)
    assert error.code is ExitCode.STATE
    assert "belongs to another AWS account" in error.message


def test_refused_but_in_our_list_is_not_permitted(s3: Stubber) -> None:
    head_fails(s3, 403)
    listed(s3, (BUCKET, REGION))
    error = refusal(s3)
    assert error.code is ExitCode.AUTHENTICATION
    assert "not permitted" in error.message


def test_refused_everything_says_that_it_cannot_be_told(s3: Stubber) -> None:
    head_fails(s3, 403)
    s3.add_client_error("list_buckets", "AccessDenied", http_status_code=403)
    error = refusal(s3)
    assert error.code is ExitCode.AUTHENTICATION
    assert "unknown whose" in error.message
    assert "s3:ListAllMyBuckets" in error.hint


def test_a_redirect_names_the_region_it_is_in(s3: Stubber) -> None:
    head_fails(s3, 301)
    listed(s3, (BUCKET, "us-west-2"))
    error = refusal(s3)
    assert error.code is ExitCode.STATE
    assert "is in us-west-2, but the environment is in eu-west-1" in error.message


def test_a_redirect_that_botocore_followed_is_still_another_region(s3: Stubber) -> None:
    s3.add_response("head_bucket", {"BucketRegion": "us-west-2"}, HEAD)
    assert refusal(s3).code is ExitCode.STATE


def test_a_name_taken_between_looking_and_creating_is_refused(s3: Stubber) -> None:
    created(s3, "BucketAlreadyExists")
    with pytest.raises(OpsError, match="belongs to another AWS account") as refused:
        create_bucket(s3.client, BUCKET, ACCOUNT, REGION)
    assert refused.value.code is ExitCode.STATE


def test_a_new_bucket_is_waited_for(s3: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    created(s3)
    head_fails(s3, 404)
    s3.add_response("head_bucket", {}, HEAD)
    assert create_bucket(s3.client, BUCKET, ACCOUNT, REGION)


def test_a_name_that_somebody_else_was_just_taking_is_refused(s3: Stubber) -> None:
    created(s3, "OperationAborted")
    head_fails(s3, 403)
    listed(s3)
    with pytest.raises(OpsError, match="belongs to another AWS account"):
        create_bucket(s3.client, BUCKET, ACCOUNT, REGION)


@pytest.mark.parametrize("code", ["BucketAlreadyOwnedByYou", "OperationAborted"])
def test_created_by_another_run_in_between_is_no_failure(s3: Stubber, code: str) -> None:
    created(s3, code)
    s3.add_response("head_bucket", {}, HEAD)
    assert create_bucket(s3.client, BUCKET, ACCOUNT, REGION) is False


def test_created(s3: Stubber) -> None:
    created(s3)
    s3.add_response("head_bucket", {}, HEAD)
    assert create_bucket(s3.client, BUCKET, ACCOUNT, REGION)


def test_us_east_1_must_not_be_named(s3: Stubber) -> None:
    s3.add_response("create_bucket", {}, {"Bucket": BUCKET, "ObjectOwnership": "BucketOwnerEnforced"})
    s3.add_response("head_bucket", {}, HEAD)
    assert create_bucket(s3.client, BUCKET, ACCOUNT, "us-east-1")
