"""The workflows ask for roles that trust just what GitHub claims of them.

Source of the claims: docs.github.com, "OpenID Connect reference", "Example subject claims". A workflow that
another one calls makes the claims of its caller.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from environments import naming
from ops.commands import account_roles
from tests.support.configuration import ENVIRONMENTS, variables
from tests.support.synthesized import account_stack
from tests.support.workflows import JOBS, WORKFLOWS, events, job_of, used

REPOSITORY = "example/spec-wizard-infra"
CREDENTIALS = "aws-actions/configure-aws-credentials"
ON_MAIN = "github.ref == 'refs/heads/main'"

CALLER = {"deploy-environment": "deploy"}
"""Whose events start a workflow that is called."""

PLAN = "${{ steps.prepare.outputs.plan-role }}"
DEPLOY = "${{ steps.prepare.outputs.deploy-role }}"


OF_ACCOUNTS = ("plan", "drift")
"""Workflows that are about an account's stack, too."""


def subjects(workflow: str, job: str, environment: str) -> Iterator[str]:
    """What GitHub claims in `sub` for a job, by each event that starts it."""
    if named := job_of(workflow, job).get("environment"):
        assert named == "${{ inputs.environment }}"
        yield f"repo:{REPOSITORY}:environment:{environment}"
        return
    started = events(CALLER.get(workflow, workflow))
    for event, settings in started.items():
        if event == "pull_request":
            yield f"repo:{REPOSITORY}:pull_request"
        elif event == "push":
            yield from (f"repo:{REPOSITORY}:ref:refs/heads/{branch}" for branch in settings["branches"])
        else:
            assert event in ("schedule", "workflow_dispatch")
            first, *others = WORKFLOWS[CALLER.get(workflow, workflow)]["jobs"].values()
            assert ON_MAIN in first["if"].split(" && ")
            # A job that is skipped does not skip those that run in spite of it.
            assert all(
                ON_MAIN in other["if"].split(" && ") or other["if"].endswith("result != 'skipped' }}")
                for other in others
            )
            yield f"repo:{REPOSITORY}:ref:refs/heads/main"


def asking() -> list[tuple[str, str, str]]:
    """Workflow, job and the role that it takes."""
    return [
        (workflow, job, given["role-to-assume"])
        for workflow, job in JOBS
        for given in used(workflow, job, CREDENTIALS)
    ]


def trusted(name: str) -> list[str]:
    """The subjects of the role with this physical name."""
    (role,) = [one for one in account_stack().all("aws_iam_role").values() if one["name"] == name]
    (statement,) = json.loads(role["assume_role_policy"])["Statement"]
    found: list[str] = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    return found


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """What `ops account roles` prints, by environment."""
    for name, value in variables(ENVIRONMENT="all").items():
        monkeypatch.setenv(name, value)
    return {name: account_roles.described(name) for name in (*ENVIRONMENTS, naming.ACCOUNT)}


def test_who_asks_for_which_role() -> None:
    assert asking() == [
        ("deploy-environment", "plan", PLAN),
        ("deploy-environment", "apply", DEPLOY),
        ("drift", "look", PLAN),
        ("plan", "plan", PLAN),
    ]


@pytest.mark.parametrize(
    ("workflow", "job", "role", "environment"),
    [
        (*one, environment)
        for one in asking()
        for environment in (*ENVIRONMENTS, *([naming.ACCOUNT] if one[0] in OF_ACCOUNTS else []))
    ],
)
def test_the_role_trusts_what_github_claims(
    roles: dict[str, dict[str, str]], workflow: str, job: str, role: str, environment: str
) -> None:
    told: dict[str, Any] = roles[environment]
    name = told["plan-role" if role == PLAN else "deploy-role"].partition(":role/")[2]
    claimed = set(subjects(workflow, job, environment))
    assert claimed
    assert claimed <= set(trusted(name))


def test_nothing_is_trusted_that_no_workflow_claims(roles: dict[str, dict[str, str]]) -> None:
    plan = {
        claim for workflow, job, role in asking() if role == PLAN for claim in subjects(workflow, job, "dev")
    }
    assert set(trusted(roles["dev"]["plan-role"].partition(":role/")[2])) == plan


def test_the_accounts_stack_has_a_role_that_plans_and_none_that_deploys(
    roles: dict[str, dict[str, str]],
) -> None:
    assert roles["account"] == {name: value for name, value in roles["dev"].items() if name != "deploy-role"}


def test_account_and_region_are_the_configurations(roles: dict[str, dict[str, str]]) -> None:
    assert {(one["account"], one["region"]) for one in roles.values()} == {("123456789012", "us-east-1")}
    assert roles["prod"]["deploy-role"] == "arn:aws:iam::123456789012:role/spec-wizard-account-deploy-prod"
