"""How policies are read, compared and explained."""

from __future__ import annotations

from typing import Any

import pytest

from ops.gates.iam import explain, patterns, statements
from ops.gates.iam.actions import EVERY_KIND, LIST, PERMISSIONS, READ, TAGGING, WRITE, kinds
from ops.gates.iam.space import Space, newly_allowed, no_longer_denied
from ops.gates.iam.statements import Statement, Unreadable
from tests.support.plan_documents import allow


def read(*entries: dict[str, Any], version: str = "2012-10-17") -> list[Statement]:
    return statements.of({"Version": version, "Statement": list(entries)})


def told(before: list[Statement], after: list[Statement]) -> list[str]:
    space = Space([*before, *after])
    allowed = [explain.allowed(space, one, before) for one in newly_allowed(space, before, after)]
    denied = [explain.denied(space, one) for one in no_longer_denied(space, before, after)]
    return [line for lines in (*allowed, *denied) for line in lines]


class TestReading:
    def test_what_is_the_same_to_iam_is_equal(self) -> None:
        one = allow(
            "s3:GetObject", Sid="A", Principal={"AWS": "123456789012"}, Condition={"Bool": {"K": True}}
        )
        other = allow(
            ["s3:GetObject"],
            ["arn:aws:s3:::b/*"],
            Sid="B",
            Principal={"AWS": ["arn:aws:iam::123456789012:root"]},
            Condition={"Bool": {"k": ["true"]}},
        )
        assert read(one) == read(other)
        assert read(allow("a:b", Principal="*")) == read(allow("a:b", Principal={"AWS": ["*"]}))
        assert statements.of({"Statement": allow("a:b")}) == statements.of({"Statement": [allow("a:b")]})

    @pytest.mark.parametrize(
        "document",
        [
            [],
            {"Version": "2012-10-17"},
            {"Statement": ["x"]},
            {"Statement": {"Effect": "Maybe"}},
            {"Statement": {"Effect": "Allow", "Actions": "s3:*"}},
            {"Statement": {"Effect": "Allow", "Action": "a:b", "NotAction": "a:c"}},
            {"Statement": {"Effect": "Allow", "Action": [["a:b"]]}},
            {"Statement": {"Effect": "Allow", "Action": "a:b", "Condition": ["x"]}},
        ],
    )
    def test_what_iam_would_refuse(self, document: Any) -> None:
        with pytest.raises(Unreadable):
            statements.of(document)


class TestPatterns:
    @pytest.mark.parametrize(
        ("wide", "narrow"),
        [
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/x"),
            ("*", "${aws:username}"),
            ("a?c", "abc"),
            ("a*", "a*b*"),
            ("${aws:UserName}", "${aws:username}"),
            ("*", "${*}"),
        ],
    )
    def test_wider(self, wide: str, narrow: str) -> None:
        assert told(read(allow("a:b", wide)), read(allow("a:b", narrow))) == []
        if wide.lower() != narrow.lower():
            assert told(read(allow("a:b", narrow)), read(allow("a:b", wide)))

    def test_a_variable_is_no_text(self) -> None:
        """Whoever is called bob could do it anyway, but nobody else."""
        assert told(read(allow("a:b", "x/bob")), read(allow("a:b", "x/${aws:username}")))
        assert told(read(allow("a:b", "x/???")), read(allow("a:b", "x/${aws:username}")))
        assert told(read(allow("a:b", "${?}")), read(allow("a:b", "x")))

    def test_variables_came_with_the_version_of_2012(self) -> None:
        before, after = (
            read(allow("a:b", "${aws:username}"), version=v) for v in ("2008-10-17", "2012-10-17")
        )
        assert told(before, after)

    def test_parts_of_an_arn_are_matched_one_by_one(self) -> None:
        def asking(pattern: str) -> list[Statement]:
            return read(allow("a:b", "*", Condition={"ArnLike": {"aws:SourceArn": pattern}}))

        assert told(asking("arn:aws:sns:*:1:*"), asking("arn:aws:sns:eu-west-1:1:topic")) == []
        assert told(asking("arn:aws:sns:*:topic:x:y"), asking("arn:aws:sns:a:b:topic:x"))

    def test_too_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(patterns, "MOST_STATES", 10)
        with pytest.raises(patterns.TooComplex):
            Space(read(allow("a:b", ["*abcdef*", "*abdef*", "*bcdea*"])))

    def test_a_policy_as_large_as_aws_takes(self) -> None:
        """A managed policy has 6,144 characters at most, a bucket's 20 kB."""
        resources = [f"arn:aws:s3:::bucket-{number}/*/part-{number}*" for number in range(150)]
        assert told(read(allow("s3:*", resources)), read(allow("s3:*", [*resources, "arn:aws:s3:::x"])))


class TestConditions:
    @staticmethod
    def asking(operator: str, value: Any, key: str = "k") -> list[Statement]:
        return read(allow("a:b", "*", Condition={operator: {key: value}}))

    @pytest.mark.parametrize(
        ("operator", "wide", "narrow"),
        [
            ("StringEquals", ["a", "b"], "a"),
            ("StringNotEquals", "a", ["a", "b"]),
            ("StringLike", "a*", "ab"),
            ("NumericLessThan", 10, 5),
            ("DateLessThan", "2027-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("IpAddress", "192.0.2.0/24", "192.0.2.128/25"),
            ("NotIpAddress", "2001:db8::/33", "2001:db8::/32"),
            ("ForAnyValue:StringEquals", ["a", "b"], "a"),
            ("ForAllValues:StringLike", "a*", "ab"),
        ],
    )
    def test_wider(self, operator: str, wide: Any, narrow: Any) -> None:
        assert told(self.asking(operator, wide), self.asking(operator, narrow)) == []
        assert told(self.asking(operator, narrow), self.asking(operator, wide))

    def test_half_a_network_twice_is_the_network(self) -> None:
        whole, halves = ["10.0.0.0/8"], ["10.0.0.0/9", "10.128.0.0/9"]
        assert told(self.asking("IpAddress", halves), self.asking("IpAddress", whole)) == []

    @pytest.mark.parametrize("operator", ["StringEqualsIgnoreCase", "Future"])
    def test_what_cannot_be_compared_counts_as_wider_unless_it_is_the_same(self, operator: str) -> None:
        assert told(self.asking(operator, "a"), self.asking(operator, "a")) == []
        assert told(self.asking(operator, "a"), self.asking(operator, "b"))
        assert told(self.asking(operator, "a"), read(allow("a:b", "*")))
        assert told(read(allow("a:b", "*")), self.asking(operator, "a")) == []

    def test_what_cannot_be_read(self) -> None:
        assert told(self.asking("IpAddress", "x"), self.asking("IpAddress", "y"))
        assert told(self.asking("DateLessThan", "soon"), self.asking("DateLessThan", "later"))


class TestWords:
    BOTH = ("s3:GetObject", "s3:PutObject")

    def test_a_new_principal(self) -> None:
        before, after = (
            read(allow("a:b", "r", Sid="S", Principal={"AWS": who})) for who in ("x", ["x", "y"])
        )
        assert told(before, after) == [
            "Allow S: new principal: AWS:y",
            "  newly allowed: a:b on r for AWS:y",
        ]

    def test_stars(self) -> None:
        before = read(allow("a:b", "r", Sid="S", Principal={"AWS": "x"}))
        after = read(allow("*", "*", Sid="S", Principal="*"))
        assert told(before, after)[:3] == [
            "Allow S: new principal: * (anybody)",
            "Allow S: new action: * (every action)",
            "Allow S: new resource: * (anything)",
        ]

    def test_what_was_allowed_apart(self) -> None:
        before = read(allow("s3:GetObject", "a"), allow("s3:PutObject", "b"))
        after = read(allow(["s3:GetObject", "s3:PutObject"], ["a", "b"], Sid="S"))
        assert told(before, after)[0] == "Allow S: allows together what was only allowed apart"

    def test_a_changed_condition(self) -> None:
        before, after = (
            read(allow("a:b", "r", Sid="S", Condition={"StringLike": {"aws:SourceArn": one}}))
            for one in ("x", "x*")
        )
        assert told(before, after)[0] == (
            "Allow S: condition changed from StringLike aws:SourceArn x to StringLike aws:SourceArn x*"
        )

    def test_everything_but(self) -> None:
        after = read({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "x", "Sid": "S"})
        assert told(read(allow("a:b", "r")), after)[-1] == (
            "  newly allowed: every action but iam:* on every resource but x"
        )

    def test_a_narrower_deny(self) -> None:
        def deny(actions: list[str]) -> list[Statement]:
            return read({"Effect": "Deny", "Action": actions, "Resource": "*", "Sid": "D"})

        assert told(deny(["s3:GetObject", "s3:PutObject"]), deny(["s3:PutObject"])) == [
            "Deny D: no longer denied: s3:GetObject on *"
        ]


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("s3:GetObject", READ),
        ("dynamodb:BatchGetItem", READ),
        ("kms:Decrypt", READ),
        ("s3:ListBucket", LIST),
        ("s3:PutObject", WRITE),
        ("dynamodb:DeleteItem", WRITE),
        ("kms:CreateGrant", PERMISSIONS),
        ("kms:PutKeyPolicy", PERMISSIONS),
        ("s3:PutBucketPolicy", PERMISSIONS),
        ("s3:PutObjectAcl", PERMISSIONS),
        ("s3:PutBucketPublicAccessBlock", PERMISSIONS),
        ("s3:DeleteBucketPolicy", PERMISSIONS),
        ("lambda:AddPermission", PERMISSIONS),
        ("sns:SetTopicAttributes", PERMISSIONS),
        ("iam:PassRole", PERMISSIONS),
        ("iam:CreateUser", PERMISSIONS),
        ("iam:GetRole", READ),
        ("sts:AssumeRole", PERMISSIONS),
        ("s3:PutObjectTagging", TAGGING),
        ("kms:TagResource", TAGGING),
        ("sqs:UntagQueue", TAGGING),
    ],
)
def test_kinds_of_access(action: str, kind: str) -> None:
    assert kinds(action) == {kind}


def test_kinds_of_wildcards() -> None:
    assert kinds("s3:*") == kinds("*") == EVERY_KIND
    assert kinds("s3:Get*") == {READ}
    assert kinds("s3:Put*") == {PERMISSIONS, TAGGING, WRITE}
