"""boto3's clients: made at the first use, then kept for the life of the execution environment."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
"""Both attempts end within the ten seconds of a function that a client waits for: it gets an error frame
then, not API Gateway's silence."""


@cache
def client(service: str, endpoint_url: str | None = None) -> Any:
    """A client of this service; `endpoint_url`: where it is not at its usual address."""
    return boto3.client(service, endpoint_url=endpoint_url, config=CONFIG)  # type: ignore[call-overload]


@cache
def dynamodb() -> Any:
    """DynamoDB as a resource, which takes and gives Python's own values."""
    return boto3.resource("dynamodb", config=CONFIG)


def forget() -> None:
    """Make new ones at the next use: for tests, which change the environment."""
    client.cache_clear()
    dynamodb.cache_clear()
