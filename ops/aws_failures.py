"""What botocore raises, told as one message, a next step and an exit code.

`ops.aws.explain` and `ops.aws.aws_errors` are the doors to this module; it imports botocore at its top and is
therefore itself imported only when something failed.
"""

from __future__ import annotations

import os
import re

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import OpsError
from ops.exit_codes import ExitCode

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
CLOCK = {"RequestTimeTooSkewed", "RequestInTheFuture"}
REJECTED = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
DENIED = {"403", "AccessDenied", "AccessDeniedException", "Forbidden", "UnauthorizedOperation"}
THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}

OWN_FAILURES = {
    "500",
    "502",
    "503",
    "504",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "KMSInternalException",
    "ServiceException",
    "ServiceFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
}
"""How AWS says that the failure is its own; a HEAD request's code is the HTTP status."""

SSO = (
    boto.SSOError,
    boto.SSOTokenLoadError,
    boto.UnauthorizedSSOTokenError,
    boto.TokenRetrievalError,
    boto.LoginError,
    boto.LoginTokenLoadError,
)
UNREACHABLE = (boto.ConnectionError, boto.HTTPClientError)

S3_ACTIONS = {
    "HeadBucket": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "ListBuckets": "s3:ListAllMyBuckets",
    "ListObjectsV2": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
}
"""Where S3's action is not named like its operation. S3 often answers a bare "Access Denied"."""


def explain(error: BotoCoreError | ClientError, doing: str) -> OpsError:
    """The OpsError for a failure met while `doing` (a phrase like "creating the state bucket")."""
    if isinstance(error, ClientError):
        return _answer(error, doing)
    return _credentials(error, doing) or _network(error, doing) or OpsError(f"Failed while {doing}: {error}")


def code_of(error: ClientError) -> str:
    """The error code of an answer; HEAD requests have no body, so theirs is the HTTP status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _answer(error: ClientError, doing: str) -> OpsError:
    code, text = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in CLOCK or "Signature expired" in text or "Signature not yet current" in text:
        return _authentication(
            f"AWS refused the request's time while {doing}: {text}",
            "This machine's clock is more than five minutes off: set it (timedatectl set-ntp true).",
        )
    if code in EXPIRED:
        return _authentication(
            f"The AWS credentials have expired ({code}, while {doing}).",
            "Sign in again: aws sso login, or fetch new temporary credentials; then run the same command.",
        )
    if code in REJECTED:
        return _authentication(
            f"AWS does not accept these credentials ({code}, while {doing}).",
            "Check AWS_PROFILE or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN: deleted, "
            "mistyped or mixed from two sources? aws sts get-caller-identity shows the same. AWS also "
            "answers like this in a region that the account has not enabled.",
        )
    if code in DENIED:
        return _denied(error, text, doing)
    if code in THROTTLED:
        return OpsError(
            f"AWS throttled the requests while {doing} ({code}), also after retries.",
            hint="Wait a minute and run the same command: it continues where it stopped.",
            code=ExitCode.NETWORK,
        )
    if code in OWN_FAILURES:
        said = f"{code}: {text}".rstrip(": ")
        return OpsError(
            f"AWS failed by itself while {doing} ({said}), also after retries.",
            hint="Nothing is wrong with the request. Wait a minute and run the same command: it continues "
            "where it stopped. If it stays so: https://health.aws.amazon.com",
            code=ExitCode.NETWORK,
        )
    return OpsError(f"AWS refused while {doing}: {code}: {text}".rstrip(": "))


def _denied(error: ClientError, text: str, doing: str) -> OpsError:
    action = re.search(r"not authorized to perform:? ([\w-]+:\w+)", text)
    principal = re.search(r"(arn:[\w-]+:(?:iam|sts)::\S+) is not authorized", text)
    needed = action[1] if action else _action(error.operation_name)
    who = principal[1] if principal else "the caller"
    because = re.search(r"(because .+?)\.?$", text)
    why = f" ({because[1]})" if because else ""
    return _authentication(
        f"Not permitted while {doing}: {who} may not {needed}{why}.",
        f"Have {needed} granted to that principal, or use a profile that has it "
        "(aws sts get-caller-identity shows who you are).",
    )


def _action(operation: str) -> str:
    return S3_ACTIONS.get(operation) or (f"s3:{operation}" if "Bucket" in operation else operation)


def _credentials(error: BotoCoreError, doing: str) -> OpsError | None:
    if isinstance(error, boto.NoCredentialsError):
        return _authentication(
            f"There are no AWS credentials (needed for {doing}).",
            "Sign in (aws sso login, aws configure) and export AWS_PROFILE, or set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY. Without an AWS account: make up, which uses the local AWS.",
        )
    if isinstance(error, boto.PartialCredentialsError):
        return _authentication(
            f"The AWS credentials are incomplete: {error}.",
            "Set AWS_ACCESS_KEY_ID together with AWS_SECRET_ACCESS_KEY, or unset both and use AWS_PROFILE.",
        )
    if isinstance(error, boto.ProfileNotFound):
        return _authentication(
            f"{error}.",
            "aws configure list-profiles shows those there are; set AWS_PROFILE to one of them or unset it.",
        )
    if isinstance(error, SSO):
        return _authentication(
            f"The AWS sign-in has expired or is missing (while {doing}): {error}",
            "Sign in again: aws sso login (with --profile if you use one); then run the same command.",
        )
    if isinstance(error, (boto.CredentialRetrievalError, boto.NoAuthTokenError, boto.MetadataRetrievalError)):
        return _authentication(
            f"The AWS credentials could not be fetched (while {doing}): {error}",
            "Check the profile's credential_process, role_arn and source_profile in ~/.aws/config.",
        )
    return None


def _network(error: BotoCoreError, doing: str) -> OpsError | None:
    if not isinstance(error, UNREACHABLE):
        return None
    own = os.environ.get("AWS_ENDPOINT_URL", "")
    if isinstance(error, boto.SSLError):
        bundle = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
        return OpsError(
            f"The endpoint's TLS certificate could not be checked while {doing}: {error}",
            hint="AWS_CA_BUNDLE must name a file with the certificate authority to trust (it is "
            + (f"{bundle})." if bundle else "not set).")
            + " A proxy that opens TLS needs its own authority there; AWS itself needs none: unset it.",
            code=ExitCode.NETWORK,
        )
    hint = "Check network, VPN and HTTPS_PROXY; nothing was lost, run the same command again."
    if own:
        hint = (
            f"AWS_ENDPOINT_URL is {own}: is the local AWS running (ops local start)? Unset it to reach AWS."
        )
    return OpsError(f"AWS could not be reached while {doing}: {error}", hint=hint, code=ExitCode.NETWORK)


def _authentication(message: str, hint: str) -> OpsError:
    return OpsError(message, hint=hint, code=ExitCode.AUTHENTICATION)
