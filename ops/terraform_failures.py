"""What a failed Terraform run means, and what to do."""

from __future__ import annotations

import os
import re

from ops.errors import OpsError
from ops.exit_codes import ExitCode

_KNOWN: tuple[tuple[str, ExitCode, str], ...] = (
    (
        r"errored\.tfstate",
        ExitCode.STATE,
        "The state could not be stored; it is kept in {directory}/errored.tfstate. As soon as the bucket "
        "can be reached, and before anything else:  terraform -chdir={directory} state push errored.tfstate"
        "   If the state is locked by this very run, first:  {ops} state unlock {environment}"
        "   `ops deploy` and `ops up` store it by themselves.",
    ),
    (
        r"cannot import state with (serial|lineage)",
        ExitCode.STATE,
        "The state that an earlier apply could not store, {directory}/errored.tfstate, does not follow the "
        "one in the bucket: another apply ran since, or it is another AWS's. Move that file away; what only "
        "it knows is taken back by `ops deploy` as far as it has a name.",
    ),
    (
        r"Saved plan is stale|Saved plan does not match the given state",
        ExitCode.STALE,
        "The state moved on since the plan was made. Plan again and review that:  {ops} plan {environment}",
    ),
    (
        r"no space left on device|disk quota exceeded",
        ExitCode.OUTPUT,
        "Make room, then run the command again: it goes on from where it was.",
    ),
    (
        r"Error acquiring the state lock.*(ConditionalCheckFailed|PreconditionFailed|Lock Info:)",
        ExitCode.LOCKED,
        "If nobody is deploying, the lock was left by a run that was killed. Who took it and when:"
        "  {ops} state lock {environment}   To clear it:  {ops} state unlock {environment}",
    ),
    (
        r"S3 bucket .* does not exist|NoSuchBucket",
        ExitCode.STATE,
        "The remote state is not there yet:  {ops} bootstrap {environment}",
    ),
    (
        r"state lock.*(ResourceNotFoundException|ValidationException)",
        ExitCode.STATE,
        "The lock table is missing or not as it must be:  {ops} bootstrap {environment}",
    ),
    (
        r"does not have the expected content",
        ExitCode.STATE,
        "The state and its checksum are of different runs. If another one is writing just now, wait a minute "
        "and try again. If it stays so, a run was killed between the two, or could not write the checksum, "
        "which Terraform does not tell. What mends it, and whether the state is whole:"
        "  {ops} state doctor {environment}",
    ),
    (
        r"No valid credential sources found|failed to refresh cached credentials|no EC2 IMDS role found"
        r"|failed to get shared config profile",
        ExitCode.AUTHENTICATION,
        "Log in (for example: aws sso login) or set AWS_PROFILE.",
    ),
    (
        r"ExpiredToken|RequestExpired|security token .* is expired",
        ExitCode.AUTHENTICATION,
        "The credentials have expired: log in again.",
    ),
    (
        r"InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch"
        r"|AWS account ID not allowed|AccessDenied|api error Forbidden|not authorized to perform",
        ExitCode.AUTHENTICATION,
        "Check the profile: aws sts get-caller-identity",
    ),
    (
        r"Cannot import non-existent remote object.*aws_dynamodb_table",
        ExitCode.CONFIGURATION,
        "There is no table of the generation that is configured. Nobody restored it:  {ops} restore table "
        "{environment} --to TIME   Or the environment is made anew: then take {environment} out of "
        "table_generations.json, and DYNAMODB_TABLE_GENERATION out of what sets it.",
    ),
    (
        r"Plugin did not respond|plugin (process )?exited|transport is closing"
        r"|rpc error: code = (Unavailable|Canceled)",
        ExitCode.TERRAFORM,
        "The AWS provider ended in the midst of its work: killed, or out of memory? What it made last may "
        "not be in the state. Run the command again; `ops deploy` takes back what is there already.",
    ),
    (
        r"^exit code -\d+$",
        ExitCode.TERRAFORM,
        "Terraform was killed from outside, or for want of memory. What it made last is not in the state, "
        "and its lock is still there:  {ops} state unlock {environment}   Then run the command again; "
        "`ops deploy` takes back what is there already.",
    ),
    (
        r"\bThrottl|TooManyRequests|SlowDown|RequestLimitExceeded|Rate exceeded",
        ExitCode.NETWORK,
        "AWS was asked too often, also after Terraform's own retries. Nothing is lost. Wait a minute and run "
        "the command again: it goes on from there.",
    ),
    (
        r"StatusCode: 5\d\d|Internal(Server)?(Error|Failure|Exception)|ServiceUnavailable",
        ExitCode.NETWORK,
        "AWS failed by itself, also after Terraform's own retries. Nothing is lost. Wait a minute and run "
        "the command again: it goes on from there. If it stays so: https://health.aws.amazon.com",
    ),
    (
        r"connection refused|no such host|i/o timeout|TLS handshake timeout|connection reset"
        r"|network is unreachable|Temporary failure in name resolution|: EOF\b|unexpected EOF$",
        ExitCode.NETWORK,
        "Is the network up? With the local AWS:  ops local status",
    ),
)
"""The first that fits holds. Blanks stand for line breaks too: Terraform breaks lines at 78 columns."""


def explain(doing: str, environment: str, text: str, address: str = "") -> OpsError:
    """The error for `terraform <doing>` of an environment that ended with this text, about this resource."""
    message = f"terraform {doing} of {environment} failed.\n{text}"
    in_one_line = " ".join(text.split())
    for pattern, code, hint in _KNOWN:
        if re.search(pattern, in_one_line):
            return OpsError(message, hint=_filled(hint, environment), code=code, address=address)
    lost = "Nothing is lost: what was made is in the state." if doing == "apply" else "Nothing was changed."
    return OpsError(
        message,
        hint=f"{lost} Mend the cause and run the command again.",
        code=ExitCode.TERRAFORM,
        address=address,
    )


def _filled(hint: str, environment: str) -> str:
    from ops import paths

    # Who deploys to the local AWS by `make up` has nothing in the shell that leads `ops` there.
    local = "LOCAL_AWS_PLAIN_ENDPOINT_URL" in os.environ
    directory = paths.stack_directory(environment).relative_to(paths.ROOT)
    return hint.format(environment=environment, ops="ops --local" if local else "ops", directory=directory)


def missing(binary: str, reason: str) -> OpsError:
    """There is no such program, or the system does not start it (`reason`)."""
    return OpsError(
        f"Terraform does not start ({binary}): {reason}.",
        hint="`make setup` brings it; or set TERRAFORM_BINARY_NAME.",
        code=ExitCode.TOOL,
    )
