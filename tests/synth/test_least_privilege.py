"""The list of statements in the docs is the list of statements in the stack."""

from __future__ import annotations

from tests.least_privilege.proofs import DEEDS
from tests.least_privilege.statements import PROOFS, granted, table
from tests.support import goldens
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import stack


def test_the_docs_have_the_table() -> None:
    goldens.check_part("docs/least-privilege.md", "statements", table(granted(stack("dev"))))


def test_the_roles_are_the_same_in_every_environment() -> None:
    first, *others = (
        [(s.function, s.policy, s.sid, s.actions) for s in granted(stack(name), name)]
        for name in ENVIRONMENTS
    )
    assert first
    assert all(other == first for other in others)


def test_every_function_has_a_proof() -> None:
    functions = {statement.function for statement in granted(stack("dev"))}
    assert functions == PROOFS.keys() == DEEDS.keys()


def test_no_statement_is_about_everything() -> None:
    for path, statements in stack("dev").policies().items():
        if "/role/" in path and path.endswith(" policy"):
            assert all(resource != "*" for statement in statements for resource in statement["Resource"]), (
                path
            )
