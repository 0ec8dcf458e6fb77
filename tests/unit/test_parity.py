"""Parity of stacks made by hand: what is found, what is a name only, and what a configuration explains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ops.parity.allowances import PRESENCE, Allowance
from ops.parity.compare import compare, differences
from ops.parity.configuration import Names
from ops.plans.synthesized import Synthesized

Stack = dict[str, Any]
CONFIGURATIONS = {
    name: {
        "environment": name,
        "aws_account_id": account,
        "aws_region": "us-east-1",
        "domain_name": domain,
        "protected": name == "prod",
        "database.generation": 1,
    }
    for name, account, domain in (
        ("dev", "111111111111", None),
        ("staging", "111111111111", "staging.wizard.example.com"),
        ("prod", "222222222222", "wizard.example.com"),
    )
}


def stack(environment: str, **resources: Mapping[str, Any]) -> Stack:
    """Construct path with __ for the slash -> attributes, all of one type."""
    return {
        "resource": {
            "aws_thing": {
                f"{name}_0000000{len(environment)}": {
                    "//": {"metadata": {"path": f"{environment}/{name.replace('__', '/')}"}},
                    **attributes,
                }
                for name, attributes in resources.items()
            }
        }
    }


def stacks(**of_each: Mapping[str, Mapping[str, Any]]) -> dict[str, Stack]:
    return {environment: stack(environment, **resources) for environment, resources in of_each.items()}


def found(given: Mapping[str, Stack]) -> list[tuple[str, str]]:
    return [(one.path, one.what) for one in compare(given, CONFIGURATIONS, ()).differences]


def test_what_one_environment_alone_has() -> None:
    given = stacks(dev={"a__b": {}}, staging={"a__b": {}}, prod={"a__b": {}, "a__c": {}})
    (one,) = compare(given, CONFIGURATIONS, ()).differences
    assert (one.path, one.only_in, one.missing_in) == ("a/c", ("prod",), ("dev", "staging"))
    assert one.environments == ("dev", "staging", "prod")
    assert one.what == "prod has this aws_thing, dev and staging not"


def test_what_one_environment_alone_lacks() -> None:
    given = stacks(dev={"a__c": {}}, staging={"a__c": {}}, prod={})
    (one,) = compare(given, CONFIGURATIONS, ()).differences
    assert (one.only_in, one.missing_in) == (("dev", "staging"), ("prod",))


def test_another_type_in_the_same_place_is_another_thing() -> None:
    given = stacks(dev={"a": {}}, prod={"a": {}})
    given["prod"]["resource"]["aws_other"] = given["prod"]["resource"].pop("aws_thing")
    assert found(given) == [
        ("a", "prod has this aws_other, dev not"),
        ("a", "dev has this aws_thing, prod not"),
    ]


def test_an_attribute_with_its_value_in_each_environment() -> None:
    given = stacks(dev={"a": {"size": 1}}, staging={"a": {"size": 1}}, prod={"a": {}})
    (one,) = compare(given, CONFIGURATIONS, ()).differences
    assert (one.path, one.what) == ("a", "size is 1 in dev, 1 in staging, not set in prod")
    assert (one.environments, one.only_in, one.missing_in) == (("dev", "staging", "prod"), (), ())


def test_a_place_inside_of_blocks_and_of_texts_that_are_json() -> None:
    given = stacks(
        dev={
            "a": {
                "rule": [{"id": "x", "days": 1}],
                "policy": '{"Statement": [{"Sid": "S", "Action": "a:B"}]}',
            }
        },
        prod={
            "a": {
                "rule": [{"id": "x", "days": 2}],
                "policy": '{"Statement": [{"Sid": "S", "Action": ["a:C"]}]}',
            }
        },
    )
    assert found(given) == [
        ("a", 'policy.Statement.S.Action is ["a:B"] in dev, ["a:C"] in prod'),
        ("a", "rule.x.days is 1 in dev, 2 in prod"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "spec-wizard-{environment}-alarms",
        "/spec-wizard/{environment}/application",
        "arn:aws:iam::{account}:role/x",
        "https://{domain}/x",
        '{{"Resource": "arn:aws:s3:::exports-{environment}-{account}/*"}}',
        "${{aws_thing.chat_api_0000000{length}.arn}}/*",
    ],
)
def test_a_name_of_each_environments_own_is_no_difference(text: str) -> None:
    def named(environment: str) -> str:
        own = CONFIGURATIONS[environment]
        return text.format(
            environment=environment,
            account=own["aws_account_id"],
            domain=own["domain_name"],
            length=len(environment),
        )

    given = stacks(staging={"a": {"x": named("staging")}}, prod={"a": {"x": named("prod")}})
    assert found(given) == []


@pytest.mark.parametrize(
    ("staging", "prod"),
    [
        ("spec-wizard-staging-alarms", "spec-wizard-staging-alarms"),  # prod tells staging's topic
        ("spec-wizard-staging-alarms", "spec-wizard-prod-alerts"),
        ("arn:aws:iam::111111111111:role/x", "arn:aws:iam::111111111111:role/x"),
        ("production", "production-2"),
    ],
)
def test_a_name_of_another_environment_is_one(staging: str, prod: str) -> None:
    given = stacks(staging={"a": {"x": staging}}, prod={"a": {"x": prod}})
    assert [path for path, _ in found(given)] == ["a"]


def test_a_word_that_holds_a_name_is_left_alone() -> None:
    names = Names(CONFIGURATIONS["prod"])
    assert names.taken_out("production, reprod, prod") == "production, reprod, {environment}"


def test_a_domain_is_taken_out_as_a_whole() -> None:
    names = Names(CONFIGURATIONS["staging"])
    assert names.taken_out({"staging": ["staging.wizard.example.com"]}) == {
        "{environment}": ["{domain_name}"]
    }


def test_a_restored_table_is_the_same_table() -> None:
    restored = {**CONFIGURATIONS["prod"], "database.generation": 2}
    names = Names(restored)
    assert names.taken_out("database/table-r2") == "database/table"
    assert names.taken_out("spec-wizard-sessions-prod-r2") == "spec-wizard-sessions-{environment}"
    assert names.taken_out("database/table-r3") == "database/table-r3"


PROTECTION = Allowance("a", "lifecycle.prevent_destroy", "protected")


def protected(**more: Any) -> dict[str, Stack]:
    lifecycle = {"lifecycle": {"prevent_destroy": True, **more}}
    return stacks(dev={"a": {}}, staging={"a": {}}, prod={"a": lifecycle})


def test_a_difference_is_explained_by_a_key_that_differs() -> None:
    compared = compare(protected(), CONFIGURATIONS, (PROTECTION,))
    assert compared.differences == ()
    assert {one.environments for one in compared.explained} == {("dev", "prod"), ("staging", "prod")}
    assert {one.allowance for one in compared.explained} == {PROTECTION}


def test_it_is_not_by_one_that_is_the_same_in_both() -> None:
    same = {name: {**own, "protected": True} for name, own in CONFIGURATIONS.items()}
    (one,) = compare(protected(), same, (PROTECTION,)).differences
    assert one.what == "lifecycle.prevent_destroy is not set in dev, not set in staging, true in prod"


def test_an_explanation_covers_its_own_place_only() -> None:
    (one,) = compare(protected(ignore_changes=["x"]), CONFIGURATIONS, (PROTECTION,)).differences
    assert "lifecycle.ignore_changes" in one.what


def test_two_domains_are_no_difference_and_a_domain_in_one_environment_is() -> None:
    """dev has none: its stack may lack what a domain brings; staging and prod have one each."""
    allowance = Allowance("a", PRESENCE, "domain_name")
    given = stacks(dev={}, staging={"a": {}}, prod={"a": {}})
    assert compare(given, CONFIGURATIONS, (allowance,)).differences == ()
    (one,) = compare(stacks(staging={}, prod={"a": {}}), CONFIGURATIONS, (allowance,)).differences
    assert one.path == "a"


def test_a_pair_that_is_not_explained_is_told_without_those_that_are() -> None:
    """staging lacks it against prod for no reason; dev may lack it."""
    allowance = Allowance("a", PRESENCE, "domain_name")
    given = stacks(dev={}, staging={}, prod={"a": {}})
    (one,) = compare(given, CONFIGURATIONS, (allowance,)).differences
    assert (one.only_in, one.missing_in) == (("prod",), ("staging",))


def test_a_stack_may_come_read() -> None:
    given = stacks(dev={"a": {"size": 1}}, prod={"a": {"size": 2}})
    read = {
        name: Synthesized(
            {f"aws_thing.{address}": body for address, body in one["resource"]["aws_thing"].items()}
        )
        for name, one in given.items()
    }
    assert differences(read, CONFIGURATIONS) == differences(given, CONFIGURATIONS)


def test_what_looks_like_a_secret_is_not_shown() -> None:
    one, other = (f"sk-{letter * 20}" for letter in "ab")
    given = stacks(dev={"a": {"value": one}}, prod={"a": {"value": other}})
    ((_, what),) = found(given)
    assert one not in what
    assert other not in what
    assert "looks like a secret" in what
