"""What a failed Terraform run means, and what to do."""

from __future__ import annotations

import re

from ops.errors import OpsError
from ops.exit_codes import ExitCode

_KNOWN: tuple[tuple[str, ExitCode, str], ...] = (
    (
        r"Error acquiring the state lock",
        ExitCode.LOCKED,
        "If nobody is deploying, the lock was left by a run that was killed. Who took it and when:"
        "  ops state lock {environment}   To clear it:  ops state unlock {environment}",
    ),
    (
        r"S3 bucket .* does not exist|NoSuchBucket",
        ExitCode.STATE,
        "The remote state is not there yet:  ops bootstrap {environment}",
    ),
    (
        r"No valid credential sources found|failed to refresh cached credentials|no EC2 IMDS role found",
        ExitCode.AUTHENTICATION,
        "Log in (for example: aws sso login) or set AWS_PROFILE.",
    ),
    (
        r"ExpiredToken|RequestExpired|security token .* is expired",
        ExitCode.AUTHENTICATION,
        "The credentials have expired: log in again.",
    ),
    (
        r"InvalidClientTokenId|SignatureDoesNotMatch|AWS account ID not allowed|AccessDenied"
        r"|not authorized to perform",
        ExitCode.AUTHENTICATION,
        "Check the profile: aws sts get-caller-identity",
    ),
    (
        r"connection refused|no such host|i/o timeout|connection reset|EOF",
        ExitCode.NETWORK,
        "Is the network up? With the local AWS:  ops local status",
    ),
)


def explain(doing: str, environment: str, text: str) -> OpsError:
    """The error for `terraform <doing>` of an environment that ended with this text."""
    for pattern, code, hint in _KNOWN:
        if re.search(pattern, text):
            return OpsError(
                f"terraform {doing} of {environment} failed.\n{text}",
                hint=hint.format(environment=environment),
                code=code,
            )
    return OpsError(
        f"terraform {doing} of {environment} failed.\n{text}",
        hint="Nothing is lost: what was made is in the state. Mend the cause and run the command again.",
        code=ExitCode.TERRAFORM,
    )


def missing(binary: str) -> OpsError:
    """There is no such program."""
    return OpsError(
        f"Terraform was not found ({binary}).",
        hint="`make setup` brings it; or set TERRAFORM_BINARY_NAME.",
        code=ExitCode.TOOL,
    )
