"""What holds across all stacks that share an account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from constructs_lib.ci import policies as ci_policies
from constructs_lib.ci.permissions import Place
from constructs_lib.ci.services import permissions
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import Synthesized, account_stack, stack

STACKS = ("account", *ENVIRONMENTS)

NAMES = (
    *("name", "bucket", "function_name", "analyzer_name", "configuration_set_name", "email_identity"),
    *("policy_name", "url"),
)
"""Attributes in which AWS names a resource; of those that have several the first."""

NAMED_INSIDE = {
    "aws_appautoscaling_policy": "resource_id",
    "aws_iam_role_policy": "role",
    "aws_iam_role_policy_attachment": "role",
    "aws_s3_bucket_metric": "bucket",
}
"""Types whose names must be unique in another resource only -> the attribute that refers to it."""

MAY_STAND_FOR_ALL = {
    permission.sid
    for group in permissions(Place("1", "r", "e")).values()
    for permission in group
    if permission.reason
} | {"SettingsOfTheAccount", "ListsOfTheAccount", "Metrics"}
"""Statements of pipelines whose actions AWS checks no resource for; each gives its reason."""


def _synthesized(name: str) -> Synthesized:
    return account_stack() if name == "account" else stack(name)


def _statements(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every policy document: where it stands, and the statement."""
    for path, attributes in _synthesized(name).resources().items():
        for key, value in attributes.items():
            if isinstance(value, str) and '"Statement"' in value:
                for statement in json.loads(value)["Statement"]:
                    yield f"{name}: {path} {key} {statement.get('Sid')}", statement


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_no_name_is_taken_twice_across_stacks() -> None:
    """AWS would refuse the second, or the stacks would undo each other's settings."""
    seen: dict[tuple[str, str], str] = {}
    for name in STACKS:
        for type_, resources in _synthesized(name).json["resource"].items():
            for id_, attributes in resources.items():
                if type_ in NAMED_INSIDE:
                    assert "${" in attributes[NAMED_INSIDE[type_]], f"{name}/{id_}"  # in this stack's own
                    continue
                named = next((attributes[key] for key in NAMES if key in attributes), "")
                if named and "${" not in named:
                    assert (type_, named) not in seen, f"{name}/{id_} and {seen[type_, named]}"
                    seen[type_, named] = f"{name}/{id_}"
    assert {"aws_s3_bucket", "aws_iam_role", "aws_iam_policy", "aws_sesv2_configuration_set"} <= {
        type_ for type_, _ in seen
    }


def test_each_stack_has_its_own_state() -> None:
    keys = [_synthesized(name).json["terraform"]["backend"]["s3"]["key"] for name in STACKS]
    assert len(set(keys)) == len(STACKS)


@pytest.mark.parametrize("name", STACKS)
def test_trap_46_no_statement_allows_every_action(name: str) -> None:
    checked = 0
    for where, statement in _statements(name):
        if statement["Effect"] == "Deny" or statement["Sid"] == "AccountAdministersThroughIam":
            continue
        checked += 1
        assert "NotAction" not in statement, where
        for action in _listed(statement["Action"]):
            assert action != "*", where
            assert not action.endswith(":*"), where
    assert checked > 10


@pytest.mark.parametrize("name", STACKS)
def test_nothing_is_open_to_everybody(name: str) -> None:
    """A principal "*" stands in refusals only."""
    for where, statement in _statements(name):
        principal = statement.get("Principal")
        if statement["Effect"] == "Allow" and principal is not None:
            named = [
                value
                for values in ([principal] if isinstance(principal, str) else principal.values())
                for value in _listed(values)
            ]
            assert not any("*" in value for value in named), where


@pytest.mark.parametrize("name", STACKS)
def test_trap_46_a_wildcard_resource_stands_only_where_aws_knows_no_other(name: str) -> None:
    for where, statement in _statements(name):
        key_policy = "key/policy" in where  # there "*" means this key
        if (
            statement["Effect"] == "Allow"
            and not key_policy
            and "*" in _listed(statement.get("Resource", []))
        ):
            assert statement["Sid"] in MAY_STAND_FOR_ALL, where


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_role_of_an_environment_stays_within_its_boundary(environment: str) -> None:
    """Without it the pipeline that writes the role's policy could give itself everything."""
    boundaries = {
        f"arn:aws:iam::123456789012:policy/{policy['name']}": json.loads(policy["policy"])["Statement"]
        for policy in account_stack().all("aws_iam_policy").values()
    }
    for path, role in stack(environment).all("aws_iam_role").items():
        assert role["permissions_boundary"] in boundaries, path
        assert role["permissions_boundary"].endswith(f"-boundary-{environment}"), path
        allowed = {action for s in boundaries[role["permissions_boundary"]] for action in s["Action"]}
        granted = {
            action
            for policy_path, policy in stack(environment).all("aws_iam_role_policy").items()
            if policy_path.startswith(path.removesuffix("/role") + "/")
            for s in json.loads(policy["policy"])["Statement"]
            for action in _listed(s["Action"])
        }
        assert granted - allowed == set(), path


def test_no_boundary_lets_a_role_make_another() -> None:
    for environment in ENVIRONMENTS:
        for statement in ci_policies.boundary(Place("123456789012", "us-east-1", environment)):
            assert not {a.split(":")[0] for a in statement["Action"]} & {"iam", "sts", "organizations"}
