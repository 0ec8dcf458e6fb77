"""DynamoDB of a local AWS, seen by its deploy user."""

from __future__ import annotations

from typing import Any

import boto3

from ops.local_aws.instance import LocalAws


def resource(aws: LocalAws, region: str) -> Any:
    """As a boto3 resource, which takes and gives Python's own values."""
    environ = aws.environment()
    return boto3.resource(
        "dynamodb",
        region_name=region,
        endpoint_url=environ["AWS_ENDPOINT_URL"],
        verify=environ["AWS_CA_BUNDLE"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )
