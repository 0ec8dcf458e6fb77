"""Is a bucket missing, ours, in another region, not ours to see, or somebody else's?

Bucket names are global, and ours can be computed from an account id: somebody may have taken the name first,
in the hope that states (with what is in them) get written there. So nothing is written to a bucket before
this module said it is ours, and every later call carries ExpectedBucketOwner.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType
    from mypy_boto3_s3.type_defs import BucketTypeDef

ELSEWHERE = {"301", "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
"""How S3 says that a bucket is in another region, where botocore could not follow by itself."""

VISIBLE_SECONDS = 30
"""A new bucket may take a moment to be seen everywhere."""


def bucket_exists(s3: S3Client, bucket: str, account_id: str, region: str) -> bool:
    """True: there and ours, in this region. False: the name is free.

    Raises OpsError STATE (somebody else's; ours in another region) or AUTHENTICATION (the caller may not see
    it, and it is ours or we cannot tell whose).
    """
    from botocore.exceptions import ClientError

    from ops.aws_failures import DENIED, code_of

    try:
        answer = s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account_id)
    except ClientError as error:
        code = code_of(error)
        if code in ("404", "NoSuchBucket", "NotFound"):
            return False
        if code in DENIED or code in ELSEWHERE:
            raise _refused(s3, bucket, account_id, region) from error
        raise
    found = answer.get("BucketRegion", region)
    if found != region:  # botocore follows a redirect silently
        raise _wrong_region(bucket, found, region)
    return True


def create_bucket(s3: S3Client, bucket: str, account_id: str, region: str) -> bool:
    """Create the bucket; False if another run of this account created it in between.

    Raises OpsError STATE if somebody else took the name in between.
    """
    from botocore.exceptions import ClientError

    from ops.aws_failures import code_of

    try:
        if region == "us-east-1":  # the one region that must not be named
            s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerEnforced")
        else:
            constraint: BucketLocationConstraintType = region  # type: ignore[assignment]  # a Literal in the stubs
            s3.create_bucket(
                Bucket=bucket,
                ObjectOwnership="BucketOwnerEnforced",
                CreateBucketConfiguration={"LocationConstraint": constraint},
            )
    except ClientError as error:
        code = code_of(error)
        if code == "BucketAlreadyExists":
            raise _somebody_elses(bucket, account_id) from error
        if code not in ("BucketAlreadyOwnedByYou", "OperationAborted"):
            raise
        created = False
    else:
        created = True
    for _ in range(VISIBLE_SECONDS):
        if bucket_exists(s3, bucket, account_id, region):
            return created
        time.sleep(1)
    raise OpsError(
        f"Bucket {bucket} was created, but S3 does not show it after {VISIBLE_SECONDS} s.",
        hint="Run ops bootstrap again: it continues where it stopped.",
        code=ExitCode.STATE,
    )


def own_buckets(s3: S3Client, prefix: str) -> list[BucketTypeDef]:
    """The caller's own buckets with that prefix, in all regions, each with Name and BucketRegion."""
    pages = s3.get_paginator("list_buckets").paginate(Prefix=prefix)
    return [bucket for page in pages for bucket in page.get("Buckets", [])]


def _refused(s3: S3Client, bucket: str, account_id: str, region: str) -> OpsError:
    """S3 answers 403 for both "you may not" and "not yours"; the list of our own buckets tells them apart."""
    from botocore.exceptions import ClientError

    from ops.aws_failures import DENIED, code_of

    try:
        own = [found for found in own_buckets(s3, bucket) if found.get("Name") == bucket]
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        return OpsError(
            f"Bucket {bucket} exists, but these credentials may neither see it nor list the account's "
            "buckets, so it is unknown whose it is. Nothing was written.",
            hint=f"Have s3:ListBucket on arn:aws:s3:::{bucket} and s3:ListAllMyBuckets granted.",
            code=ExitCode.AUTHENTICATION,
        )
    if not own:
        return _somebody_elses(bucket, account_id)
    found = own[0].get("BucketRegion", region)
    if found != region:
        return _wrong_region(bucket, found, region)
    return OpsError(
        f"Bucket {bucket} is in account {account_id}, but these credentials are not permitted to use it.",
        hint=f"Have s3:ListBucket (and the other actions of ops bootstrap) on arn:aws:s3:::{bucket} granted, "
        "or look for a Deny in the bucket's own policy.",
        code=ExitCode.AUTHENTICATION,
    )


def _somebody_elses(bucket: str, account_id: str) -> OpsError:
    return OpsError(
        f"Bucket {bucket} belongs to another AWS account, not to {account_id}. Nothing was written to it.",
        hint="Bucket names are global, and somebody has taken this one. If it is in an account of yours, "
        "empty and delete it there; otherwise change PROJECT in environments/naming.py and with it the name.",
        code=ExitCode.STATE,
    )


def _wrong_region(bucket: str, found: str, region: str) -> OpsError:
    return OpsError(
        f"Bucket {bucket} is in {found}, but the environment is in {region}.",
        hint=f"If it is empty, delete it and run ops bootstrap again; or set AWS_REGION to {found} if that "
        "is the environment's region. Nothing was changed.",
        code=ExitCode.STATE,
    )
