"""Least privilege: each statement of each function's role is taken away, and something fails.

On a deployed dev whose permissions are enforced. A statement whose absence nobody notices is not needed, or
not tested; either is a failure. `make least-privilege` runs this; `docs/least-privilege.md` has the list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.least_privilege.proofs import Environment, proof_for
from tests.least_privilege.statements import Granted, granted
from tests.local import checkout
from tests.support.model_server import KEY, ModelServer
from tests.support.synthesized import stack

SETTINGS = {"ENABLE_CLOUDFRONT": "false", "CHAT_PROVIDER": "anthropic", "CHAT_WORKER_TIMEOUT_S": "10"}
STATEMENTS = granted(stack("dev", **SETTINGS))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    with ModelServer() as model, checkout.running(tmp_path_factory.mktemp("privileges")) as made:
        lines = {**SETTINGS, "CHAT_PROVIDER_URL": model.url}
        (made.root / ".env.dev").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        made.ops("local", "start")
        made.ops("--local", "bootstrap", "dev")
        made.cdktf("deploy", "account", "dev", "--auto-approve")
        outputs = json.loads(made.ops("--local", "outputs", "dev", "--json"))
        made.local_aws.client("secretsmanager").put_secret_value(
            SecretId=outputs["anthropic_secret_arn"], SecretString=KEY
        )
        with pytest.MonkeyPatch.context() as patched:
            for name, value in made.local_aws.environment().items():
                patched.setenv(name, value)
            yield Environment(made.local_aws, outputs, model)


@contextmanager
def without(iam: Any, statement: Granted) -> Iterator[None]:
    """The role without that one statement, for a while."""
    named = {"RoleName": statement.role, "PolicyName": statement.policy}
    before = iam.get_role_policy(**named)["PolicyDocument"]
    left = [one for one in before["Statement"] if one["Sid"] != statement.sid]
    assert len(left) == len(before["Statement"]) - 1
    if left:
        iam.put_role_policy(**named, PolicyDocument=json.dumps({**before, "Statement": left}))
    else:
        iam.delete_role_policy(**named)
    try:
        yield
    finally:
        iam.put_role_policy(**named, PolicyDocument=json.dumps(before))


def refresh(here: Environment, function: str) -> None:
    """New execution environments: what a function keeps for its lifetime, such as a secret, is read again."""
    lambda_ = here.aws.client("lambda")
    name = f"spec-wizard-dev-{function}"
    description = lambda_.get_function_configuration(FunctionName=name)["Description"].rstrip(".")
    lambda_.update_function_configuration(FunctionName=name, Description=f"{description}.")
    lambda_.update_function_configuration(FunctionName=name, Description=description)


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_without_the_statement_something_fails(here: Environment, statement: Granted) -> None:
    proof = proof_for(statement.function, statement.sid)
    assert proof(here), "does not work with the statement"
    with without(here.aws.client("iam"), statement):
        refresh(here, statement.function)
        noticed = not proof(here)
    refresh(here, statement.function)
    assert noticed, "nobody notices that it is missing"
    assert proof(here), "does not work again with the statement"


def test_every_function_is_among_them() -> None:
    assert {statement.function for statement in STATEMENTS} == {
        "authorizer",
        "connect",
        "disconnect",
        "send-message",
        "chat-worker",
        "stream-consumer",
        "mail-events",
        "secret-age",
        "error-log",
    }
