"""A guard goes: whether what it guards goes, too, or stays without it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ops.gates import check
from ops.gates.acknowledgements import Acknowledgements
from ops.gates.exposures_of_storage import BLOCKS
from ops.gates.finding import Finding
from tests.support import plan_documents as documents
from tests.support.plan_documents import allow, code, deleted, kept, plan, policy, resource_change

NO_HTTP = {
    **allow("s3:*", "*", Sid="DenyPlainHttp"),
    "Effect": "Deny",
    "Principal": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
DEFAULT = {"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}

BUCKET, API, VAULT, STAGE = (
    "aws_s3_bucket",
    "aws_apigatewayv2_api",
    "aws_backup_vault",
    "aws_api_gateway_stage",
)
GUARDS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("aws_s3_bucket_public_access_block", BUCKET, "bucket", dict.fromkeys(BLOCKS, True)),
    (
        "aws_s3_bucket_ownership_controls",
        BUCKET,
        "bucket",
        {"rule": [{"object_ownership": "BucketOwnerEnforced"}]},
    ),
    ("aws_s3_bucket_server_side_encryption_configuration", BUCKET, "bucket", {"rule": [DEFAULT]}),
    ("aws_s3_bucket_policy", BUCKET, "bucket", {"policy": policy(NO_HTTP)}),
    ("aws_s3_bucket_versioning", BUCKET, "bucket", {}),
    ("aws_s3_bucket_object_lock_configuration", BUCKET, "bucket", {}),
    ("aws_s3_bucket_replication_configuration", BUCKET, "bucket", {}),
    ("aws_backup_vault_lock_configuration", VAULT, "backup_vault_name", {}),
    ("aws_apigatewayv2_authorizer", API, "api_id", {"identity_sources": ["token"]}),
    ("aws_wafv2_web_acl_association", STAGE, "resource_arn", {}),
)
"""Type, type of what it guards, the attribute that names it, other values."""


def found(*changes: documents.Json) -> list[Finding]:
    every = check.findings(plan(*changes), code(), "dev", Acknowledgements(), date(2026, 12, 1))
    return [one for one in every if one.address.endswith(".guard")]


@pytest.mark.parametrize(("type_", "of", "attribute", "more"), GUARDS)
class TestGuards:
    @staticmethod
    def owner(of: str, name: str = "a") -> tuple[str, dict[str, Any]]:
        return f"{of}.{name}", {"id": name}

    @staticmethod
    def guard(
        type_: str, attribute: str, more: dict[str, Any], name: str = "a"
    ) -> tuple[str, dict[str, Any]]:
        return f"{type_}.guard", {attribute: name, **more}

    def test_it_goes_with_what_it_guards(
        self, type_: str, of: str, attribute: str, more: dict[str, Any]
    ) -> None:
        guard = deleted(*self.guard(type_, attribute, more))
        assert found(deleted(*self.owner(of)), guard) == []
        assert len(found(kept(*self.owner(of)), guard)) == 1

    def test_what_it_guards_is_forgotten_and_stays_in_aws(
        self, type_: str, of: str, attribute: str, more: dict[str, Any]
    ) -> None:
        owner = resource_change(self.owner(of)[0], documents.FORGET, self.owner(of)[1])
        assert len(found(owner, deleted(*self.guard(type_, attribute, more)))) == 1

    def test_both_are_forgotten_and_stay(
        self, type_: str, of: str, attribute: str, more: dict[str, Any]
    ) -> None:
        parts = (self.owner(of), self.guard(type_, attribute, more))
        assert found(*(resource_change(address, documents.FORGET, values) for address, values in parts)) == []

    @pytest.mark.parametrize("actions", [documents.REPLACE, documents.REPLACE_CREATE_FIRST])
    def test_it_guards_another_one_from_now_on(
        self, type_: str, of: str, attribute: str, more: dict[str, Any], actions: tuple[str, ...]
    ) -> None:
        before, after = (self.guard(type_, attribute, more, name)[1] for name in ("a", "b"))
        change = resource_change(f"{type_}.guard", actions, before, after)
        other = kept(*self.owner(of, "b"))
        assert len(found(kept(*self.owner(of)), other, change)) == 1
        assert found(deleted(*self.owner(of)), other, change) == []

    def test_both_are_replaced(self, type_: str, of: str, attribute: str, more: dict[str, Any]) -> None:
        address, values = self.owner(of)
        guard, before = self.guard(type_, attribute, more)
        assert (
            found(
                resource_change(address, documents.REPLACE, values, {}, unknown={"id": True}),
                resource_change(guard, documents.REPLACE, before, before),
            )
            == []
        )
