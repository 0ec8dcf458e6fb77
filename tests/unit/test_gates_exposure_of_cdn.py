"""The gate for what would be open to strangers: CloudFront."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import plan_documents as documents
from tests.support.plan_documents import code, created, deleted, kept, resource_change, updated
from tests.unit.test_gates_exposure import told


class TestDistribution:
    ADDRESS = "aws_cloudfront_distribution.d"

    @staticmethod
    def values(*, enabled: bool = True, tls: str = "TLSv1.2_2021", **behavior: Any) -> dict[str, Any]:
        signed = {"trusted_key_groups": ["k"], "viewer_protocol_policy": "redirect-to-https"}
        return {
            "enabled": enabled,
            "default_cache_behavior": [signed | behavior],
            "viewer_certificate": [{"minimum_protocol_version": tls}],
            "web_acl_id": "acl",
            "origin": [{"origin_id": "exports", "origin_access_control_id": "oac"}],
        }

    def change(self, before: dict[str, Any], after: dict[str, Any], **more: Any) -> list[str]:
        return told(updated(self.ADDRESS, before, after, **more))

    def test_signed_urls_off(self) -> None:
        whats = self.change(self.values(), self.values(trusted_key_groups=[]))
        assert whats == ["behavior (default) would serve without signed URLs (no trusted_key_groups)"]

    def test_a_new_behavior_is_open(self) -> None:
        after = self.values() | {"ordered_cache_behavior": [{"path_pattern": "/x/*"}]}
        assert self.change(self.values(), after) == [
            "behavior /x/* would serve without signed URLs (no trusted_key_groups)"
        ]

    def test_it_is_enabled_before_it_has_a_key(self) -> None:
        """A first deploy makes it disabled: nothing is served, and nothing is found."""
        no_key = {"trusted_key_groups": []}
        assert told(created(self.ADDRESS, self.values(enabled=False, **no_key))) == []
        assert len(self.change(self.values(enabled=False, **no_key), self.values(**no_key))) == 1
        assert self.change(self.values(enabled=False, **no_key), self.values()) == []
        assert len(told(created(self.ADDRESS, self.values(**no_key)))) == 1

    def test_a_key_group_that_is_made_in_the_same_plan(self) -> None:
        unknown = {"default_cache_behavior": [{"trusted_key_groups": True}]}
        after = self.values()
        del after["default_cache_behavior"][0]["trusted_key_groups"]
        assert self.change(self.values(), after, unknown=unknown) == []

    def test_plain_http(self) -> None:
        whats = self.change(self.values(), self.values(viewer_protocol_policy="allow-all"))
        assert whats == ["behavior (default) would serve over plain HTTP (allow-all)"]

    def test_older_tls(self) -> None:
        assert self.change(self.values(), self.values(tls="TLSv1")) == [
            "TLS as old as TLSv1 would be accepted, until now TLSv1.2_2021"
        ]
        assert self.change(self.values(tls="TLSv1"), self.values()) == []

    def test_the_web_acl_and_the_origin_access_control(self) -> None:
        assert self.change(self.values(), self.values() | {"web_acl_id": ""}) == ["its web ACL would be gone"]
        bare = self.values() | {"origin": [{"origin_id": "exports", "origin_access_control_id": ""}]}
        assert self.change(self.values(), bare) == [
            "origin exports would be asked without its origin access control"
        ]

    def test_nothing_else(self) -> None:
        assert self.change(self.values(), self.values() | {"comment": "x"}) == []

    def test_signing_of_origin_requests(self) -> None:
        before, after = ({"signing_behavior": one} for one in ("always", "never"))
        assert len(told(updated("aws_cloudfront_origin_access_control.o", before, after))) == 1
        assert told(created("aws_cloudfront_origin_access_control.o", before)) == []

    def test_web_acl(self) -> None:
        def acl(default: str, **rules: str) -> dict[str, Any]:
            return {
                "default_action": [{"allow": [], "block": [], default: [{}]}],
                "rule": [{"name": name, "action": [{action: [{}]}]} for name, action in rules.items()],
            }

        address = "aws_wafv2_web_acl.w"
        assert told(
            updated(address, acl("block", rate="block", bots="block"), acl("allow", bots="count"))
        ) == [
            "requests that no rule knows would be let through",
            "rule rate would be gone",
            "rule bots would only count",
        ]
        assert told(updated(address, acl("allow", bots="count"), acl("block", bots="block"))) == []

    def test_what_a_web_acl_guards(self) -> None:
        gone = deleted("aws_wafv2_web_acl_association.w", {"resource_arn": "arn:s"})
        assert told(gone, kept("aws_x.s", {"arn": "arn:s"})) == ["nothing would guard arn:s any more"]
        assert told(gone, deleted("aws_x.s", {"arn": "arn:s"})) == []


def behavior(*groups: str, path: str = "", **more: Any) -> dict[str, Any]:
    pattern = {"path_pattern": path} if path else {}
    return {"trusted_key_groups": [*groups], "viewer_protocol_policy": "redirect-to-https", **pattern, **more}


class TestWhichBehaviorServes:
    """The first one whose pattern matches, and the default one where none does."""

    @staticmethod
    def change(before: list[dict[str, Any]], after: list[dict[str, Any]], **more: Any) -> list[str]:
        """The default behavior comes last."""
        values = (
            {"enabled": True, "ordered_cache_behavior": listed[:-1], "default_cache_behavior": listed[-1:]}
            for listed in (before, after)
        )
        return told(updated("aws_cloudfront_distribution.d", *values, **more))

    def test_a_signed_one_goes_and_the_default_is_open(self) -> None:
        words = ["media/* would be served by behavior (default), without signed URLs"]
        assert self.change([behavior("k", path="media/*"), behavior()], [behavior()]) == words
        assert self.change([behavior("k", path="media/*"), behavior("k")], [behavior("k")]) == []

    def test_an_open_one_comes_first(self) -> None:
        signed, open_, default = behavior("k", path="/m/*"), behavior(path="/m/p*"), behavior("k")
        words = ["/m/* would be served by behavior /m/p*, without signed URLs"]
        assert self.change([signed, open_, default], [open_, signed, default]) == words
        assert self.change([open_, signed, default], [signed, open_, default]) == []

    def test_order_that_changes_nothing(self) -> None:
        one, other, default = behavior("k", path="/a/*"), behavior(path="/b/*"), behavior("k")
        assert self.change([one, other, default], [other, one, default]) == []

    def test_the_same_pattern_in_other_words(self) -> None:
        before, after = ([behavior("k", path=path), behavior()] for path in ("media/*", "/media/*"))
        assert self.change(before, after) == []

    def test_one_over_plain_http_comes_first(self) -> None:
        plain = behavior("k", path="/*", viewer_protocol_policy="allow-all")
        secure, default = behavior("k", path="/m/*"), behavior("k")
        assert self.change([secure, plain, default], [plain, secure, default]) == [
            "/m/* would be served by behavior /*, over plain HTTP (allow-all)"
        ]

    def test_further_signers(self) -> None:
        assert self.change([behavior("k")], [behavior("k", "other")]) == [
            "(default) would also be served to whoever has a URL signed by other"
        ]
        assert self.change([behavior("k")], [behavior(trusted_signers=["222222222222"])]) == [
            "(default) would also be served to whoever has a URL signed by 222222222222"
        ]
        assert self.change([behavior("k", "other")], [behavior("k")]) == []
        unknown = {"default_cache_behavior": [{"trusted_key_groups": True}]}
        assert self.change([behavior("k")], [behavior()], unknown=unknown) == []

    def test_too_many_overlaps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ops.gates.iam.patterns.MOST_STATES", 2)
        (what,) = self.change(
            [behavior("k", path="/*a*b"), behavior("k", path="/*c")], [behavior("k", path="/*d*e")]
        )
        assert "too many ways" in what


class TestKeyGroups:
    ADDRESS = "aws_cloudfront_key_group.g"

    def test_a_further_key(self) -> None:
        before, after = ({"items": items} for items in (["old"], ["old", "new"]))
        assert told(updated(self.ADDRESS, before, after)) == [
            "URLs that a further key signs would be taken: new"
        ]
        assert told(updated(self.ADDRESS, after, before), created("aws_cloudfront_key_group.h", after)) == []

    @pytest.mark.parametrize("actions", [documents.REPLACE, documents.CREATE])
    def test_a_key_of_the_stacks_own_comes_with_each_rotation(self, actions: tuple[str, ...]) -> None:
        before = {"id": "old"} if "delete" in actions else None
        key = resource_change("aws_cloudfront_public_key.k", actions, before, {}, unknown={"id": True})
        stack = code(
            aws_cloudfront_public_key__k={},
            aws_cloudfront_key_group__g={"items": ["${aws_cloudfront_public_key.k.id}"]},
        )
        change = updated(self.ADDRESS, {"items": ["old"]}, {}, unknown={"items": True})
        assert told(key, change, stack=stack) == []
        there = resource_change("aws_cloudfront_public_key.k", documents.NO_OP, {"id": "k"}, {"id": "k"})
        assert told(there, updated(self.ADDRESS, {"items": ["old"]}, {"items": ["k", "old"]})) == []
