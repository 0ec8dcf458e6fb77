"""A worse finding at the same address has another fingerprint, whatever is shown of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from ops.gates import check
from ops.gates.acknowledgements import Acknowledgements
from ops.gates.finding import Finding
from tests.support import plan_documents as documents
from tests.support.plan_documents import allow, code, created, kept, plan, policy, updated

ROLE = kept("aws_iam_role.r", {"id": "r", "name": "r"})
BUCKET = kept("aws_s3_bucket.b", {"id": "b"})
READ, TAGS, EVERYTHING = allow("s3:GetObject"), allow("s3:GetObjectTagging"), allow("*", "*")


def found(*changes: documents.Json, stack: Any = None) -> list[Finding]:
    return list(check.findings(plan(*changes), stack or code(), "dev", Acknowledgements(), date(2026, 12, 1)))


def fingerprints(findings: Iterable[list[Finding]]) -> list[set[str]]:
    return [{one.fingerprint for one in some} for some in findings]


def grant(*statements: documents.Json) -> dict[str, Any]:
    return {"name": "p", "role": "r", "policy": policy(*statements)}


def public(action: str) -> dict[str, Any]:
    return {"bucket": "b", "policy": policy({**allow(action, Sid="Read"), "Principal": "*"})}


def test_of_a_sensitive_policy() -> None:
    findings = [
        found(
            ROLE,
            updated(
                "aws_iam_role_policy.p", grant(READ), grant(READ, more), after_sensitive={"policy": True}
            ),
        )
        for more in (TAGS, EVERYTHING)
    ]
    less, more = fingerprints(findings)
    assert less
    assert not less & more
    assert {one.details for some in findings for one in some} == {
        ("(the policy is sensitive and not shown)",)
    }


def test_of_a_sensitive_policy_that_is_public() -> None:
    findings = [
        found(BUCKET, created("aws_s3_bucket_policy.p", public(action), after_sensitive={"policy": True}))
        for action in ("s3:GetObject", "s3:*")
    ]
    less, more = fingerprints(findings)
    assert len(less) == 2
    assert not less & more
    assert "s3:" not in str([one.as_json() for some in findings for one in some])


def test_of_what_cannot_be_judged() -> None:
    def of(text: str, **data: Any) -> list[Finding]:
        change = updated("aws_iam_role_policy.p", grant(READ), {"role": "r"}, unknown={"policy": True})
        body = {"role": "${aws_iam_role.r.id}", "policy": text}
        return found(ROLE, change, stack=code(aws_iam_role__r={}, aws_iam_role_policy__p=body, **data))

    def document(action: str) -> dict[str, Any]:
        return {"data__aws_iam_policy_document__d": {"statement": [{"actions": [action]}]}}

    reference = "${data.aws_iam_policy_document.d.json}"
    findings = [
        of("${jsonencode(local.one)}"),
        of("${jsonencode(local.other)}"),
        of(reference, **document("s3:GetObject")),
        of(reference, **document("s3:*")),
    ]
    assert len(set.union(*fingerprints(findings))) == 4


def test_of_what_is_too_complex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.gates.iam.patterns.MOST_STATES", 3)
    less, more = fingerprints(
        found(ROLE, created("aws_iam_role_policy.p", grant(one))) for one in (READ, EVERYTHING)
    )
    assert less
    assert not less & more
    less, more = fingerprints(
        found(BUCKET, created("aws_s3_bucket_policy.p", public(one))) for one in ("s3:GetObject", "s3:*")
    )
    assert len(less) == 2
    assert not less & more


def test_of_what_is_public() -> None:
    less, more = fingerprints(
        found(BUCKET, created("aws_s3_bucket_policy.p", public(action)))
        for action in ("s3:GetObject", "s3:*")
    )
    assert len(less) == 2
    assert not less & more


def test_the_same_finding_has_the_same() -> None:
    change = created("aws_s3_bucket_policy.p", public("s3:*"), after_sensitive={"policy": True})
    assert fingerprints([found(BUCKET, change)]) == fingerprints([found(BUCKET, kept("aws_x.y", {}), change)])
