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

from tests.least_privilege.conftest import SETTINGS
from tests.least_privilege.proofs import Environment, now_ms, proof_for, seconds_from_cold
from tests.least_privilege.statements import PROOFS, Granted, granted
from tests.support.synthesized import stack

STATEMENTS = granted(stack("dev", **SETTINGS))

BY_LAMBDA = {"WriteLog", "ConsumeJobs", "UseQueueKey", "ListStreams", "ReadStream", "SendFailures"}
"""Statements that Lambda itself uses in the role's name, so that the function sees no refusal: it writes the
log, reads queue and stream, and puts failures aside. The error log's own writing is an exception, and so is
sending to the queue of jobs."""


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


def _sees_the_refusal(statement: Granted) -> bool:
    """Whether the function's own call is the one that is refused."""
    if statement.policy in ("error-log-write", "send-jobs"):
        return True
    if statement.function == "stream-consumer":
        return False
    return statement.sid not in BY_LAMBDA


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_without_the_statement_something_fails(here: Environment, statement: Granted) -> None:
    proof = proof_for(statement)
    took_s = seconds_from_cold(proof, here, lambda: here.refresh(statement.function))
    with without(here.aws.client("iam"), statement), here.impatient(took_s):
        here.refresh(statement.function)
        since = now_ms()
        noticed = not proof(here)
        refusals = here.log_lines(here.log_of(statement.function), since, "AccessDenied")
    here.refresh(statement.function)
    assert noticed, "nobody notices that it is missing"
    if _sees_the_refusal(statement):
        assert refusals, "it fails, but not of a missing permission"
    # Twice: a job that the refused function had in its hands comes back to the queue only in a while.
    assert proof(here) or proof(here), "does not work again with the statement"


def test_every_function_is_among_them() -> None:
    assert {statement.function for statement in STATEMENTS} == PROOFS.keys()
