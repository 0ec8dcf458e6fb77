"""Which stacks commands may be about, and whether an environment's account is there."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops import account, stacks
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.stacks import Stack
from tests.support.configuration import variables

ACCOUNT = Stack("account", "account", "123456789012", "us-east-1")


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables().items():
        monkeypatch.setenv(name, value)


def test_an_environment_is_a_stack_of_its_own() -> None:
    assert stacks.find("prod") == Stack("prod", "prod", "123456789012", "us-east-1")


def test_the_account_behind_the_environments() -> None:
    assert stacks.find("account") == ACCOUNT
    assert stacks.account_of("staging") == ACCOUNT


def test_of_several_accounts_each_has_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCOUNT_ID", "CERTIFICATE_ARN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ENABLE_CLOUDFRONT", "false")
    monkeypatch.setattr("environments.dev.CONFIG", {"aws_account_id": "111111111111"})
    for name in ("staging", "prod"):
        monkeypatch.setattr(f"environments.{name}.CONFIG", {"aws_account_id": "222222222222"})
    assert stacks.find("account-222222222222").aws_account_id == "222222222222"
    assert stacks.account_of("dev") == Stack("account", "account", "111111111111", "us-east-1")
    with pytest.raises(OpsError) as caught:
        stacks.find("account")
    assert caught.value.code is ExitCode.CONFIGURATION
    assert "account-111111111111, account-222222222222, dev" in caught.value.hint


class Bucket:
    """S3, as far as it is asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get_object(self, **asked: str) -> dict[str, Any]:
        assert asked == {
            "Bucket": "spec-wizard-tfstate-123456789012-us-east-1",
            "Key": "account/terraform.tfstate",
        }
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Body": io.BytesIO(json.dumps(self.answer).encode())}


def missing(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "GetObject")


@pytest.mark.parametrize(
    "answer", [missing("NoSuchKey"), missing("NoSuchBucket"), {"resources": []}, {"version": 4}], ids=repr
)
def test_an_account_that_is_not_deployed_is_refused_with_the_next_step(
    monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(account, "client", lambda *_: Bucket(answer))
    with pytest.raises(OpsError, match="dev needs the stack of AWS account 123456789012") as caught:
        account.require(ACCOUNT, "dev")
    assert caught.value.code is ExitCode.STATE
    assert "cdktf deploy account" in caught.value.hint


def test_a_deployed_account_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "client", lambda *_: Bucket({"resources": [{"type": "aws_cloudtrail"}]}))
    account.require(ACCOUNT, "dev")


def test_no_permission_is_not_mistaken_for_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "client", lambda *_: Bucket(missing("AccessDenied")))
    with pytest.raises(OpsError) as caught:
        account.require(ACCOUNT, "dev")
    assert caught.value.code is ExitCode.AUTHENTICATION
