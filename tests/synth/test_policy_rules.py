"""Every rule of ours holds in every reference configuration, and fires on a stack that breaks it."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable

import pytest

from ops import paths
from ops.policy import reference, rule, table
from ops.policy.rule import RULES, Rule
from ops.policy.stack import Stack, construct_path
from tests.synth.policy_cases_data import DATA
from tests.synth.policy_cases_services import GONE, SERVICES
from tests.synth.policy_changes import FULL, NEW, Body, Case, Change, synthesized, without

CASES = (*DATA, *SERVICES)


def problems(one: Rule, looked_at: Stack) -> dict[str, str]:
    return {resource.construct: problem for resource, problem in rule.verdicts(one, looked_at) if problem}


def rules_by_id() -> dict[str, Rule]:
    rule.all_rules()
    return RULES


def explained(id_: str, environment: str) -> set[str]:
    """What the skip table lets a rule say."""
    return {
        skip.construct for skip in table.load().skips if skip.check == id_ and skip.environment == environment
    }


def fires(
    id_: str, environment: str, configuration: reference.Configuration, change: Change
) -> dict[str, str]:
    """What a rule says of the stack after the change, and did not say before it."""
    before = synthesized(environment, configuration)
    one = rules_by_id()[id_]
    known = problems(one, before)
    assert known.keys() == explained(id_, environment)
    document = copy.deepcopy(before.document)
    change(document)
    after = problems(one, Stack(environment, document))
    return {construct: problem for construct, problem in after.items() if construct not in known}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.said}")
def test_a_rule_fires_on_what_it_is_about(case: Case) -> None:
    def change(document: Body) -> None:
        if not case.type:
            case.change(document)
            return
        (body,) = [
            body
            for body in document["resource"][case.type].values()
            if construct_path(body) == case.construct
        ]
        case.change(body)

    found = fires(case.rule, case.environment, case.configuration, change)
    assert list(found) == [case.construct]
    assert case.said in found[case.construct]


@pytest.mark.parametrize(("id_", "type_", "where", "missed_by", "said"), GONE)
def test_a_rule_fires_where_something_is_missing(
    id_: str, type_: str, where: Callable[[Body], bool], missed_by: str, said: str
) -> None:
    found = fires(id_, "prod", NEW, without(type_, where=where))
    assert said in found[missed_by]


def test_a_log_bucket_with_a_customer_key_gets_no_logs() -> None:
    def change(document: Body) -> None:
        for body in document["resource"]["aws_s3_bucket_server_side_encryption_configuration"].values():
            body["rule"][0]["apply_server_side_encryption_by_default"]["sse_algorithm"] = "aws:kms"

    found = fires("SW_LOG_BUCKET_TAKES_LOGS", "prod", NEW, change)
    assert found == {"storage/exports/access-log": "the log bucket's encryption is aws:kms"}


def test_a_queue_that_loses_patience_or_messages() -> None:
    def change(document: Body) -> None:
        for body in document["resource"]["aws_sqs_queue"].values():
            body.pop("redrive_policy", None)
            body["visibility_timeout_seconds"] = 30

    assert "it hides for 30 s" in fires("SW_QUEUE_PATIENT", "prod", NEW, change)["chat/jobs-to-worker"]
    assert "no redrive_policy" in fires("SW_SOURCE_FAILURE_KEPT", "prod", NEW, change)["chat/jobs-to-worker"]


@pytest.mark.parametrize("id_", sorted(rules_by_id()))
def test_every_rule_is_asked_of_something_and_can_fire(id_: str) -> None:
    tested = {case.rule for case in CASES} | {row[0] for row in GONE} | {"SW_QUEUE_PATIENT"}
    assert id_ in tested
    one = rules_by_id()[id_]
    places = [synthesized("prod"), synthesized("account"), synthesized("prod", FULL)]
    assert any(one.subjects(place) for place in places)


@pytest.mark.parametrize("configuration", reference.CONFIGURATIONS, ids=lambda one: one.name)
def test_every_rule_holds_but_for_what_is_explained(configuration: reference.Configuration) -> None:
    for environment in (*configuration.environments, "account"):
        outcome = rule.judge(synthesized(environment, configuration))
        found = {(finding.check, finding.construct) for finding in outcome.findings}
        skipped = {
            (skip.check, skip.construct) for skip in table.load().skips if skip.environment == environment
        }
        assert found - skipped == set()
        assert len(outcome.passed) > 50


def test_the_reference_has_every_type_of_resource_that_the_constructs_can_make() -> None:
    imported = {
        f"aws_{name}"
        for file in (paths.ROOT / "constructs_lib").rglob("*.py")
        for name in re.findall(
            r"from cdktf_cdktf_provider_aws\.(\w+) import", file.read_text(encoding="utf-8")
        )
    }
    made = {
        type_
        for configuration in reference.CONFIGURATIONS
        for environment in (*configuration.environments, "account")
        for type_ in synthesized(environment, configuration).document["resource"]
    }
    assert len(imported) > 50
    assert imported - made == {"aws_provider"}


def test_rules_say_what_is_behind_them_and_what_to_do() -> None:
    for one in rule.all_rules():
        assert "trap" in one.guards or "seed" in one.guards
        assert one.what
        assert one.mend
    assert len(rule.all_rules()) > 50


def test_the_documentation_lists_every_rule() -> None:
    text = (paths.ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("| `SW_")] == [
        f"| `{one.id}` | {one.what} | {one.guards} |" for one in rule.all_rules()
    ]
