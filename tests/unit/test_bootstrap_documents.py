"""Policies and lifecycle rules: what they say, and how they join what others wrote."""

from __future__ import annotations

from typing import Any

import pytest

from ops.remote_state import lifecycles, policies

BUCKET = "states"
OURS = policies.state_bucket_policy(BUCKET)
THEIRS = {"Sid": "Auditor", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject"}
RULES = lifecycles.state_rules()


def test_the_state_bucket_denies_no_tls_old_tls_and_puts_without_kms() -> None:
    assert {one["Sid"]: (one["Effect"], one["Action"], one["Condition"]) for one in OURS["Statement"]} == {
        "DenyWithoutTls": ("Deny", "s3:*", {"Bool": {"aws:SecureTransport": "false"}}),
        "DenyOldTls": ("Deny", "s3:*", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        "DenyPutWithoutKms": (
            "Deny",
            "s3:PutObject",
            {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        ),
    }
    assert OURS["Statement"][0]["Resource"] == ["arn:aws:s3:::states", "arn:aws:s3:::states/*"]


def test_log_delivery_may_write_for_our_bucket_and_account_only() -> None:
    policy = policies.log_bucket_policy("logs", "states", "123456789012")
    (allow,) = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    assert allow["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert allow["Condition"] == {
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::states"},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }


def test_the_key_is_administered_through_iam() -> None:
    (statement,) = policies.key_policy("123456789012")["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert statement["Action"] == "kms:*"


@pytest.mark.parametrize("current", [None, {}, {"Version": "2012-10-17", "Statement": []}])
def test_without_a_policy_ours_is_it(current: policies.Policy | None) -> None:
    assert policies.merge(current, OURS) == OURS


def test_a_foreign_statement_stays_and_is_named() -> None:
    merged = policies.merge({"Version": "2012-10-17", "Statement": THEIRS}, OURS)
    assert merged["Statement"] == [*OURS["Statement"], THEIRS]
    assert policies.kept(merged, OURS) == "kept as found: Auditor"
    assert policies.merge(merged, OURS) is merged


def test_an_equal_policy_written_differently_is_left_alone() -> None:
    same = [dict(one) for one in reversed(OURS["Statement"])]
    for one in same:
        one["Action"] = [one["Action"]]
        one["Resource"] = list(
            reversed([one["Resource"]] if isinstance(one["Resource"], str) else one["Resource"])
        )
    current = {"Version": "2012-10-17", "Statement": same}
    assert policies.merge(current, OURS) is current


def test_a_weakened_statement_of_ours_is_put_right() -> None:
    weak: list[Any] = [{**one, "Condition": {}} for one in OURS["Statement"]]
    assert policies.merge({"Version": "2012-10-17", "Statement": weak}, OURS) == OURS


def test_our_rules_never_touch_a_current_version() -> None:
    assert not any(lifecycles.removes_states(rule) for rule in RULES)
    assert RULES[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}


@pytest.mark.parametrize(
    "action",
    [
        {"Expiration": {"Days": 30}},
        {"Expiration": {"Date": "2030-01-01"}},
        {"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]},
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
    ],
    ids=["days", "date", "archive", "too soon"],
)
def test_a_rule_that_removes_states_goes_and_is_named(action: dict[str, Any]) -> None:
    bad = {"ID": "bad", "Status": "Enabled", "Filter": {}, **action}
    assert lifecycles.merge([*RULES, bad], RULES, holds_state=True) == RULES
    assert "removed, because it would remove states: bad" in lifecycles.note([bad], RULES, holds_state=True)
    kept = [*RULES, {**bad, "Status": "Disabled"}]
    assert lifecycles.merge(kept, RULES, holds_state=True) is kept


def test_another_harmless_rule_stays() -> None:
    marker = {"ID": "markers", "Status": "Enabled", "Expiration": {"ExpiredObjectDeleteMarker": True}}
    assert lifecycles.merge([marker], RULES, holds_state=True) == [*RULES, marker]
    assert lifecycles.note([marker], RULES, holds_state=True) == "kept as found: markers"


def test_an_empty_filter_has_several_forms() -> None:
    older = [{**{k: v for k, v in rule.items() if k != "Filter"}, "Prefix": ""} for rule in RULES]
    assert lifecycles.merge(older, RULES, holds_state=True) is older
    bare = [{**rule, "Filter": {}} for rule in RULES]
    assert lifecycles.merge(bare, RULES, holds_state=True) is bare
