"""The gate for what would be open to strangers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ops.gates import check
from ops.gates.acknowledgements import Acknowledgements
from ops.gates.exposures import EXPOSURES
from ops.gates.exposures_of_storage import BLOCKS
from ops.gates.finding import Gate
from tests.support import plan_documents as documents
from tests.support.plan_documents import allow, code, created, deleted, kept, plan, policy, updated

TODAY = date(2026, 12, 1)
BUCKET = kept("aws_s3_bucket.b", {"id": "b"})


def told(*changes: documents.Json, stack: Any = None) -> list[str]:
    found = check.findings(plan(*changes), stack or code(), "dev", Acknowledgements(), TODAY)
    return [one.what.partition(": ")[2] or one.what for one in found if one.gate is Gate.EXPOSURE]


ALL_ON = {"bucket": "b", **dict.fromkeys(BLOCKS, True)}


class TestStorage:
    TYPES = ("aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block")

    @pytest.mark.parametrize("type_", TYPES)
    @pytest.mark.parametrize("flag", BLOCKS)
    def test_each_flag_of_the_public_access_block(self, type_: str, flag: str) -> None:
        off = ALL_ON | {flag: False}
        assert told(updated(f"{type_}.x", ALL_ON, off)) == [f"{flag} would be off"]
        assert told(created(f"{type_}.x", off)) == [f"{flag} would be off"]
        assert told(updated(f"{type_}.x", off, ALL_ON)) == []
        assert told(kept(f"{type_}.x", off)) == []

    def test_the_block_goes(self) -> None:
        block = deleted("aws_s3_bucket_public_access_block.x", ALL_ON)
        assert told(block, BUCKET) == ["the public access block would be gone"]
        assert told(block, deleted("aws_s3_bucket.b", {"id": "b"})) == []
        assert told(deleted("aws_s3_account_public_access_block.x", ALL_ON)) == [
            "the public access block would be gone"
        ]

    @pytest.mark.parametrize("acl", ["public-read", "public-read-write", "authenticated-read"])
    def test_a_public_list(self, acl: str) -> None:
        assert told(updated("aws_s3_bucket_acl.a", {"acl": "private"}, {"acl": acl})) == [
            f"the access control list would let in the public ({acl})"
        ]
        assert told(updated("aws_s3_bucket_acl.a", {"acl": acl}, {"acl": "private"})) == []

    def test_a_grant_to_everybody(self) -> None:
        uri = "http://acs.amazonaws.com/groups/global/AllUsers"
        values = {"access_control_policy": [{"grant": [{"grantee": [{"uri": uri}]}]}]}
        assert told(created("aws_s3_bucket_acl.a", values)) == [
            "the access control list would let in the public (AllUsers)"
        ]

    def test_ownership(self) -> None:
        enforced, other = (
            {"bucket": "b", "rule": [{"object_ownership": one}]}
            for one in ("BucketOwnerEnforced", "ObjectWriter")
        )
        address = "aws_s3_bucket_ownership_controls.o"
        assert len(told(updated(address, enforced, other))) == 1
        assert len(told(created(address, other))) == 1
        assert len(told(deleted(address, enforced), BUCKET)) == 1
        assert told(updated(address, other, enforced), deleted(address, other)) == []


def test_mail_without_tls() -> None:
    before, after = ({"delivery_options": [{"tls_policy": one}]} for one in ("REQUIRE", "OPTIONAL"))
    address = "aws_sesv2_configuration_set.c"
    assert told(updated(address, before, after)) == ["mail may go out without TLS (tls_policy)"]
    assert told(updated(address, before, {})) == ["mail may go out without TLS (tls_policy)"]
    assert told(updated(address, after, before), created(address, after), deleted(address, before)) == []


READ = {**allow("s3:GetObject"), "Principal": "*"}


class TestPolicies:
    TARGETS = (
        ("aws_s3_bucket_policy", "aws_s3_bucket", "bucket"),
        ("aws_kms_key_policy", "aws_kms_key", "key_id"),
        ("aws_sns_topic_policy", "aws_sns_topic", "arn"),
        ("aws_sqs_queue_policy", "aws_sqs_queue", "queue_url"),
        ("aws_secretsmanager_secret_policy", "aws_secretsmanager_secret", "secret_arn"),
        ("aws_dynamodb_resource_policy", "aws_dynamodb_table", "resource_arn"),
        ("aws_backup_vault_policy", "aws_backup_vault", "backup_vault_name"),
        ("aws_sesv2_email_identity_policy", "aws_sesv2_email_identity", "email_identity"),
    )

    @pytest.mark.parametrize(("type_", "of", "target"), TARGETS)
    def test_open_to_anybody(self, type_: str, of: str, target: str) -> None:
        text = policy({**allow("*", "*", Sid="Open"), "Principal": "*"})
        change = created(f"{type_}.p", {target: "x", "policy": text})
        assert told(change, kept(f"{of}.x", {"id": "x"})) == [f"anybody would be let in by {of}.x"]
        assert told(change, created(f"{of}.x", {"id": "x"})) == [f"anybody would be let in by {of}.x"]

    def of_bucket(self, before: documents.Json | None, after: documents.Json) -> list[str]:
        texts = ({"bucket": "b", "policy": policy(*([one] if one else []))} for one in (before, after))
        return told(BUCKET, updated("aws_s3_bucket_policy.p", *texts))

    @pytest.mark.parametrize(
        "condition",
        [
            {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
            {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:*"}},
            {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        ],
    )
    def test_a_condition_says_who(self, condition: dict[str, Any]) -> None:
        assert self.of_bucket(None, {**READ, "Condition": condition}) == []
        assert self.of_bucket({**READ, "Condition": condition}, READ) == [
            "anybody would be let in by aws_s3_bucket.b"
        ]

    @pytest.mark.parametrize(
        "condition",
        [
            {"StringEquals": {"aws:Referer": "https://example.com"}},
            {"StringLike": {"aws:SourceArn": "*"}},
            {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
            {"StringNotEquals": {"aws:SourceAccount": "123456789012"}},
            {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        ],
    )
    def test_a_condition_that_says_nothing_of_who(self, condition: dict[str, Any]) -> None:
        assert len(self.of_bucket(None, {**READ, "Condition": condition})) == 1

    def test_cloudfront_of_any_account(self) -> None:
        shared = {**READ, "Principal": {"Service": "cloudfront.amazonaws.com"}}
        ours = {**shared, "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::1:d/X"}}}
        assert self.of_bucket(ours, shared) == [
            "whoever uses cloudfront.amazonaws.com, in any AWS account would be let in by aws_s3_bucket.b"
        ]
        assert self.of_bucket(None, ours) == []

    def test_everybody_but_one(self) -> None:
        read = {**allow("s3:GetObject"), "NotPrincipal": {"AWS": "123456789012"}}
        assert self.of_bucket(None, read) == ["anybody would be let in by aws_s3_bucket.b"]

    def test_it_was_open_or_is_denied(self) -> None:
        assert self.of_bucket(READ, {**READ, "Sid": "Renamed"}) == []
        assert self.of_bucket(None, {**READ, "Effect": "Deny"}) == []

    def test_a_role_for_every_repository(self) -> None:
        def trust(**condition: Any) -> documents.Json:
            statement = {
                "Effect": "Allow",
                "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/x"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": condition,
            }
            return created("aws_iam_role.r", {"assume_role_policy": policy(statement)})

        assert told(trust(StringEquals={"x:aud": "sts.amazonaws.com"})) == [
            "whoever arn:aws:iam::123456789012:oidc-provider/x signs in could become aws_iam_role.r"
        ]
        assert told(trust(StringLike={"x:sub": "repo:a/b:*"})) == []

    def test_a_function_and_a_grant(self) -> None:
        permission = {"function_name": "f", "action": "lambda:InvokeFunctionUrl", "principal": "*"}
        assert told(created("aws_lambda_permission.p", permission)) == ["anybody would be let in by f"]
        grant = {"key_id": "k", "grantee_principal": "*", "operations": ["Decrypt"]}
        assert told(created("aws_kms_grant.g", grant)) == ["anybody would be let in by k"]

    @pytest.mark.parametrize("service", ["apigateway.amazonaws.com", "s3.amazonaws.com"])
    def test_a_service_may_invoke_for_anybody(self, service: str) -> None:
        permission = {"function_name": "f", "action": "lambda:InvokeFunction", "principal": service}
        function = created("aws_lambda_function.f", {"function_name": "f"})
        assert told(function, created("aws_lambda_permission.p", permission)) == [
            f"whoever uses {service}, in any AWS account would be let in by aws_lambda_function.f"
        ]
        for source in (
            {"source_arn": "arn:aws:execute-api:r:111111111111:a/*"},
            {"source_account": "111111111111"},
            {"event_source_token": "amzn1.ask.skill.x"},
        ):
            assert told(function, created("aws_lambda_permission.p", permission | source)) == []

    def test_a_source_that_the_plan_makes(self) -> None:
        permission = {
            "function_name": "f",
            "action": "lambda:InvokeFunction",
            "principal": "logs.amazonaws.com",
        }
        change = created("aws_lambda_permission.p", permission, unknown={"source_arn": True})
        stack = code(aws_lambda_permission__p={"source_arn": "${aws_cloudwatch_log_group.g.arn}:*"})
        assert told(change, stack=stack) == []

    def test_a_layer_for_anybody(self) -> None:
        layer = {"layer_name": "l", "action": "lambda:GetLayerVersion", "principal": "*"}
        address = "aws_lambda_layer_version_permission.p"
        assert told(created(address, layer)) == ["anybody would be let in by l"]
        assert told(created(address, layer | {"organization_id": "o-1"})) == []


def test_every_concern_is_looked_at() -> None:
    concerns = {one for exposure in EXPOSURES for one in exposure.concern.split(", ")}
    assert concerns == {"security", "database", "storage", "cdn", "email", "websocket", "monitoring"}
