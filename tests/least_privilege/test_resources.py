"""Least privilege: each statement that lets a service act for a function, or trusts it, is taken away.

Policies of functions (who may invoke them), of roles (who may assume them), of keys and of the alarms' topic.
"""

from __future__ import annotations

import pytest

from tests.least_privilege.conftest import SETTINGS
from tests.least_privilege.proofs import Environment, seconds_from_cold
from tests.least_privilege.proofs_of_resources import proof_for
from tests.least_privilege.resources import Owned, owned, without
from tests.support.synthesized import stack

STATEMENTS = owned(stack("dev", **SETTINGS))


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_without_the_statement_something_fails(here: Environment, statement: Owned) -> None:
    proof = proof_for(statement)
    took_s = seconds_from_cold(proof, here, lambda: _refresh(here, statement))
    with without(here.aws.client, statement), here.impatient(took_s):
        _refresh(here, statement)
        noticed = not proof(here)
    _refresh(here, statement)
    assert noticed, "nobody notices that it is missing"
    assert proof(here), "does not work again with the statement"


def _refresh(here: Environment, statement: Owned) -> None:
    """Whoever runs already has what the role or the key once gave him."""
    if statement.kind == "role":
        here.refresh(statement.name)
