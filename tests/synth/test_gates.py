"""The gates over the real stacks: silent where nothing is lost or wider, and not where something is."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from ops.gates import check, data_types
from ops.gates.acknowledgements import Acknowledgements
from ops.gates.finding import Finding, Gate
from ops.gates.policy_types import ATTACHMENTS, POLICIES
from ops.plans.document import PlanDocument
from ops.plans.synthesized import Synthesized
from tests.support import plan_documents as documents
from tests.support.configuration import ENVIRONMENTS
from tests.support.synthesized import account_stack, stack

STACKS = (*ENVIRONMENTS, "account")
ALSO_READ = {"aws_lambda_permission", "aws_iam_openid_connect_provider"}


def resources(name: str) -> dict[str, documents.Json]:
    return documents.resources_of((account_stack() if name == "account" else stack(name)).json)


def found(name: str, plan: PlanDocument) -> tuple[Finding, ...]:
    code = Synthesized(resources(name))
    return check.findings(plan, code, name, Acknowledgements(), date(2026, 12, 1))


def with_policies(name: str, change: Any) -> PlanDocument:
    """The deployed stack, in which change(values, names of policies) is done to what has a policy."""
    changes = []
    for address, values in documents.deployed(resources(name)).items():
        texts = [key for key, value in values.items() if isinstance(value, str) and '"Statement"' in value]
        changes.append(change(address, values, texts) if texts else documents.kept(address, values))
    return documents.plan(*changes)


@pytest.mark.parametrize("name", STACKS)
class TestSilence:
    def test_a_first_deploy(self, name: str) -> None:
        assert found(name, documents.first_deploy(resources(name))) == ()

    def test_nothing_to_do(self, name: str) -> None:
        values = documents.deployed(resources(name))
        assert found(name, documents.plan(*(documents.kept(*one) for one in values.items()))) == ()

    def test_policies_that_the_plan_does_not_know(self, name: str) -> None:
        """As where a key or a table that they refer to is replaced: the code tells that they are the same."""

        def unknown(address: str, values: documents.Json, texts: list[str]) -> documents.Json:
            after = {key: value for key, value in values.items() if key not in texts}
            return documents.updated(address, values, after, unknown=dict.fromkeys(texts, True))

        assert found(name, with_policies(name, unknown)) == ()

    def test_whatever_refers_to_anything_is_not_known(self, name: str) -> None:
        """As where all that is referred to is replaced: the same resources are meant."""
        changes = []
        for address, values in documents.deployed(resources(name)).items():
            body = resources(name)[address]
            unknown = {
                attribute: True
                for attribute, written in body.items()
                if attribute not in documents.META and _refers(written)
            }
            after = {attribute: value for attribute, value in values.items() if attribute not in unknown}
            changes.append(documents.updated(address, values, after, unknown=unknown))
        assert found(name, documents.plan(*changes)) == ()


def _refers(written: Any) -> bool:
    """A text or a list of texts; of a block, a plan only leaves open what is in it."""
    texts = written if isinstance(written, list) else [written]
    return all(isinstance(one, str) for one in texts) and "${" in json.dumps(texts)


@pytest.mark.parametrize("name", STACKS)
def test_a_further_action_in_any_policy_is_found(name: str) -> None:
    def wider(address: str, values: documents.Json, texts: list[str]) -> documents.Json:
        after = dict(values)
        for text in texts:
            document = json.loads(values[text])
            more = {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "new:Thing"}
            document["Statement"].append(more | {"Resource": "*"})
            after[text] = json.dumps(document)
        return documents.updated(address, values, after)

    plan = with_policies(name, wider)
    changed = {change.address for change in plan.to_do}
    assert len(changed) > 8
    assert {one.address for one in found(name, plan) if one.gate is Gate.BROADENING} == changed


@pytest.mark.parametrize("name", STACKS)
def test_what_has_a_policy_is_of_a_type_that_the_docs_list(name: str) -> None:
    listed = POLICIES.keys() | ATTACHMENTS.keys() | ALSO_READ
    with_text = {
        a.partition(".")[0] for a, body in resources(name).items() if '\\"Statement\\"' in json.dumps(body)
    }
    named = {a.partition(".")[0] for a in resources(name) if "polic" in a.partition(".")[0] and "iam" in a}
    assert (with_text | named) <= listed


@pytest.mark.parametrize("name", STACKS)
def test_what_terraform_refuses_to_destroy_holds_data(name: str) -> None:
    protected = {address.partition(".")[0] for address in Synthesized(resources(name)).protected()}
    downloads = {"aws_cloudfront_key_group"}  # without it they stop, and nothing is lost
    assert protected - downloads <= data_types.HOLDS.keys()
