"""Plans as typed values, and how two values differ; with plan JSON made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.plans import differences, document, masking, policies
from ops.plans.differences import Difference
from ops.plans.document import ResourceChange
from ops.plans.synthesized import Synthesized


def entry(before: Any, after: Any, actions: tuple[str, ...] = ("update",), **more: Any) -> dict[str, Any]:
    """A resource of a plan as Terraform writes it; `more` goes into its change."""
    return {
        "address": "aws_table.t",
        "mode": "managed",
        "type": "aws_table",
        "name": "t",
        "change": {"actions": list(actions), "before": before, "after": after, **more},
    }


def change(before: Any, after: Any, **more: Any) -> ResourceChange:
    plan = document.read({"resource_changes": [entry(before, after, **more)]})
    return plan.changes[0]


def told(before: Any, after: Any, **more: Any) -> list[tuple[str, Any, Any]]:
    return [(d.where, d.before, d.after) for d in differences.of(change(before, after, **more))]


class TestDocument:
    def test_a_replacement_names_what_forces_it(self) -> None:
        raw = entry({}, {}, ("delete", "create"), replace_paths=[["hash_key"], ["index", 0, "name"]])
        plan = document.read({"resource_changes": [raw | {"action_reason": "replace_because_cannot_update"}]})
        (found,) = plan.changes
        assert found.action == "replace"
        assert found.replace_paths == (("hash_key",), ("index", 0, "name"))
        assert found.action_reason == "replace_because_cannot_update"

    @pytest.mark.parametrize(
        ("actions", "word"),
        [
            (("create", "delete"), "replace"),
            (("create",), "create"),
            (("delete",), "delete"),
            (("no-op",), "no-op"),
            (("forget",), "forget"),
        ],
    )
    def test_one_word_for_the_actions(self, actions: tuple[str, ...], word: str) -> None:
        assert document.read({"resource_changes": [entry({}, {}, actions)]}).changes[0].action == word

    def test_what_an_apply_would_touch(self) -> None:
        entries = [
            entry({}, {}, ("no-op",)) | {"address": "same"},
            entry({}, {}, ("no-op",), importing={"id": "x"}) | {"address": "imported"},
            entry({}, {}, ("read",)) | {"address": "data.x", "mode": "data"},
            entry({}, {}, ("update",)) | {"address": "updated"},
        ]
        outputs = {
            "same": {"actions": ["no-op"], "before": "a", "after": "a"},
            "new": {"actions": ["create"], "after": "b", "after_sensitive": True},
        }
        plan = document.read({"resource_changes": entries, "output_changes": outputs})
        assert [found.address for found in plan.to_do] == ["imported", "updated"]
        assert [(o.name, o.sensitive) for o in plan.outputs_to_change] == [("new", True)]

    def test_drift_and_the_state_of_modules_too(self) -> None:
        inner = {"address": "module.m.a.b", "mode": "managed", "type": "a", "values": {"id": "1"}}
        looked_up = {"address": "data.c.d", "mode": "data", "type": "c", "values": {}}
        root = {"resources": [looked_up], "child_modules": [{"resources": [inner]}]}
        plan = document.read(
            {
                "resource_drift": [entry({"id": "1"}, None, ("delete",))],
                "prior_state": {"values": {"root_module": root}},
            }
        )
        assert [found.after for found in plan.drift] == [None]
        assert {address: one.values["id"] for address, one in plan.prior.items()} == {"module.m.a.b": "1"}

    def test_an_empty_plan(self) -> None:
        plan = document.read({"terraform_version": "1.11.4"})
        assert (plan.changes, plan.drift, plan.outputs, dict(plan.prior)) == ((), (), (), {})


class TestDifferences:
    def test_attribute_by_attribute_into_blocks(self) -> None:
        before = {"name": "t", "ttl": [{"enabled": True, "attribute_name": "e"}], "tags": {"a": "1"}}
        after = {"name": "t", "ttl": [{"enabled": False, "attribute_name": "e"}], "tags": {"b.c": "2"}}
        assert told(before, after) == [
            ("ttl[0].enabled", True, False),
            ("tags.a", "1", None),
            ('tags["b.c"]', None, "2"),
        ]

    def test_named_blocks_by_their_names_wherever_they_stand(self) -> None:
        one, two, three = ({"name": name, "type": "S"} for name in ("PK", "SK", "GSI"))
        assert told({"attribute": [one, two]}, {"attribute": [{**two, "type": "N"}, three, one]}) == [
            ("attribute.SK.type", "S", "N"),
            ("attribute.GSI", None, three),
        ]

    def test_other_blocks_without_those_on_both_sides(self) -> None:
        rules = [{"days": 1}, {"days": 2}, {"days": 3}]
        assert told({"rule": rules}, {"rule": [{"days": 1}, {"days": 9}, {"days": 3}]}) == [
            ("rule[1].days", 2, 9)
        ]
        assert told({"rule": rules[:1]}, {"rule": rules[:2]}) == [("rule[1]", None, {"days": 2})]
        assert told({"rule": rules}, {"rule": rules[::-1]}) == [("rule", rules, rules[::-1])]

    def test_blocks_where_there_were_none(self) -> None:
        policy = {"name": "more", "policy": "{}"}
        assert told({"inline_policy": []}, {"inline_policy": [policy]}) == [
            ("inline_policy.more", None, policy)
        ]

    def test_policies_statement_by_statement(self) -> None:
        def policy(*actions: str) -> str:
            statement = {"Sid": "Read", "Effect": "Allow", "Action": list(actions), "Resource": "*"}
            return json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "Other"}, statement]})

        assert told({"policy": policy("a")}, {"policy": policy("b", "a")}) == [
            ("policy.Statement.Read.Action", ["a"], ["a", "b"])
        ]

    def test_the_order_of_json_is_no_difference(self) -> None:
        before = '{"Statement": {"Action": "a", "Resource": ["x", "y"], "Condition": {"Bool": {"s": false}}}}'
        after = '{"Statement":[{"Resource":["y","x"],"Condition":{"Bool":{"s":["false"]}},"Action":["a"]}]}'
        assert told({"policy": before}, {"policy": after}) == []

    def test_json_that_is_no_policy_keeps_the_order_of_its_lists(self) -> None:
        assert told({"body": '{"b": [1, 2], "a": 1}'}, {"body": '{"a": 1, "b": [2, 1]}'}) == [
            ("body.b", [1, 2], [2, 1])
        ]

    def test_text_that_only_looks_like_json(self) -> None:
        assert told({"body": "{a"}, {"body": "{b"}) == [("body", "{a", "{b")]

    @pytest.mark.parametrize(("before", "after"), [(None, ""), (None, False), ([], None), (None, {})])
    def test_no_value_written_in_another_way(self, before: Any, after: Any) -> None:
        pair = change({"a": before}, {"a": after})
        assert differences.of(pair, none_is_none=True) == []
        assert [d.where for d in differences.of(pair)] == ["a"]

    @pytest.mark.parametrize(("before", "after"), [(None, 0), (True, None), ("", "x")])
    def test_what_is_a_value(self, before: Any, after: Any) -> None:
        found = differences.of(change({"a": before}, {"a": after}), none_is_none=True)
        assert [(d.before, d.after) for d in found] == [(before, after)]

    def test_what_only_an_apply_knows(self) -> None:
        unknown = {"arn": True, "name": False, "block": [{"id": True}]}
        found = differences.of(change({"arn": "x", "name": "n"}, {"name": "m"}, after_unknown=unknown))
        assert Difference(("arn",), "x", None, unknown=True) in found
        assert Difference(("block",), None, None, unknown=True) in found
        assert Difference(("name",), "n", "m") in found

    def test_new_and_deleted_have_no_attributes_to_compare(self) -> None:
        assert told(None, {"a": 1}) == []
        assert told({"a": 1}, None) == []


class TestMasking:
    def test_what_is_marked_at_any_depth_is_not_shown(self) -> None:
        marks = {"password": True, "blocks": [{}, {"token": True}]}
        before = {"password": "old", "blocks": [{"token": "t0"}, {"token": "t1", "port": 1}]}
        after = {"password": "new", "blocks": [{"token": "t0"}, {"token": "t2", "port": 2}]}
        found = differences.of(change(before, after, before_sensitive=marks, after_sensitive=marks))
        assert [(d.where, d.before, d.after, d.sensitive) for d in found] == [
            ("password", "(sensitive)", "(sensitive)", True),
            ("blocks[1].token", "(sensitive)", "(sensitive)", True),
            ("blocks[1].port", 1, 2, False),
        ]

    @pytest.mark.parametrize("side", ["before_sensitive", "after_sensitive"])
    def test_marked_on_one_side_only_hides_both(self, side: str) -> None:
        found = differences.of(change({"a": "one"}, {"a": "other"}, **{side: {"a": True}}))
        assert (found[0].before, found[0].after, found[0].sensitive) == ("(sensitive)", "(sensitive)", True)

    def test_a_block_that_came_or_went_is_masked_within(self) -> None:
        found = differences.of(
            change(
                {"user": [{"name": "a", "password": "p"}]},
                {"user": []},
                before_sensitive={"user": [{"password": True}]},
            )
        )
        assert [(d.where, d.before, d.after) for d in found] == [
            ("user.a", {"name": "a", "password": "(sensitive)"}, None)
        ]
        assert found[0].sensitive

    @pytest.mark.parametrize(
        "secret",
        [
            "sk-ant-REDACTED",
            "sk-proj-abcdefgh1234",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_abcdefghijklmnopqrstuvwx",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        ],
    )
    def test_what_looks_like_a_secret_is_not_shown_though_nobody_marked_it(self, secret: str) -> None:
        shown = masking.masked({"variables": [{"A": f"before {secret} after"}]}, {})
        assert shown == {"variables": [{"A": "before (looks like a secret) after"}]}

    def test_ordinary_values_are_shown(self) -> None:
        values = {"arn": "arn:aws:iam::123456789012:role/task-sk-x", "n": 1, "on": True, "none": None}
        assert masking.masked(values, {"other": True}) == values


class TestPolicies:
    def test_no_policy_is_left_as_it_is(self) -> None:
        assert policies.canonical(["b", "a"]) == ["b", "a"]
        assert policies.canonical({"widgets": ["b", "a"]}) == {"widgets": ["b", "a"]}

    def test_principals(self) -> None:
        one = {"Statement": {"Principal": {"AWS": "b"}, "Effect": "Allow"}}
        two = {"Statement": [{"Principal": {"AWS": ["b"]}, "Effect": "Allow"}]}
        assert policies.canonical(one) == policies.canonical(two)
        assert policies.canonical({"Statement": [{"Principal": "*"}]}) == {"Statement": [{"Principal": "*"}]}


class TestSynthesized:
    @pytest.fixture
    def code(self, tmp_path: Path) -> Synthesized:
        def body(path: str, **lifecycle: Any) -> dict[str, Any]:
            return {"//": {"metadata": {"path": path}}, "name": "x", "lifecycle": lifecycle}

        resources = {
            "aws_table": {"t": body("dev/database/table", prevent_destroy=True, ignore_changes=["read"])},
            "aws_group": {"g": body("dev/cdn/group", ignore_changes="all")},
        }
        (tmp_path / "cdk.tf.json").write_text(json.dumps({"resource": resources}))
        return Synthesized.of(tmp_path)

    def test_who_made_a_resource(self, code: Synthesized) -> None:
        assert code.construct_path("aws_table.t") == "dev/database/table"
        assert code.construct_path("aws_group.g[0]") == "dev/cdn/group"
        assert code.construct_path('aws_group.g["a"]') == "dev/cdn/group"
        assert code.construct_path("aws_group.removed") == ""

    def test_its_lifecycle(self, code: Synthesized) -> None:
        assert code.protected() == ["aws_table.t"]
        assert code.ignored("aws_table.t") == {"read"}
        assert code.ignored("aws_group.g[0]") == {"all"}

    def test_what_a_deploy_writes(self, code: Synthesized) -> None:
        assert code.sets("aws_table.t", "name")
        assert code.sets("aws_table.t", "tags_all")
        assert not code.sets("aws_table.t", "inline_policy")
