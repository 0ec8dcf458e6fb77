"""Drift read from plans: what somebody changed, what nobody did, what waits in the code, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ops.commands import drift as command
from ops.comment import drift_issue
from ops.drift import findings, noise, report
from ops.plans import document
from ops.plans.differences import Difference
from ops.plans.document import PlanDocument
from ops.plans.synthesized import Synthesized
from ops.terraform import Terraform

Values = Mapping[str, Any]


def changed(address: str, before: Values | None, after: Values | None, actions: str = "update") -> Any:
    return {
        "address": address,
        "mode": "managed",
        "type": address.partition(".")[0],
        "name": address.partition(".")[2],
        "change": {"actions": [actions], "before": before, "after": after},
    }


def plan(*drift: Any, changes: tuple[Any, ...] = (), outputs: Any = None, **state: Values) -> PlanDocument:
    """state: address with __ for the dot -> attributes after the refresh."""
    return document.read(plan_json(*drift, changes=changes, outputs=outputs, **state))


def plan_json(
    *drift: Any, changes: tuple[Any, ...] = (), outputs: Any = None, **state: Values
) -> dict[str, Any]:
    resources = [
        {
            "address": name.replace("__", "."),
            "type": name.partition("__")[0],
            "mode": "managed",
            "values": values,
        }
        for name, values in state.items()
    ]
    return {
        "resource_drift": list(drift),
        "resource_changes": list(changes),
        "output_changes": outputs or {},
        "prior_state": {"values": {"root_module": {"resources": resources}}},
    }


def code(**bodies: Values) -> Synthesized:
    """The stack's code: address with __ for the dot -> what it sets."""
    return Synthesized(
        {
            name.replace("__", "."): {"//": {"metadata": {"path": f"dev/{name.partition('__')[2]}"}}, **body}
            for name, body in bodies.items()
        }
    )


def places(found: list[findings.Finding]) -> dict[str, list[str]]:
    return {one.address: [difference.where for difference in one.differences] for one in found}


class TestDrifted:
    def test_attribute_by_attribute_with_construct_and_id(self) -> None:
        before = {"id": "t-1", "name": "t", "ttl": [{"enabled": True}]}
        after = {"id": "t-1", "name": "t", "ttl": [{"enabled": False}]}
        (found,) = findings.drifted(plan(changed("a.t", before, after)), code(a__t={"ttl": {}}))
        assert found.as_json() == {
            "construct": "dev/t",
            "address": "a.t",
            "type": "a",
            "id": "t-1",
            "what": "changed",
            "attributes": [
                {
                    "attribute": "ttl[0].enabled",
                    "before": True,
                    "after": False,
                    "sensitive": False,
                    "deploy_reverts": True,
                }
            ],
        }

    def test_deleted_outside(self) -> None:
        (found,) = findings.drifted(plan(changed("a.t", {"id": "t-1"}, None, "delete")), code(a__t={}))
        assert (found.what, found.id, found.differences) == ("deleted", "t-1", ())

    def test_what_aws_changes_by_itself_is_none(self) -> None:
        change = changed(
            "aws_cloudfront_distribution.d",
            {"etag": "1", "status": "InProgress", "comment": "c"},
            {"etag": "2", "status": "Deployed", "comment": "c"},
        )
        assert findings.drifted(plan(change), code()) == []

    def test_a_place_within_an_attribute_that_aws_changes(self) -> None:
        def dkim(status: str, length: str) -> Values:
            return {"dkim_signing_attributes": [{"status": status, "next_signing_key_length": length}]}

        change = changed("aws_sesv2_email_identity.i", dkim("PENDING", "a"), dkim("SUCCESS", "b"))
        assert places(findings.drifted(plan(change), code())) == {
            "aws_sesv2_email_identity.i": ["dkim_signing_attributes[0].next_signing_key_length"]
        }

    def test_no_value_in_another_way_and_json_in_another_order_are_none(self) -> None:
        before = {"tags": None, "on": None, "policy": '{"a": 1, "b": 2}'}
        change = changed("a.t", before, {"tags": {}, "on": False, "policy": '{"b":2,"a":1}'})
        assert findings.drifted(plan(change), code()) == []

    @pytest.mark.parametrize("ignored", [["read_capacity"], "all"])
    def test_what_the_code_tells_terraform_to_leave_alone(self, ignored: Any) -> None:
        change = changed("a.t", {"read_capacity": 1}, {"read_capacity": 9})
        body = {"read_capacity": 1, "lifecycle": {"ignore_changes": ignored}}
        assert findings.drifted(plan(change), code(a__t=body)) == []
        assert places(findings.drifted(plan(change), code(a__t={}))) == {"a.t": ["read_capacity"]}

    def test_tags_are_told_once(self) -> None:
        change = changed(
            "a.t",
            {"tags": {"x": "1"}, "tags_all": {"x": "1", "Project": "p"}},
            {"tags": {"x": "2"}, "tags_all": {"x": "2"}},
        )
        assert places(findings.drifted(plan(change), code())) == {"a.t": ["tags_all.x", "tags_all.Project"]}


class TestMirrors:
    ROLE = "aws_iam_role.r"

    def role(self, *names: str) -> Values:
        return {"id": "r", "name": "r", "inline_policy": [{"name": name, "policy": "{}"} for name in names]}

    def test_a_role_repeats_its_policies_and_that_is_no_drift(self) -> None:
        change = changed(self.ROLE, self.role(), self.role("read"))
        found = findings.drifted(
            plan(
                change,
                aws_iam_role__r=self.role("read"),
                aws_iam_role_policy__p={"role": "r", "name": "read"},
            ),
            code(aws_iam_role__r={}),
        )
        assert found == []

    def test_a_policy_that_no_resource_is(self) -> None:
        change = changed(self.ROLE, self.role("read"), self.role("read", "more"))
        (found,) = findings.drifted(
            plan(
                change,
                aws_iam_role__r=self.role("read", "more"),
                aws_iam_role_policy__p={"role": "r", "name": "read"},
            ),
            code(aws_iam_role__r={}),
        )
        assert [one.where for one in found.differences] == ["inline_policy.more"]
        assert found.by_hand == ("inline_policy",)

    def test_it_stays_drift_when_the_state_has_taken_it_in(self) -> None:
        (found,) = findings.drifted(
            plan(
                aws_iam_role__r=self.role("read", "more"),
                aws_iam_role_policy__p={"role": "r", "name": "read"},
            ),
            code(aws_iam_role__r={}),
        )
        (difference,) = found.differences
        assert (difference.where, difference.before, difference.after["name"]) == (
            "inline_policy.more",
            None,
            "more",
        )
        assert found.by_hand == ("inline_policy",)

    def test_that_it_goes_again_is_none(self) -> None:
        """The state may have taken it in; what is there now is what the code says."""
        change = changed(self.ROLE, self.role("read", "more"), self.role("read"))
        found = findings.drifted(
            plan(
                change,
                aws_iam_role__r=self.role("read"),
                aws_iam_role_policy__p={"role": "r", "name": "read"},
            ),
            code(),
        )
        assert found == []

    def test_beside_another_change_of_the_role(self) -> None:
        before = {**self.role(), "description": "a"}
        (found,) = findings.drifted(
            plan(
                changed(self.ROLE, before, {**self.role("more"), "description": "b"}),
                aws_iam_role__r={**self.role("more"), "description": "b"},
            ),
            code(aws_iam_role__r={"description": "a"}),
        )
        assert [one.where for one in found.differences] == ["description", "inline_policy.more"]
        assert found.by_hand == ("inline_policy",)

    def test_a_policy_of_another_role_does_not_excuse_it(self) -> None:
        found = findings.drifted(
            plan(
                aws_iam_role__r=self.role("read"),
                aws_iam_role_policy__p={"role": "another", "name": "read"},
            ),
            code(),
        )
        assert places(found) == {self.ROLE: ["inline_policy.read"]}

    def test_a_managed_policy_that_was_attached(self) -> None:
        role = {**self.role(), "managed_policy_arns": ["arn:ours", "arn:AdministratorAccess"]}
        found = findings.drifted(
            plan(
                aws_iam_role__r=role,
                aws_iam_role_policy_attachment__a={"role": "r", "policy_arn": "arn:ours"},
            ),
            code(),
        )
        assert places(found) == {self.ROLE: ['managed_policy_arns["arn:AdministratorAccess"]']}

    def test_the_empty_set_as_the_provider_writes_it(self) -> None:
        role = {"id": "r", "inline_policy": [{"name": "", "policy": ""}]}
        assert findings.drifted(plan(aws_iam_role__r=role), code()) == []

    def test_a_deleted_policy_is_told_by_its_own_resource_alone(self) -> None:
        gone = changed("aws_iam_role_policy.p", {"id": "r:read", "role": "r", "name": "read"}, None, "delete")
        change = changed(self.ROLE, self.role("read"), self.role())
        found = findings.drifted(plan(gone, change, aws_iam_role__r=self.role()), code())
        assert [one.address for one in found] == ["aws_iam_role_policy.p"]

    def test_a_setting_of_a_bucket_counts_where_no_resource_has_it(self) -> None:
        change = changed(
            "aws_s3_bucket.b", {"id": "b", "cors_rule": []}, {"id": "b", "cors_rule": [{"a": 1}]}
        )
        managed = plan(change, aws_s3_bucket_cors_configuration__c={"bucket": "b"})
        assert findings.drifted(managed, code()) == []
        assert places(findings.drifted(plan(change), code())) == {"aws_s3_bucket.b": ["cors_rule[0]"]}

    def test_every_mirror_that_is_a_set_names_its_members(self) -> None:
        assert noise.sets_of("aws_iam_role") == ["inline_policy", "managed_policy_arns"]
        assert noise.sets_of("aws_s3_bucket") == []


class TestWaiting:
    UPDATE = changed("a.t", {"days": 30}, {"days": 7})

    def test_only_what_a_plan_after_the_refresh_would_do(self) -> None:
        completed = changed("a.completed", {"age": 5}, {"age": None})
        whole, unrefreshed = plan(changes=(self.UPDATE,)), plan(changes=(self.UPDATE, completed))
        (found,) = findings.waiting(whole, unrefreshed, code(a__t={}))
        assert (found.address, found.what, found.by_hand) == ("a.t", "update", ())
        assert [(d.where, d.before, d.after) for d in found.differences] == [("days", 30, 7)]

    def test_the_way_back_from_drift_is_none(self) -> None:
        back = changed("a.drifted", {"on": False}, {"on": True})
        assert findings.waiting(plan(changes=(back,)), plan(), code()) == []

    def test_outputs(self) -> None:
        outputs = {"url": {"actions": ["update"], "before": "a", "after": "b"}}
        (found,) = findings.waiting(plan(outputs=outputs), plan(outputs=outputs), code())
        assert (found.address, found.what) == ("output.url", "update")


class TestLook:
    """How many plans are made, and which."""

    @pytest.fixture
    def look(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
        from rich.console import Console

        (tmp_path / "cdk.tf.json").write_text("{}")

        def run(**plans: dict[str, Any]) -> Any:
            asked: list[str] = []

            def difference(self: Terraform, *options: str) -> dict[str, Any]:
                asked.append(" ".join(options))
                return plans["without_refresh" if options else "whole"]

            monkeypatch.setattr(Terraform, "difference", difference)
            return asked, command.look(tmp_path, Console(quiet=True))

        return run

    def test_one_plan_where_nothing_drifted(self, look: Any) -> None:
        asked, (drift, waiting) = look(whole=plan_json(changes=(TestWaiting.UPDATE,), a__t={"id": "t"}))
        assert asked == [""]
        assert drift == []
        assert [one.address for one in waiting] == ["a.t"]

    def test_a_second_one_tells_drift_and_code_apart(self, look: Any) -> None:
        drifted = changed("a.d", {"on": True}, {"on": False})
        back = changed("a.d", {"on": False}, {"on": True})
        asked, (drift, waiting) = look(
            whole=plan_json(drifted, changes=(back, TestWaiting.UPDATE), a__t={"id": "t"}),
            without_refresh=plan_json(changes=(TestWaiting.UPDATE,), a__t={"id": "t"}),
        )
        assert asked == ["", "-refresh=false"]
        assert [one.address for one in drift] == ["a.d"]
        assert [one.address for one in waiting] == ["a.t"]

    def test_no_secret_is_told_wherever_it_stands(self, look: Any) -> None:
        """In the terminal, as JSON, and in the issue that is made of that."""
        secret, key = "correct-horse-AKIAIOSFODNN7EXAMPLE-battery", "AKIAIOSFODNN7EXAMPLE"
        before = {"id": secret, "input": secret, "output": f"x {secret}", "tags": {}}
        after = {"id": secret, "input": "n", "output": ["z"], "tags": {secret: key}}
        moved = changed("a.d", before, after)
        moved["change"] |= {"before_sensitive": {"input": True}, "after_sensitive": {"input": True}}
        gone = changed(f'a.gone["{key}"]', {"id": "sold", "name": secret}, None, "delete")
        gone["change"]["before_sensitive"] = {"id": True}
        wanted = changed(f'a.t["{secret}"]', {"v": f"{secret}!"}, {"v": key})
        _, (drift, waiting) = look(
            whole=plan_json(moved, gone, changes=(wanted,), a__t={"id": "t"}),
            without_refresh=plan_json(changes=(wanted,), a__t={"id": "t"}),
        )
        assert len(drift) == 2
        assert len(waiting) == 1
        as_json = [one.as_json() for one in [*drift, *waiting]]
        told = [json.dumps(as_json), drift_issue.body("dev", as_json), *report.lines("dev", drift, waiting)]
        told += [*report.reverting("dev", drift), *report.accepting("dev", "cdktf.out/stacks/dev", drift)]
        text = "\n".join(told)
        assert [word for word in ("correct-horse", "battery", "AKIA", "sold") if word in text] == []
        assert "(sensitive)" in text

    def test_what_is_not_deployed(self, look: Any) -> None:
        from ops.errors import OpsError
        from ops.exit_codes import ExitCode

        with pytest.raises(OpsError, match="is not deployed") as caught:
            look(whole=plan_json(changes=(changed("a.t", None, {}, "create"),)))
        assert caught.value.code is ExitCode.STATE


class TestReport:
    @pytest.fixture
    def drift(self) -> list[findings.Finding]:
        more = {"name": "more", "policy": json.dumps({"Statement": [{"Action": "s3:*"}]})}
        table = changed("a.t", {"id": "t", "kinds": ["a", "b"], "on": True}, {"id": "t", "kinds": ["b", "c"]})
        gone = changed("a.gone", {"id": "g"}, None, "delete")
        return findings.drifted(
            plan(table, gone, aws_iam_role__r={"id": "r", "inline_policy": [more]}),
            code(aws_iam_role__r={}, a__t={"kinds": [], "on": True}, a__gone={}),
        )

    def test_text(self, drift: list[findings.Finding]) -> None:
        assert list(report.lines("dev", drift, [])) == [
            "Changed outside Terraform: 3 resources of dev",
            "  dev/gone  deleted",
            "    a.gone  g",
            "  dev/r",
            "    aws_iam_role.r  r",
            "      inline_policy.more: none → "
            '{"name": "more", "policy": {"Statement": [{"Action": "s3:*"}]}}',
            "  dev/t",
            "    a.t  t",
            "      kinds: added c; removed a",
            "      on: true → none",
            "Nothing waits in the code.",
        ]

    def test_how_to_revert(self, drift: list[findings.Finding]) -> None:
        told = "\n".join(report.reverting("dev", drift))
        assert "cdktf deploy dev" in told
        assert "dev/r: the code does not set inline_policy, so a deploy leaves it" in told
        only_by_hand = "\n".join(report.reverting("dev", [one for one in drift if one.construct == "dev/r"]))
        assert "cdktf deploy" not in only_by_hand

    def test_how_to_accept(self, drift: list[findings.Finding]) -> None:
        told = "\n".join(report.accepting("dev", "cdktf.out/stacks/dev", drift))
        assert "dev/gone: remove it from constructs_lib/" in told
        assert "dev/t: set kinds in" in told
        assert "terraform -chdir=cdktf.out/stacks/dev apply -refresh-only" in told

    def test_sensitive_values_are_said_to_differ_and_not_shown(self) -> None:
        change = changed("a.t", {"password": "old"}, {"password": "new"})
        change["change"] |= {"before_sensitive": {"password": True}, "after_sensitive": {"password": True}}
        told = list(report.lines("dev", findings.drifted(plan(change), code()), []))
        assert told[3] == "      password: (sensitive) → another, also hidden"
        assert "old" not in "".join(told)

    def test_long_values_are_cut(self) -> None:
        assert report.shown("x" * 500) == "x" * 160 + "… (500 characters)"
        assert report.shown("two\n  lines") == "two lines"

    def test_two_long_values_are_cut_around_what_differs(self) -> None:
        values = [{"id": "t", "html": "x" * 5_000 + end} for end in "AB"]
        told = list(report.lines("dev", findings.drifted(plan(changed("a.t", *values)), code()), []))
        start = "x" * 24
        assert told[3] == f"      html: …{start}A (5001 characters) → …{start}B (5001 characters)"

    def test_two_that_read_the_same_are_told_to_differ(self) -> None:
        values = ({"id": "t", "html": "a  b"}, {"id": "t", "html": "a b"})
        told = list(report.lines("dev", findings.drifted(plan(changed("a.t", *values)), code()), []))
        assert told[3] == "      html: a b → another, which reads the same"

    def test_nothing(self) -> None:
        assert list(report.lines("dev", [], [])) == ["Nothing of dev was changed outside Terraform."]
        assert list(report.next_steps("dev", [])) == []


@pytest.mark.parametrize(
    ("type_", "where", "before", "after", "quiet"),
    [
        ("aws_cloudwatch_metric_alarm", ("metric_query", "m0", "period"), None, 0, True),
        ("aws_cloudwatch_metric_alarm", ("metric_query", "m0", "period"), 0, None, True),
        ("aws_cloudwatch_metric_alarm", ("metric_query", "m0", "period"), None, 60, False),
        ("aws_cloudwatch_metric_alarm", ("metric_query", "m0", "period"), 60, 0, False),
        ("aws_cloudwatch_metric_alarm", ("threshold",), None, 0, False),
        ("aws_sqs_queue", ("metric_query", "m0", "period"), None, 0, False),
    ],
)
def test_what_the_provider_reads_for_what_nobody_set(
    type_: str, where: tuple[str, ...], before: int | None, after: int | None, quiet: bool
) -> None:
    assert noise.is_noise(type_, Difference(where, before, after)) is quiet
