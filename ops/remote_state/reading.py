"""The state of a stack as it lies in its bucket: a second, where Terraform takes five to ten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from environments import naming
from ops.errors import OpsError
from ops.exit_codes import ExitCode


def state_of(s3: Any, bucket: str, environment: str) -> Mapping[str, Any]:
    """{} where there is no state, or no bucket. environment: the stack's name.

    Raises OpsError STATE where the object is no JSON.
    """
    from botocore.exceptions import ClientError

    from ops.aws import aws_errors

    with aws_errors(f"reading the state of {environment}"):
        try:
            answer = s3.get_object(Bucket=bucket, Key=naming.state_key(environment))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
                return {}
            raise
        body = answer["Body"].read()
    try:
        state: Mapping[str, Any] = json.loads(body)
    except ValueError as error:
        raise OpsError(
            f"The state of {environment}, s3://{bucket}/{naming.state_key(environment)}, is no JSON.",
            hint=f"Put an earlier version back first:  ops state versions {environment}",
            code=ExitCode.STATE,
        ) from error
    return state
