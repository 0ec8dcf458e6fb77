"""Each way in which AWS does not answer as hoped ends in one message with its exit code."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from ops import aws
from ops.errors import OpsError
from ops.exit_codes import ExitCode

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the developer is signed in to takes no part."""
    import os

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def closed_endpoint(monkeypatch: pytest.MonkeyPatch) -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return url


def answer(code: str, message: str = "", operation: str = "DescribeKey") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def test_no_credentials_says_how_to_sign_in() -> None:
    with pytest.raises(OpsError, match="no AWS credentials") as ended:
        aws.verify_caller("123456789012", REGION)
    assert ended.value.code is ExitCode.AUTHENTICATION
    assert "AWS_PROFILE" in ended.value.hint


def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(OpsError, match="nobody") as ended:
        aws.verify_caller("123456789012", REGION)
    assert ended.value.code is ExitCode.AUTHENTICATION


def test_half_a_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    with pytest.raises(OpsError, match="incomplete") as ended:
        aws.client("sts", REGION)
    assert ended.value.code is ExitCode.AUTHENTICATION


def test_no_network_is_one_message_in_time(closed_endpoint: str) -> None:
    started = time.monotonic()
    with pytest.raises(OpsError, match="could not be reached") as ended:
        aws.verify_caller("123456789012", REGION)
    assert ended.value.code is ExitCode.NETWORK
    assert closed_endpoint in ended.value.hint
    assert time.monotonic() - started < 20


def test_a_name_that_cannot_be_resolved_is_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(socket, "getaddrinfo", _unresolved)
    with pytest.raises(OpsError, match="could not be reached") as ended:
        aws.verify_caller("123456789012", REGION)
    assert ended.value.code is ExitCode.NETWORK
    assert "VPN" in ended.value.hint


def test_an_endpoint_that_is_no_url_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost")
    with pytest.raises(OpsError, match="AWS_ENDPOINT_URL") as ended:
        aws.client("sts", REGION)
    assert ended.value.code is ExitCode.CONFIGURATION


def test_another_account_names_both_and_the_source(
    closed_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sts:
        def get_caller_identity(self) -> dict[str, str]:
            return {"Account": "999999999999", "Arn": "arn:aws:iam::999999999999:user/me"}

    monkeypatch.setattr(aws, "_client", lambda *given, **options: Sts())
    with pytest.raises(OpsError) as ended:
        aws.verify_caller("123456789012", REGION)
    message = ended.value.message
    assert ended.value.code is ExitCode.AUTHENTICATION
    assert all(part in message for part in ("999999999999", "123456789012", "user/me", "AWS_ACCESS_KEY_ID"))
    assert aws.verify_caller("999999999999", REGION).arn == "arn:aws:iam::999999999999:user/me"


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (answer("ExpiredToken"), ExitCode.AUTHENTICATION, "have expired"),
        (answer("ExpiredTokenException"), ExitCode.AUTHENTICATION, "have expired"),
        (answer("RequestExpired"), ExitCode.AUTHENTICATION, "have expired"),
        (answer("InvalidClientTokenId"), ExitCode.AUTHENTICATION, "does not accept"),
        (answer("SignatureDoesNotMatch"), ExitCode.AUTHENTICATION, "does not accept"),
        (answer("SignatureDoesNotMatch", "Signature expired: 2020"), ExitCode.AUTHENTICATION, "time"),
        (answer("UnrecognizedClientException"), ExitCode.AUTHENTICATION, "does not accept"),
        (answer("AccessDenied"), ExitCode.AUTHENTICATION, "may not DescribeKey"),
        (answer("403", operation="HeadBucket"), ExitCode.AUTHENTICATION, "may not s3:ListBucket"),
        (answer("AccessDenied", operation="PutBucketPolicy"), ExitCode.AUTHENTICATION, "s3:PutBucketPolicy"),
        (answer("ThrottlingException"), ExitCode.NETWORK, "throttled"),
        (answer("SlowDown", operation="PutObject"), ExitCode.NETWORK, "throttled"),
        (answer("InternalError", "oops"), ExitCode.NETWORK, "(InternalError: oops)"),
        (
            answer("503", operation="HeadBucket"),
            ExitCode.NETWORK,
            "failed by itself while reading the key (503)",
        ),
        (answer("MalformedPolicy", "oops"), ExitCode.FAILED, "MalformedPolicy: oops"),
        (boto.TokenRetrievalError(provider="sso", error_msg="gone"), ExitCode.AUTHENTICATION, "sign-in"),
        (boto.UnauthorizedSSOTokenError(), ExitCode.AUTHENTICATION, "sign-in"),
        (boto.SSOTokenLoadError(error_msg="none"), ExitCode.AUTHENTICATION, "sign-in"),
        (
            boto.CredentialRetrievalError(provider="process", error_msg="1"),
            ExitCode.AUTHENTICATION,
            "fetched",
        ),
        (boto.ConnectTimeoutError(endpoint_url="https://x"), ExitCode.NETWORK, "could not be reached"),
        (boto.ReadTimeoutError(endpoint_url="https://x"), ExitCode.NETWORK, "could not be reached"),
        (boto.ConnectionClosedError(endpoint_url="https://x"), ExitCode.NETWORK, "could not be reached"),
        (
            boto.ProxyConnectionError(proxy_url="http://p"),
            ExitCode.NETWORK,
            "could not be reached",
        ),
        (boto.SSLError(endpoint_url="https://x", error="self-signed"), ExitCode.NETWORK, "certificate"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BotoCoreError) else None,
)
def test_each_failure_has_its_words_and_code(
    error: BotoCoreError | ClientError, code: ExitCode, words: str
) -> None:
    found = aws.explain(error, "reading the key")
    assert found.code is code
    assert words in found.message
    assert "reading the key" in found.message


def test_a_refusal_names_principal_and_action() -> None:
    text = (
        "User: arn:aws:sts::123456789012:assumed-role/dev/me is not authorized to perform: kms:CreateKey "
        "because no identity-based policy allows the kms:CreateKey action"
    )
    found = aws.explain(answer("AccessDeniedException", text, "CreateKey"), "creating the key")
    assert "assumed-role/dev/me may not kms:CreateKey (because no identity-based policy" in found.message
    assert "kms:CreateKey" in found.hint


def test_a_failed_tls_check_names_the_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "company.pem")
    found = aws.explain(boto.SSLError(endpoint_url="https://x", error="self-signed"), "reading")
    assert "AWS_CA_BUNDLE" in found.hint
    assert "company.pem" in found.hint


def test_an_ops_error_inside_passes_unchanged() -> None:
    mine = OpsError("mine", code=ExitCode.STATE)
    with pytest.raises(OpsError) as ended, aws.aws_errors("reading"):
        raise mine
    assert ended.value is mine


def _unresolved(*given: Any, **options: Any) -> Any:
    raise socket.gaierror(-3, "Temporary failure in name resolution")
