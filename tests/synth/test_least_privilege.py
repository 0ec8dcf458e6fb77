"""The list of statements in the docs is the list of statements in the stack."""

from __future__ import annotations

from tests.least_privilege import proofs, proofs_of_resources, resources
from tests.least_privilege.statements import PROOFS, granted, table
from tests.support import goldens
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import stack


def test_the_docs_have_the_table() -> None:
    goldens.check_part("docs/least-privilege.md", "statements", table(granted(stack("dev"))))


def test_the_docs_have_the_table_of_resources() -> None:
    of_dev = resources.owned(stack("dev"))
    goldens.check_part("docs/least-privilege.md", "statements of resources", resources.table(of_dev))


def test_the_roles_are_the_same_in_every_environment() -> None:
    first, *others = (
        [(s.function, s.policy, s.sid, s.actions) for s in granted(stack(name), name)]
        for name in ENVIRONMENTS
    )
    assert first
    assert all(other == first for other in others)


def test_every_function_has_a_proof() -> None:
    assert {statement.function for statement in granted(stack("dev"))} == PROOFS.keys()


def test_every_statement_has_a_proof() -> None:
    for statement in granted(stack("dev")):
        assert callable(proofs.proof_for(statement)), str(statement)


def test_every_statement_of_a_resource_has_a_proof() -> None:
    for one in resources.owned(stack("dev")):
        assert callable(proofs_of_resources.proof_for(one)), str(one)


def test_no_statement_is_about_everything() -> None:
    for path, statements in stack("dev").policies().items():
        if "/role/" in path and path.endswith(" policy"):
            assert all(resource != "*" for statement in statements for resource in statement["Resource"]), (
                path
            )
