"""What of a bucket's settings decides how far back its objects can be restored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ops.aws import aws_errors


@dataclass(frozen=True)
class BucketSettings:
    """versioning: Enabled, Suspended, or None where it never was on; noncurrent_days: how long versions stay
    that were replaced or deleted, None where no rule ends them."""

    versioning: str | None
    noncurrent_days: int | None


def read(s3: Any, bucket: str) -> BucketSettings:
    """As they are. Raises OpsError, STATE where there is no such bucket."""
    from botocore.exceptions import ClientError

    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    with aws_errors(f"reading the settings of {bucket}"):
        try:
            versioning = s3.get_bucket_versioning(Bucket=bucket).get("Status")
            rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "NoSuchBucket":
                raise OpsError(
                    f"The bucket {bucket} does not exist.",
                    hint="Is the environment deployed?  ops outputs shows it.",
                    code=ExitCode.STATE,
                ) from error
            if code != "NoSuchLifecycleConfiguration":
                raise
            rules = []
    days = [
        rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in rules
        if rule["Status"] == "Enabled" and "NoncurrentVersionExpiration" in rule
    ]
    return BucketSettings(versioning, min(days, default=None))
