"""AWS sessions and clients, and AWS failures in words.

boto3 is imported inside the functions only, so that `ops --help` does not pay for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

ATTEMPTS = 5
"""Tries per call, the first included: throttling, AWS's own failures and lost connections are survived."""
CONNECT_SECONDS = 5
READ_SECONDS = 30


@dataclass(frozen=True)
class CallerIdentity:
    """Who AWS says we are.

    account_id: 12 digits. arn: of the user, role session or root. source: where the credentials come from,
    for example `profile "dev" (sso)`.
    """

    account_id: str
    arn: str
    source: str


def session(region: str) -> boto3.Session:
    """A session with the caller's usual credentials (AWS_PROFILE, environment, SSO, instance role).

    Raises OpsError AUTHENTICATION for a profile that does not exist.
    """
    import boto3

    with aws_errors("reading the AWS credentials"):
        return boto3.Session(region_name=region)


def client(
    service: str, region: str, *, attempts: int = ATTEMPTS, within: boto3.Session | None = None
) -> Any:
    """A client of one service, for example `client("s3", "eu-west-1")`.

    AWS_ENDPOINT_URL is honoured (by botocore); with it S3 speaks path style, because a host such as
    `bucket.127.0.0.1` does not exist. within: a session of that region to take it from, for who needs several
    clients; a new one costs 0.1 s. Raises OpsError AUTHENTICATION or CONFIGURATION.
    """
    return _client(within or session(region), service, attempts)


def verify_caller(account_id: str, region: str) -> CallerIdentity:
    """Ask STS who we are and refuse any account but `account_id`.

    Meant as the first call of a command. It tries twice only: STS answers in milliseconds or not at all, and
    without a network the message should not take longer than the patience for it.
    Raises OpsError AUTHENTICATION (none, expired, refused, or another account's) or NETWORK.
    """
    doing = "asking AWS whose credentials these are"
    with aws_errors(doing):
        current = session(region)
        source = _source(current)
        answer = _client(current, "sts", attempts=2).get_caller_identity()
    found = CallerIdentity(answer["Account"], answer["Arn"], source)
    if found.account_id != account_id:
        raise OpsError(
            f"The credentials belong to AWS account {found.account_id}, but the environment is in account "
            f"{account_id} (found {found.arn} through {found.source}).",
            hint=f"Choose a profile of account {account_id} (export AWS_PROFILE=…), or correct "
            "AWS_ACCOUNT_ID if the environment really is in the other account. Nothing was changed.",
            code=ExitCode.AUTHENTICATION,
        )
    return found


def explain(error: BotoCoreError | ClientError, doing: str) -> OpsError:
    """The OpsError for a botocore failure met while `doing`: message, next step, exit code."""
    from ops import aws_failures

    return aws_failures.explain(error, doing)


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Turn whatever botocore raises inside into an OpsError; `doing` is a phrase like "creating the key"."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise explain(error, doing) from error


def _client(current: boto3.Session, service: str, attempts: int) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    if _own_endpoint(service):
        config = config.merge(Config(s3={"addressing_style": "path"}))
    create: Any = current.client  # the stubs know a Literal per service; ours is a plain string
    try:
        with aws_errors(f"preparing the {service} client"):
            return create(service, config=config)
    except ValueError as error:  # botocore's answer to an endpoint that is no URL
        raise OpsError(
            f"AWS_ENDPOINT_URL is not usable: {error}.",
            hint="Unset it to reach AWS, or set it to a URL such as https://127.0.0.1:4566.",
            code=ExitCode.CONFIGURATION,
        ) from error


def _own_endpoint(service: str) -> bool:
    return bool(os.environ.get("AWS_ENDPOINT_URL") or os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}"))


def _source(current: boto3.Session) -> str:
    """Where the credentials come from; botocore's method names are `env`, `sso`, `assume-role` and so on."""
    credentials = current.get_credentials()
    if credentials is None:
        return "no credentials"
    method = str(credentials.method)
    if method == "env":
        return "the environment variable AWS_ACCESS_KEY_ID"
    return f'profile "{current.profile_name}" ({method})'
