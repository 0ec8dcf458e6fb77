"""The gate for policies that would allow more, from the plan's and the code's texts to the finding."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ops.gates import check
from ops.gates.acknowledgements import Acknowledgements
from ops.gates.finding import Finding, Gate
from ops.gates.iam import space
from tests.support import plan_documents as documents
from tests.support.plan_documents import allow, code, created, deleted, kept, plan, policy, updated

TODAY = date(2026, 12, 1)
ACCOUNT = "111111111111"
ROLE = kept("aws_iam_role.r", {"id": "r", "name": "r"})
BUCKET = kept("aws_s3_bucket.b", {"id": "b", "arn": "arn:aws:s3:::b"})
READ = allow("s3:GetObject", Sid="Read")
WRITE = allow("s3:PutObject", Sid="Write")
NO_HTTP = {
    "Sid": "DenyPlainHttp",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def found(*changes: documents.Json, stack: Any = None) -> list[Finding]:
    return [
        one
        for one in check.findings(
            plan(*changes), stack or code(), "dev", Acknowledgements(), TODAY, account_id=ACCOUNT
        )
        if one.gate is Gate.BROADENING
    ]


def grant(name: str, *statements: documents.Json, role: str = "r") -> dict[str, Any]:
    return {"name": name, "role": role, "policy": policy(*statements)}


def bucket_policy(*statements: documents.Json) -> dict[str, Any]:
    return {"bucket": "b", "policy": policy(*statements)}


class TestARolesPolicies:
    def test_a_further_action(self) -> None:
        (finding,) = found(
            ROLE,
            updated("aws_iam_role_policy.p", grant("p", READ), grant("p", READ, WRITE)),
            stack=code(aws_iam_role__r={}, aws_iam_role_policy__p={}),
        )
        assert (finding.address, finding.construct_path) == ("aws_iam_role_policy.p", "dev/p")
        assert finding.what == "dev/r could do more"
        assert finding.details == (
            "Allow Write: new action: s3:PutObject (write: a new kind of access to s3)",
            "  newly allowed: s3:PutObject on arn:aws:s3:::b/*",
        )

    def test_less_or_the_same_in_other_words(self) -> None:
        same = allow(["s3:putobject", "s3:GetObject"], ["arn:aws:s3:::b/*"], Sid="Both")
        assert found(ROLE, updated("aws_iam_role_policy.p", grant("p", READ, WRITE), grant("p", same))) == []
        assert found(ROLE, updated("aws_iam_role_policy.p", grant("p", READ, WRITE), grant("p", READ))) == []

    def test_a_new_policy_of_a_role_that_is_there(self) -> None:
        (finding,) = found(ROLE, created("aws_iam_role_policy.p", grant("p", READ)))
        assert finding.details[0] == "Allow Read: is new, where nothing was allowed"

    def test_statements_move_between_the_policies_of_a_role(self) -> None:
        assert (
            found(
                ROLE,
                deleted("aws_iam_role_policy.all", grant("all", READ, WRITE)),
                created("aws_iam_role_policy.read", grant("read", READ)),
                created("aws_iam_role_policy.write", grant("write", WRITE)),
            )
            == []
        )

    def test_statements_move_to_another_role(self) -> None:
        other = kept("aws_iam_role.other", {"id": "other", "name": "other"})
        moved = documents.resource_change(
            "aws_iam_role_policy.p", documents.REPLACE, grant("p", READ), grant("p", READ, role="other")
        )
        (finding,) = found(ROLE, other, moved)
        assert finding.what == "aws_iam_role.other could do more"

    def test_a_role_that_goes_needs_no_look(self) -> None:
        gone = deleted("aws_iam_role.r", {"id": "r", "name": "r"})
        assert found(gone, deleted("aws_iam_role_policy.p", grant("p", {**NO_HTTP, "Principal": "*"}))) == []

    def test_trust_and_permissions_are_two_things(self) -> None:
        trust = [
            {
                "id": "r",
                "assume_role_policy": policy(
                    {"Effect": "Allow", "Principal": {"Service": one}, "Action": "sts:AssumeRole"}
                ),
            }
            for one in ("lambda.amazonaws.com", "ec2.amazonaws.com")
        ]
        (finding,) = found(updated("aws_iam_role.r", *trust))
        assert finding.what == "more could become aws_iam_role.r"
        assert finding.details[0] == "Allow without Sid: new principal: Service:ec2.amazonaws.com"

    def test_inline_policies_in_the_roles_own_block(self) -> None:
        before, after = (
            {"id": "r", "inline_policy": [{"name": "p", "policy": policy(*statements)}]}
            for statements in ([READ], [READ, WRITE])
        )
        (finding,) = found(updated("aws_iam_role.r", before, after))
        assert "new action: s3:PutObject" in finding.details[0]


class TestManagedPolicies:
    ARN = "arn:aws:iam::111111111111:policy/p"

    def managed(self, *statements: documents.Json, count: int = 1) -> dict[str, Any]:
        return {"arn": self.ARN, "attachment_count": count, "policy": policy(*statements)}

    def attachment(self, arn: str = ARN) -> dict[str, Any]:
        return {"role": "r", "policy_arn": arn}

    def test_one_from_elsewhere_is_attached(self) -> None:
        arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        (finding,) = found(ROLE, created("aws_iam_role_policy_attachment.a", self.attachment(arn)))
        assert finding.address == "aws_iam_role_policy_attachment.a"
        assert finding.details == (f"managed policy {arn} is newly attached",)

    def test_one_of_the_plan_is_attached(self) -> None:
        (finding,) = found(
            ROLE,
            kept("aws_iam_policy.p", self.managed(WRITE)),
            created("aws_iam_role_policy_attachment.a", self.attachment()),
        )
        assert "s3:PutObject" in finding.details[-1]

    def test_one_that_is_attached_to_many_at_once(self) -> None:
        before, after = ({"policy_arn": self.ARN, "roles": roles} for roles in (["x"], ["x", "r"]))
        (finding,) = found(
            ROLE,
            kept("aws_iam_policy.p", self.managed(WRITE)),
            updated("aws_iam_policy_attachment.a", before, after),
        )
        assert finding.what == "aws_iam_role.r could do more"

    def test_it_says_more(self) -> None:
        (finding,) = found(
            ROLE,
            updated("aws_iam_policy.p", self.managed(READ), self.managed(READ, WRITE)),
            kept("aws_iam_role_policy_attachment.a", self.attachment()),
        )
        assert finding.what == "whoever has aws_iam_policy.p could do more"

    def test_what_it_says_more_its_only_role_had_from_another(self) -> None:
        changes = (
            ROLE,
            kept("aws_iam_role_policy_attachment.a", self.attachment()),
            updated("aws_iam_role_policy.q", grant("q", WRITE), grant("q")),
        )
        moved = updated("aws_iam_policy.p", self.managed(READ), self.managed(READ, WRITE))
        assert found(*changes, moved) == []
        elsewhere_too = updated(
            "aws_iam_policy.p", self.managed(READ, count=2), self.managed(READ, WRITE, count=2)
        )
        assert len(found(*changes, elsewhere_too)) == 1

    def test_an_inline_policy_becomes_a_managed_one(self) -> None:
        assert (
            found(
                ROLE,
                deleted("aws_iam_role_policy.q", grant("q", READ)),
                created("aws_iam_policy.p", {"policy": policy(READ)}),
                created("aws_iam_role_policy_attachment.a", {"role": "r"}, unknown={"policy_arn": True}),
                stack=code(
                    aws_iam_role__r={},
                    aws_iam_role_policy_attachment__a={
                        "role": "${aws_iam_role.r.name}",
                        "policy_arn": "${aws_iam_policy.p.arn}",
                    },
                ),
            )
            == []
        )


class TestResourcePolicies:
    def test_a_condition_is_removed(self) -> None:
        asking = {**READ, "Principal": {"Service": "cloudfront.amazonaws.com"}}
        before = {**asking, "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::1:d/X"}}}
        (finding,) = found(
            BUCKET, updated("aws_s3_bucket_policy.p", bucket_policy(before), bucket_policy(asking))
        )
        assert finding.what == "more could be done with aws_s3_bucket.b"
        assert finding.details[0] == (
            "Allow Read: condition removed: StringEquals AWS:SourceArn arn:aws:cloudfront::1:d/X"
        )

    def test_a_deny_goes_with_its_policy_or_without(self) -> None:
        only = bucket_policy(NO_HTTP)
        for change in (
            deleted("aws_s3_bucket_policy.p", only),
            updated("aws_s3_bucket_policy.p", only, bucket_policy(READ)),
        ):
            details = found(BUCKET, change)[0].details
            assert any(line.startswith("Deny DenyPlainHttp: no longer denied: s3:*") for line in details)

    def test_what_the_bucket_repeats_of_its_policy_counts_once(self) -> None:
        text = policy(READ, NO_HTTP)
        bucket = kept("aws_s3_bucket.b", {"id": "b", "policy": text})
        assert found(bucket, kept("aws_s3_bucket_policy.p", bucket_policy(READ, NO_HTTP))) == []
        (finding,) = found(bucket, deleted("aws_s3_bucket_policy.p", bucket_policy(READ, NO_HTTP)))
        assert finding.address == "aws_s3_bucket_policy.p"

    def test_a_key_gets_its_first_policy_of_its_own(self) -> None:
        """AWS gave it one that hands it to the account; the resource repeats that."""
        root = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        key = kept("aws_kms_key.k", {"id": "k", "key_id": "k", "policy": policy({**root, "Sid": "Default"})})
        own = created("aws_kms_key_policy.p", {"key_id": "k", "policy": policy({**root, "Sid": "Own"})})
        assert found(key, own) == []

    def test_a_type_that_is_not_listed(self) -> None:
        before, after = ({"body": policy({**READ, "Principal": {"AWS": who}})} for who in ("a", ["a", "b"]))
        (finding,) = found(updated("aws_new_thing.x", before, after))
        assert finding.details[0] == "Allow Read: new principal: AWS:b"

    def test_a_permission_of_a_function(self) -> None:
        values = {"function_name": "f", "action": "lambda:InvokeFunction", "principal": "sns.amazonaws.com"}
        function = kept("aws_lambda_function.f", {"id": "f", "function_name": "f"})
        before, after = ({**values, "source_arn": arn} for arn in ("arn:aws:sns:r:1:a", None))
        (finding,) = found(function, updated("aws_lambda_permission.p", before, after))
        assert "condition removed: ArnLike aws:SourceArn arn:aws:sns:r:1:a" in finding.details[0]
        (finding,) = found(function, created("aws_lambda_permission.p", before))
        assert "for Service:sns.amazonaws.com if ArnLike aws:SourceArn" in finding.details[-1]
        assert found(function, kept("aws_lambda_permission.p", after)) == []

    def test_a_permission_of_a_layer(self) -> None:
        values = {"layer_name": "l", "action": "lambda:GetLayerVersion", "principal": "111111111111"}
        after = values | {"principal": "*"}
        (finding,) = found(updated("aws_lambda_layer_version_permission.p", values, after))
        assert finding.details[0] == "Allow without Sid: new principal: * (anybody)"
        limited = after | {"organization_id": "o-1"}
        (finding,) = found(updated("aws_lambda_layer_version_permission.p", limited, after))
        assert "condition removed: StringEquals aws:PrincipalOrgID o-1" in finding.details[0]

    def test_a_keys_policy_is_destroyed_and_the_key_stays(self) -> None:
        """The provider puts the one that AWS begins with: the account may do everything."""
        key = {"id": "k", "key_id": "k", "arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"}
        root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        narrow = policy(allow("kms:Decrypt", "*", Principal=root))
        gone = deleted("aws_kms_key_policy.p", {"key_id": "k", "policy": narrow})
        (finding,) = found(kept("aws_kms_key.k", key), gone)
        assert finding.details[-1] == f"  newly allowed: kms:* on * for AWS:arn:aws:iam::{ACCOUNT}:root"
        assert found(deleted("aws_kms_key.k", key), gone) == []
        wide = policy(allow("kms:*", "*", Principal=root))
        change = deleted("aws_kms_key_policy.p", {"key_id": "k", "policy": wide})
        assert found(kept("aws_kms_key.k", key), change) == []
        assert len(found(change)) == 1  # of which account the key is nobody tells

    def test_a_grant_of_a_key(self) -> None:
        key = kept("aws_kms_key.k", {"id": "k", "key_id": "k"})
        values = {"key_id": "k", "grantee_principal": "arn:aws:iam::111111111111:role/x"}
        before, after = ({**values, "operations": ops} for ops in (["Encrypt"], ["Encrypt", "Decrypt"]))
        (finding,) = found(key, updated("aws_kms_grant.g", before, after))
        assert finding.details[0].endswith("new action: kms:Decrypt (read: a new kind of access to kms)")


class TestWithoutAPolicy:
    def test_a_boundary(self) -> None:
        before = {"id": "r", "permissions_boundary": "arn:b"}
        assert [one.what for one in found(updated("aws_iam_role.r", before, {"id": "r"}))] == [
            "aws_iam_role.r would lose its permissions boundary"
        ]
        (finding,) = found(updated("aws_iam_role.r", before, {"id": "r", "permissions_boundary": "arn:c"}))
        assert finding.details == ("from arn:b to arn:c",)
        assert found(updated("aws_iam_role.r", {"id": "r"}, before)) == []

    def test_an_identity_provider(self) -> None:
        before, after = (
            {"client_id_list": ids} for ids in (["sts.amazonaws.com"], ["sts.amazonaws.com", "x"])
        )
        (finding,) = found(updated("aws_iam_openid_connect_provider.p", before, after))
        assert finding.details == ("client_id_list: x",)
        assert found(updated("aws_iam_openid_connect_provider.p", after, before)) == []


NOT_YET_KNOWN = {
    "role": "${aws_iam_role.r.id}",
    "policy": policy(allow("sqs:SendMessage", ["${aws_sqs_queue.q.arn}"])),
}


class TestNotYetKnown:
    """A policy's text is known only after the apply where it refers to anything that is not."""

    def change(self) -> documents.Json:
        before = grant("p", allow("sqs:SendMessage", "arn:aws:sqs:r:1:q"))
        return updated("aws_iam_role_policy.p", before, {"role": "r"}, unknown={"policy": True})

    def stack(self, **body: Any) -> Any:
        return code(aws_iam_role__r={}, aws_iam_role_policy__p={**NOT_YET_KNOWN, **body})

    def test_the_code_refers_to_what_the_plan_knows(self) -> None:
        queue = kept("aws_sqs_queue.q", {"arn": "arn:aws:sqs:r:1:q"})
        assert found(ROLE, queue, self.change(), stack=self.stack()) == []

    def test_what_is_replaced_stands_for_its_successor(self) -> None:
        queue = documents.resource_change(
            "aws_sqs_queue.q", documents.REPLACE, {"arn": "arn:aws:sqs:r:1:q"}, {}, unknown={"arn": True}
        )
        assert found(ROLE, queue, self.change(), stack=self.stack()) == []

    def test_a_new_resource_is_named_by_its_reference(self) -> None:
        queue = created("aws_sqs_queue.q", {}, unknown={"arn": True})
        (finding,) = found(ROLE, queue, self.change(), stack=self.stack())
        assert finding.details == (
            "Allow without Sid: new resource: ${aws_sqs_queue.q.arn}",
            "  newly allowed: sqs:SendMessage on ${aws_sqs_queue.q.arn}",
        )

    @pytest.mark.parametrize("text", ["${jsonencode({})}", None])
    def test_what_cannot_be_judged_is_said(self, text: str | None) -> None:
        (finding,) = found(ROLE, self.change(), stack=self.stack(policy=text))
        assert finding.what == "dev/r: what it may do changes, and how cannot be judged before the apply"
        assert len(finding.details) == 1

    def test_a_new_policy_that_cannot_be_judged_is_not_let_through(self) -> None:
        new = created("aws_iam_role_policy.p", {"role": "r"}, unknown={"policy": True})
        (finding,) = found(ROLE, new, stack=self.stack(policy="${jsonencode({})}"))
        assert "cannot be judged" in finding.what

    def test_an_attribute_that_nobody_set_is_none(self) -> None:
        queue = updated("aws_sqs_queue.q", {"policy": policy(READ)}, {}, unknown={"policy": True})
        assert found(queue, stack=code(aws_sqs_queue__q={})) == []


class TestNewResources:
    """A first deploy makes hundreds of policies: only what is wide in itself asks for a look."""

    def new_role(self, *statements: documents.Json) -> list[Finding]:
        return found(
            created("aws_iam_role.r", {"name": "r"}),
            created("aws_iam_role_policy.p", {"role": "r", "policy": policy(*statements)}),
        )

    def new_key(self, **statement: Any) -> list[Finding]:
        text = policy({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", **statement})
        return found(
            created("aws_kms_key.k", {}, unknown={"key_id": True}),
            created("aws_kms_key_policy.p", {"policy": text}, unknown={"key_id": True}),
            stack=code(aws_kms_key__k={}, aws_kms_key_policy__p={"key_id": "${aws_kms_key.k.key_id}"}),
        )

    def test_an_ordinary_one(self) -> None:
        assert self.new_role(READ, WRITE) == []
        assert self.new_key(Principal={"Service": "logs.us-east-1.amazonaws.com"}) == []
        root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        assert self.new_key(Principal=root, Action="kms:*") == []

    @pytest.mark.parametrize("action", ["*", "s3:*", "*:*"])
    def test_every_action(self, action: str) -> None:
        (finding,) = self.new_role(allow(action, Sid="All"))
        assert finding.what == (
            "aws_iam_role.r is new, and what it may do is wider than it should be without a look"
        )
        assert finding.details == (f"Allow All: allows the actions {action}",)

    @pytest.mark.parametrize(
        ("action", "resource"),
        [
            ("iam:PassRole", "*"),
            ("iam:Put*", "arn:aws:iam::*:role/*"),
            ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/*"),
        ],
    )
    def test_it_may_give_itself_more(self, action: str, resource: str) -> None:
        (finding,) = self.new_role(allow(["s3:GetObject", action], resource))
        assert finding.details == (f"Allow without Sid: allows {action} on everything",)
        condition = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
        assert self.new_role(allow(action, resource, Condition=condition)) == []
        assert self.new_role(allow(action, f"arn:aws:iam::{ACCOUNT}:role/one-*")) == []

    def test_every_action_but(self) -> None:
        (finding,) = self.new_role({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
        assert finding.details == ("Allow without Sid: allows every action but a few",)

    @pytest.mark.parametrize(
        ("principal", "words"),
        [
            ("*", "for * (anybody)"),
            ({"AWS": "*"}, "for * (anybody)"),
            ({"AWS": "222222222222"}, "arn:aws:iam::222222222222:root"),
            ({"AWS": "AROAEXAMPLE"}, "AROAEXAMPLE"),
            ({"Federated": "accounts.google.com"}, "accounts.google.com"),
        ],
    )
    def test_strangers(self, principal: Any, words: str) -> None:
        (finding,) = self.new_key(Principal=principal)
        assert words in finding.details[0]

    def test_everybody_but(self) -> None:
        (finding,) = self.new_key(NotPrincipal={"AWS": "222222222222"})
        assert "everybody but" in finding.details[0]

    def test_a_resource_of_the_stack_is_no_stranger(self) -> None:
        """Such as GitHub's identity provider before its first apply."""
        trust = policy(
            {
                "Effect": "Allow",
                "Principal": {"Federated": "${aws_iam_openid_connect_provider.p.arn}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {"x:sub": "repo:a/b:ref:refs/heads/main"}},
            }
        )
        role = created("aws_iam_role.r", {}, unknown={"assume_role_policy": True})
        assert found(role, stack=code(aws_iam_role__r={"assume_role_policy": trust})) == []

    @pytest.mark.parametrize(
        "name",
        [
            "AdministratorAccess",
            "ReadOnlyAccess",
            "AmazonS3FullAccess",
            "SecurityAudit",
            "job-function/DataScientist",
        ],
    )
    def test_a_managed_policy_that_allows_a_lot(self, name: str) -> None:
        arn = f"arn:aws:iam::aws:policy/{name}"
        (finding,) = found(
            created("aws_iam_role.r", {"name": "r"}),
            created("aws_iam_role_policy_attachment.a", {"role": "r", "policy_arn": arn}),
        )
        assert name in finding.details[0]
        lambda_basics = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        assert (
            found(
                created("aws_iam_role.r", {"name": "r"}),
                created("aws_iam_role_policy_attachment.a", {"role": "r", "policy_arn": lambda_basics}),
            )
            == []
        )


def test_a_sensitive_policy_is_compared_and_not_shown() -> None:
    before, after = grant("p", READ), grant("p", WRITE)
    change = updated("aws_iam_role_policy.p", before, after, after_sensitive={"policy": True})
    assert found(ROLE, change)[0].details == ("(the policy is sensitive and not shown)",)


def test_what_looks_like_a_secret_is_masked() -> None:
    token = "ghp_" + "a" * 36
    (finding,) = found(
        ROLE, created("aws_iam_role_policy.p", grant("p", allow("s3:GetObject", f"arn:aws:s3:::b/{token}")))
    )
    assert token not in str(finding.as_json())


def test_too_many_overlaps_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.gates.iam.patterns.MOST_STATES", 3)
    space.classes_of.cache_clear()  # other tests compare the same policies
    (finding,) = found(ROLE, created("aws_iam_role_policy.p", grant("p", READ)))
    assert "too many ways" in finding.details[0]
