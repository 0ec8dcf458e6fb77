"""Every statement of every function's role, and how its absence is noticed."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.support.synthesized import Synthesized

PREFIX = "spec-wizard-{}-function-"


@dataclass(frozen=True)
class Granted:
    """One statement. function: folder with hyphens; policy: name of the inline policy."""

    function: str
    policy: str
    sid: str
    actions: tuple[str, ...]

    @property
    def role(self) -> str:
        return PREFIX.format("dev") + self.function

    def __str__(self) -> str:
        return f"{self.function}: {self.policy}/{self.sid}"


def granted(stack: Synthesized, environment: str = "dev") -> list[Granted]:
    """All of them, in order."""
    prefix = PREFIX.format(environment)
    names = {
        f"${{aws_iam_role.{address}.id}}": role["name"]
        for address, role in stack.json["resource"]["aws_iam_role"].items()
    }
    found = []
    for policy in stack.json["resource"]["aws_iam_role_policy"].values():
        role = names[policy["role"]]
        if not role.startswith(prefix):
            continue
        for statement in json.loads(policy["policy"])["Statement"]:
            found.append(
                Granted(
                    role.removeprefix(prefix), policy["name"], statement["Sid"], tuple(statement["Action"])
                )
            )
    return sorted(found, key=lambda one: (one.function, one.policy, one.sid))


PROOFS = {
    "authorizer": "a client connects",
    "connect": "a client connects",
    "disconnect": "a connection that was closed is forgotten",
    "send-message": "a message is accepted",
    "chat-worker": "a message is answered",
    "stream-consumer": "a new session is counted",
    "mail-events": "a bounce is logged",
    "secret-age": "the ages are measured",
    "error-log": "an error is copied",
}
"""Function -> what cannot be done without a statement of its role."""

WRITES_LOG = "it writes its log"
TRIED_AGAIN = "a message that failed is tried again soon"
KEPT = "what cannot be processed is kept"

OTHERWISE = {
    ("chat-worker", "DelayJobs"): TRIED_AGAIN,
    ("chat-worker", "DeleteItem"): TRIED_AGAIN,
    ("stream-consumer", "SendFailures"): f"{KEPT} (records of the stream)",
    ("stream-consumer", "UseQueueKey"): f"{KEPT} (records of the stream)",
    ("mail-events", "SendFailures"): f"{KEPT} (events of mail)",
    ("mail-events", "UseQueueKey"): f"{KEPT} (events of mail)",
}
"""Function and statement -> what else cannot be done without it."""


def proof_of(statement: Granted) -> str:
    """What cannot be done without the statement."""
    if statement.policy == "write-log":
        return WRITES_LOG
    return OTHERWISE.get((statement.function, statement.sid), PROOFS[statement.function])


def table(statements: list[Granted]) -> str:
    """The table of `docs/least-privilege.md`."""
    rows = ["| function | policy | statement | actions | without it, this fails |", "|---|---|---|---|---|"]
    for one in statements:
        actions = ", ".join(f"`{action}`" for action in one.actions)
        rows.append(f"| {one.function} | {one.policy} | {one.sid} | {actions} | {proof_of(one)} |")
    return "\n".join(rows) + "\n"
