"""What a failed Terraform run means: the texts are Terraform's and the AWS SDK's own."""

from __future__ import annotations

import pytest

from ops import terraform_failures
from ops.exit_codes import ExitCode

BUCKET = "spec-wizard-tfstate-123456789012-us-east-1"
LOCKED = """Error acquiring the state lock
Error message: operation error DynamoDB: PutItem, https response error
StatusCode: 400, RequestID: X, ConditionalCheckFailedException: The
conditional request failed
Lock Info:
  ID:        0f3c1a52"""
LOCK_FILE = """Error acquiring the state lock
Error message: operation error S3: PutObject, https response error StatusCode: 412, RequestID: X,
api error PreconditionFailed: At least one of the pre-conditions you specified did not hold"""
LOCK_DENIED = """Error acquiring the state lock
Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: X,
api error AccessDeniedException: User is not authorized to perform: dynamodb:PutItem"""
LOCK_TABLE = """Error acquiring the state lock
Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: X,
ResourceNotFoundException: Requested resource not found"""
LOCK_KEY = """Error acquiring the state lock
Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: X,
api error ValidationException: One or more parameter values were invalid: Missing the key Id in the item"""
LOCK_NETWORK = """Error acquiring the state lock
Error message: operation error DynamoDB: PutItem, request send failed, Post "https://127.0.0.1:4566/": EOF"""
NO_TABLE = """Error: Cannot import non-existent remote object
While attempting to import an existing object to
"aws_dynamodb_table.database_table-r2_A09E36CB", the provider detected that
no object exists with the given id."""
LOCK_THROTTLED = """Error acquiring the state lock
Error message: operation error DynamoDB: PutItem, exceeded maximum number of attempts, 3, https response
error StatusCode: 400, RequestID: X, api error ThrottlingException: Rate exceeded"""
PROVIDER = """Plugin did not respond (aws_sns_topic.alarms)
The plugin encountered an error, and failed to respond to the plugin6.(*GRPCProvider).ApplyResourceChange
call. The plugin logs may contain more details. rpc error: code = Unavailable desc = error reading from
server: EOF"""
NO_BUCKET = f"""Error: Failed to get existing workspaces: S3
bucket "{BUCKET}" does not
exist."""
DIGEST = """Error: Error loading state:
    state data in S3 does not have the expected
content."""
ERRORED = """Failed to persist state to backend
The error shown above has prevented Terraform from writing the updated state to the configured backend.
To allow for recovery, the state has been written to the file "errored.tfstate" in the current working
directory. dial tcp 127.0.0.1:4566: connect: connection refused"""


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        (LOCKED, ExitCode.LOCKED, "ops state unlock dev"),
        (LOCK_FILE, ExitCode.LOCKED, "ops state unlock dev"),
        (LOCK_DENIED, ExitCode.AUTHENTICATION, "aws sts get-caller-identity"),
        (LOCK_TABLE, ExitCode.STATE, "ops bootstrap dev"),
        (LOCK_KEY, ExitCode.STATE, "ops bootstrap dev"),
        (LOCK_NETWORK, ExitCode.NETWORK, "ops local status"),
        (NO_BUCKET, ExitCode.STATE, "ops bootstrap dev"),
        (NO_TABLE, ExitCode.CONFIGURATION, "ops restore table dev --to TIME"),
        ("api error NoSuchBucket: The bucket does not exist", ExitCode.STATE, "ops bootstrap dev"),
        (DIGEST, ExitCode.STATE, "ops state doctor dev"),
        (ERRORED, ExitCode.STATE, "terraform -chdir=cdktf.out/stacks/dev state push errored.tfstate"),
        ("Error: No valid credential sources found", ExitCode.AUTHENTICATION, "AWS_PROFILE"),
        ("failed to get shared config profile, nobody", ExitCode.AUTHENTICATION, "AWS_PROFILE"),
        ("get credentials: failed to refresh cached credentials", ExitCode.AUTHENTICATION, "aws sso login"),
        ("api error ExpiredToken: The token has expired", ExitCode.AUTHENTICATION, "log in again"),
        (
            "The security token included in the\nrequest is expired",
            ExitCode.AUTHENTICATION,
            "log in again",
        ),
        ("api error InvalidClientTokenId: no", ExitCode.AUTHENTICATION, "get-caller-identity"),
        ("AWS account ID not allowed: 210987654321", ExitCode.AUTHENTICATION, "get-caller-identity"),
        ("StatusCode: 403, api error Forbidden: Forbidden", ExitCode.AUTHENTICATION, "get-caller-identity"),
        ("dial tcp 127.0.0.1:1: connect: connection\nrefused", ExitCode.NETWORK, "network up"),
        ("lookup sts.amazonaws.com: no such host", ExitCode.NETWORK, "network up"),
        ("net/http: TLS handshake timeout", ExitCode.NETWORK, "network up"),
        ('Get "https://x/": EOF', ExitCode.NETWORK, "network up"),
        ("write ops.tfplan: no space left on device", ExitCode.OUTPUT, "Make room"),
        (PROVIDER, ExitCode.TERRAFORM, "provider ended"),
        ("exit code -9", ExitCode.TERRAFORM, "ops state unlock dev"),
        (LOCK_THROTTLED, ExitCode.NETWORK, "too often"),
        ("https response error StatusCode: 503, RequestID: X, api error SlowDown", ExitCode.NETWORK, "often"),
        ("StatusCode: 500, RequestID: X, api error InternalError", ExitCode.NETWORK, "health.aws.amazon.com"),
        (
            "cannot import state with serial 3 over newer state with serial 9",
            ExitCode.STATE,
            "Move that file",
        ),
        ("something new", ExitCode.TERRAFORM, "Mend the cause"),
    ],
)
def test_each_known_failure_has_its_code_and_next_step(
    monkeypatch: pytest.MonkeyPatch, text: str, code: ExitCode, hint: str
) -> None:
    monkeypatch.delenv("LOCAL_AWS_PLAIN_ENDPOINT_URL", raising=False)
    found = terraform_failures.explain("plan", "dev", text)
    assert found.code is code
    assert hint in found.hint
    assert found.message == f"terraform plan of dev failed.\n{text}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AccessDenied: while reading x: EOF", ExitCode.AUTHENTICATION),
        ("AccessDenied: after connection reset by peer", ExitCode.AUTHENTICATION),
        ("ExpiredToken (InvalidClientTokenId)", ExitCode.AUTHENTICATION),
        ("invalid heredoc <<EOF in template of EOFICE", ExitCode.TERRAFORM),
        ("NoSuchBucket: AccessDenied would be another thing", ExitCode.STATE),
    ],
)
def test_the_cause_goes_before_its_consequences(text: str, code: ExitCode) -> None:
    assert terraform_failures.explain("plan", "dev", text).code is code


def test_on_the_local_aws_the_commands_go_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ops up` leaves nothing in the shell that would lead a plain `ops state unlock` there."""
    monkeypatch.setenv("LOCAL_AWS_PLAIN_ENDPOINT_URL", "http://127.0.0.1:4567")
    assert "ops --local state unlock dev" in terraform_failures.explain("plan", "dev", LOCKED).hint
    assert "ops --local bootstrap dev" in terraform_failures.explain("plan", "dev", NO_BUCKET).hint


@pytest.mark.parametrize(
    ("doing", "told"), [("apply", "what was made is in the state"), ("init", "Nothing was changed")]
)
def test_what_became_of_the_resources(doing: str, told: str) -> None:
    assert told in terraform_failures.explain(doing, "dev", "x").hint
