"""Statements in the policies of resources without which a function, or what it does, would not work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.least_privilege.statements import PREFIX
from tests.least_privilege.statements import PROOFS as OF_FUNCTIONS
from tests.support.synthesized import Synthesized

KEYS = {"security/messages-key/policy": "messages", "security/table-key/policy": "table"}
"""Construct path of a key policy -> the key's purpose. The objects key is not the functions'."""

ROOT_SID = "AccountAdministersThroughIam"
TESTER = f"arn:aws:iam::{ACCOUNT_ID}:user/deployer"


@dataclass(frozen=True)
class Owned:
    """One statement. kind: function, role, key or topic; name: of the resource; principal: who is let."""

    kind: str
    name: str
    sid: str
    principal: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.sid}"


def owned(stack: Synthesized) -> list[Owned]:
    """All of them, in order."""
    return sorted(
        [*_permissions(stack), *_trusts(stack), *_keys(stack), *_topics(stack)],
        key=lambda one: (one.kind, one.name, one.sid),
    )


def _permissions(stack: Synthesized) -> Iterator[Owned]:
    for path, permission in stack.all("aws_lambda_permission").items():
        function = path.split("/")[-2]
        yield Owned("function", function, permission["statement_id"], permission["principal"])


def _trusts(stack: Synthesized) -> Iterator[Owned]:
    prefix = PREFIX.format("dev")
    for role in stack.all("aws_iam_role").values():
        if role["name"].startswith(prefix):
            for statement in json.loads(role["assume_role_policy"])["Statement"]:
                yield Owned(
                    "role", role["name"].removeprefix(prefix), statement["Sid"], _principal(statement)
                )


def _keys(stack: Synthesized) -> Iterator[Owned]:
    for path, purpose in KEYS.items():
        for statement in json.loads(stack.all("aws_kms_key_policy")[path]["policy"])["Statement"]:
            yield Owned("key", purpose, statement["Sid"], _principal(statement))


def _topics(stack: Synthesized) -> Iterator[Owned]:
    policy = stack.all("aws_sns_topic_policy")["monitoring/topic/policy"]["policy"]
    for statement in json.loads(policy)["Statement"]:
        if statement["Effect"] == "Allow":
            yield Owned("topic", "alarms", statement["Sid"], _principal(statement))


def _principal(statement: dict[str, Any]) -> str:
    principal = statement["Principal"]
    return str(principal.get("Service") or "the account's IAM policies")


@contextmanager
def without(client: Any, statement: Owned) -> Iterator[None]:
    """The resource without that one statement, for a while. client: service -> boto3 client."""
    change = {"function": _function, "role": _role, "key": _key, "topic": _topic}[statement.kind]
    with change(client, statement):
        yield


@contextmanager
def _function(client: Any, statement: Owned) -> Iterator[None]:
    lambda_, name = client("lambda"), f"spec-wizard-dev-{statement.name}"
    (before,) = [
        one
        for one in json.loads(lambda_.get_policy(FunctionName=name)["Policy"])["Statement"]
        if one["Sid"] == statement.sid
    ]
    lambda_.remove_permission(FunctionName=name, StatementId=statement.sid)
    try:
        yield
    finally:
        lambda_.add_permission(
            FunctionName=name,
            StatementId=statement.sid,
            Action=before["Action"],
            Principal=before["Principal"]["Service"],
            SourceArn=before["Condition"]["ArnLike"]["AWS:SourceArn"],
        )


@contextmanager
def _role(client: Any, statement: Owned) -> Iterator[None]:
    """A role has to trust somebody: here another service than Lambda."""
    iam, name = client("iam"), PREFIX.format("dev") + statement.name
    before = json.dumps(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])
    assert before.count(statement.principal) == 1
    other = before.replace(statement.principal, "ec2.amazonaws.com")
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=other)
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=before)


@contextmanager
def _key(client: Any, statement: Owned) -> Iterator[None]:
    """Whoever takes the account's statement away keeps it for himself, or could not put it back."""
    kms = client("kms")
    named = {
        "KeyId": kms.describe_key(KeyId=f"alias/spec-wizard-dev-{statement.name}")["KeyMetadata"]["KeyId"],
        "PolicyName": "default",
    }
    before = kms.get_key_policy(**named)["Policy"]
    document = json.loads(before)
    left = [one for one in document["Statement"] if one["Sid"] != statement.sid]
    assert len(left) == len(document["Statement"]) - 1
    if statement.sid == ROOT_SID:
        left.append(
            {
                "Sid": "Tester",
                "Effect": "Allow",
                "Principal": {"AWS": TESTER},
                "Action": "kms:*",
                "Resource": "*",
            }
        )
    kms.put_key_policy(**named, Policy=json.dumps({**document, "Statement": left}))
    try:
        yield
    finally:
        kms.put_key_policy(**named, Policy=before)


@contextmanager
def _topic(client: Any, statement: Owned) -> Iterator[None]:
    sns = client("sns")
    named = {
        "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:spec-wizard-dev-{statement.name}",
        "AttributeName": "Policy",
    }
    before = sns.get_topic_attributes(TopicArn=named["TopicArn"])["Attributes"]["Policy"]
    document = json.loads(before)
    left = [one for one in document["Statement"] if one["Sid"] != statement.sid]
    assert len(left) == len(document["Statement"]) - 1
    sns.set_topic_attributes(**named, AttributeValue=json.dumps({**document, "Statement": left}))
    try:
        yield
    finally:
        sns.set_topic_attributes(**named, AttributeValue=before)


PROOFS = {
    ("function", "authorizer"): "a client connects",
    ("function", "connect"): "a client connects",
    ("function", "disconnect"): "a connection that was closed is forgotten",
    ("function", "send-message", "send-message-route"): "a message is accepted",
    ("function", "send-message", "default-route"): "nonsense gets an error frame",
    ("function", "error-log"): "an error in the application's log is copied",
    ("function", "mail-events", "bounces"): "a bounce is logged",
    ("function", "mail-events", "complaints"): "a complaint is logged",
    ("function", "secret-age"): "the ages are measured once a day",
    ("key", "messages", ROOT_SID): "a message is accepted",
    ("key", "messages", "CloudWatchLogs"): "the authorizer writes its log",
    ("key", "messages", "CloudWatchLogsOfTheChat"): "the API writes its access log",
    ("key", "messages", "CloudWatchAlarms"): "an alarm is heard",
    ("key", "messages", "SesPublishes"): "a bounce reaches the queue of events",
    ("key", "messages", "SnsDelivers"): "a bounce reaches the queue of events",
    ("key", "table"): "a client connects",
    ("topic", "alarms"): "an alarm is heard",
}
"""Statement, or all of a resource -> what cannot be done without it. Of a role: what its function is for."""


def proof_of(statement: Owned) -> str:
    """What cannot be done without the statement."""
    if statement.kind == "role":
        return OF_FUNCTIONS[statement.name]
    resource = (statement.kind, statement.name)
    return PROOFS.get((*resource, statement.sid)) or PROOFS[resource]


def table(statements: list[Owned]) -> str:
    """The second table of `docs/least-privilege.md`."""
    rows = ["| resource | statement | lets | without it, this fails |", "|---|---|---|---|"]
    rows += [
        f"| {one.kind} {one.name} | {one.sid} | {one.principal} | {proof_of(one)} |" for one in statements
    ]
    return "\n".join(rows) + "\n"
