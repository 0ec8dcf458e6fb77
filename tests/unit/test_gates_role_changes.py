"""The gate for policies that would allow more: somebody runs as another role."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import plan_documents as documents
from tests.support.plan_documents import allow, code, created, deleted, kept, policy, updated
from tests.unit.test_gates_broadening import found

READ, WRITE = allow("s3:GetObject", Sid="Read"), allow("s3:PutObject", Sid="Write")
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
STACK = code(
    aws_iam_role__new={},
    aws_iam_role_policy__new={"role": "${aws_iam_role.new.id}"},
    aws_lambda_function__f={"role": "${aws_iam_role.new.arn}"},
)


def role(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "assume_role_policy": policy(LAMBDA), **more}


def grant(name: str, *statements: documents.Json) -> dict[str, Any]:
    return {"name": "p", "role": name, "policy": policy(*statements)}


def old(*statements: documents.Json, **more: Any) -> list[documents.Json]:
    """The role that goes, and its policy."""
    known = {"id": "old", "arn": "arn:aws:iam::1:role/old"}
    return [
        deleted("aws_iam_role.old", role("old", **known, **more)),
        deleted("aws_iam_role_policy.old", grant("old", *statements)),
    ]


def new(*statements: documents.Json, name: str = "new", **more: Any) -> list[documents.Json]:
    """The role that comes."""
    return [
        created("aws_iam_role.new", role(name, **more), unknown={"id": True, "arn": True}),
        created("aws_iam_role_policy.new", grant(name, *statements), unknown={"role": True}),
    ]


FUNCTION = updated(
    "aws_lambda_function.f",
    {"function_name": "f", "role": "arn:aws:iam::1:role/old"},
    {"function_name": "f"},
    unknown={"role": True},
)


class TestAFunction:
    def test_its_role_is_renamed(self) -> None:
        assert found(*old(READ), *new(READ), FUNCTION, stack=STACK) == []
        assert found(*old(READ, WRITE), *new(READ), FUNCTION, stack=STACK) == []

    def test_its_role_is_renamed_and_may_do_more(self) -> None:
        (finding,) = found(*old(READ), *new(READ, WRITE), FUNCTION, stack=STACK)
        assert finding.address == "aws_lambda_function.f"
        assert finding.what == "dev/f would run as dev/new, until now as aws_iam_role.old: it may do more"
        assert finding.details[0] == (
            "Allow Write: new action: s3:PutObject (write: a new kind of access to s3)"
        )

    def test_more_may_become_it(self) -> None:
        trust = {**LAMBDA, "Principal": {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}}
        (finding,) = found(*old(READ), *new(READ, assume_role_policy=policy(trust)), FUNCTION, stack=STACK)
        assert finding.what == "dev/f would run as dev/new, until now as aws_iam_role.old: more may become it"

    def test_its_boundary_goes(self) -> None:
        before = old(READ, permissions_boundary="arn:b")
        (finding,) = found(*before, *new(READ), FUNCTION, stack=STACK)
        assert finding.details == ("from arn:b to none",)
        assert found(*before, *new(READ, permissions_boundary="arn:b"), FUNCTION, stack=STACK) == []

    def test_a_role_that_is_there_already(self) -> None:
        stays = [
            kept("aws_iam_role.admin", role("admin", id="admin", arn="arn:aws:iam::1:role/admin")),
            kept("aws_iam_role_policy.admin", grant("admin", allow("*", "*"))),
        ]
        values = ({"role": f"arn:aws:iam::1:role/{name}"} for name in ("old", "admin"))
        (finding,) = found(*old(READ), *stays, updated("aws_lambda_function.f", *values))
        assert "new action: * (every action)" in finding.details[0]

    @pytest.mark.parametrize("names", [("old", "elsewhere"), ("elsewhere", "old")])
    def test_a_role_of_another_stack(self, names: tuple[str, str]) -> None:
        stays = kept("aws_iam_role.old", role("old", arn="arn:aws:iam::1:role/old"))
        values = ({"role": f"arn:aws:iam::1:role/{name}"} for name in names)
        (finding,) = found(stays, updated("aws_lambda_function.f", *values))
        assert "this plan does not have the policies of both" in finding.what

    def test_what_cannot_be_judged(self) -> None:
        comes = [
            created("aws_iam_role.new", role("new"), unknown={"arn": True}),
            created("aws_iam_role_policy.new", {}, unknown={"role": True, "policy": True}),
        ]
        body = {"role": "${aws_iam_role.new.id}", "policy": "${jsonencode(local.one)}"}
        stack = code(
            aws_iam_role__new={},
            aws_iam_role_policy__new=body,
            aws_lambda_function__f={"role": "${aws_iam_role.new.arn}"},
        )
        (finding,) = found(*old(READ), *comes, FUNCTION, stack=stack)
        assert "cannot be judged" in finding.what

    def test_a_sensitive_policy_is_not_shown(self) -> None:
        comes = new(READ, WRITE)
        comes[1]["change"]["after_sensitive"] = {"policy": True}
        (finding,) = found(*old(READ), *comes, FUNCTION, stack=STACK)
        assert finding.details == ("(the policy is sensitive and not shown)",)

    def test_its_role_is_replaced(self) -> None:
        values = role("old", id="old", arn="arn:aws:iam::1:role/old")
        unknown = {"id": True, "arn": True}
        stack = code(
            aws_iam_role__old={},
            aws_iam_role_policy__old={"role": "${aws_iam_role.old.id}"},
            aws_lambda_function__f={"role": "${aws_iam_role.old.arn}"},
        )
        replaced = documents.resource_change(
            "aws_iam_role.old", documents.REPLACE, values, role("old"), unknown=unknown
        )
        assert found(replaced, FUNCTION, stack=stack) == []


class TestAnAddress:
    """A role keeps its name and gets another place in the code, without `moved`."""

    def test_it_may_do_the_same(self) -> None:
        assert found(*old(READ), *new(READ, name="old"), stack=STACK) == []

    def test_it_may_do_more(self) -> None:
        (finding,) = found(*old(READ), *new(READ, WRITE, name="old"), stack=STACK)
        assert finding.address == "aws_iam_role.new"
        assert finding.what == "dev/new takes the place of aws_iam_role.old: it may do more"
