"""The gate for data that an apply would lose."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ops.gates import check, data_settings, data_types
from ops.gates.acknowledgements import Acknowledgements
from ops.gates.finding import Finding, Gate
from tests.support import plan_documents as documents
from tests.support.plan_documents import code, created, deleted, kept, plan, resource_change, updated

TODAY = date(2026, 12, 1)
TABLE = {"id": "t", "name": "t"}


def found(*changes: documents.Json, **options: Any) -> list[Finding]:
    stack = options.pop("code", code())
    return [
        one
        for one in check.findings(plan(*changes), stack, "dev", Acknowledgements(), TODAY, **options)
        if one.gate is Gate.DATA_LOSS
    ]


def told(*changes: documents.Json, **options: Any) -> list[str]:
    return [one.what for one in found(*changes, **options)]


class TestWhatEnds:
    @pytest.mark.parametrize("type_", data_types.HOLDS)
    def test_whatever_holds_data(self, type_: str) -> None:
        (finding,) = found(deleted(f"{type_}.x", {}))
        assert finding.address == f"{type_}.x"
        assert finding.what.endswith(data_types.HOLDS[type_])

    def test_what_holds_nothing_goes_without_a_word(self) -> None:
        types = [one for names in data_types.HOLDS_NOTHING for one in names.split(", ")]
        assert told(*(deleted(f"{one}.x", {}) for one in types)) == []
        assert not set(types) & data_types.HOLDS.keys()

    @pytest.mark.parametrize(
        ("actions", "word", "detail"),
        [
            (documents.DELETE, "destroyed", None),
            (documents.REPLACE, "replaced", "the old one is destroyed first"),
            (documents.REPLACE_CREATE_FIRST, "replaced", "the new one is made first"),
            (documents.FORGET, "forgotten", None),
            (("create", "forget"), "forgotten", None),
        ],
    )
    def test_every_way_to_end(self, actions: tuple[str, ...], word: str, detail: str | None) -> None:
        after = TABLE if "create" in actions else None
        (finding,) = found(resource_change("aws_dynamodb_table.t", actions, TABLE, after))
        assert f"would be {word}" in finding.what
        assert (detail in finding.details) if detail else not finding.details

    def test_why_it_is_replaced_and_what_aws_keeps(self) -> None:
        (finding,) = found(
            resource_change(
                "aws_kms_key.k",
                documents.REPLACE,
                {"deletion_window_in_days": 30},
                {},
                action_reason="replace_because_tainted",
            )
        )
        assert finding.details == (
            "because it was left half made by an earlier apply (tainted); a deploy without --plan keeps it",
            "the old one is destroyed first",
            "AWS keeps it for 30 days, in which it can be brought back by hand",
        )

    def test_what_forces_the_replacement(self) -> None:
        change = resource_change("aws_dynamodb_table.t", documents.REPLACE, TABLE, TABLE)
        change["change"]["replace_paths"] = [["range_key"], ["hash_key"]]
        assert found(change)[0].details[0] == "because these cannot be changed in place: hash_key, range_key"

    def test_a_moved_one_is_not_lost(self) -> None:
        moved = kept("aws_dynamodb_table.t", TABLE) | {"previous_address": "aws_dynamodb_table.old"}
        assert told(moved) == []

    def test_what_a_replacement_left(self) -> None:
        (finding,) = found(deleted("aws_s3_bucket.b", {"id": "b"}, deposed="00000001"))
        assert "an older one left from a replacement" in finding.what

    def test_data_sources_hold_nothing(self) -> None:
        assert told(deleted("data.aws_s3_bucket.b", {}, mode="data")) == []

    def test_the_construct_is_named(self) -> None:
        (finding,) = found(deleted("aws_sqs_queue.q", {}), code=code(aws_sqs_queue__q={}))
        assert finding.construct_path == "dev/q"
        assert finding.what.startswith("dev/q would be destroyed")


class TestWhatKeepsData:
    VERSIONING = ("aws_s3_bucket_versioning.v", {"bucket": "b"})

    def test_it_goes_and_the_bucket_stays(self) -> None:
        assert told(deleted(*self.VERSIONING), kept("aws_s3_bucket.b", {"id": "b"})) == [
            "aws_s3_bucket_versioning.v would be destroyed: what is overwritten or deleted is gone at once"
        ]

    def test_it_goes_with_its_bucket(self) -> None:
        whats = told(deleted(*self.VERSIONING), deleted("aws_s3_bucket.b", {"id": "b"}))
        assert [what.split()[0] for what in whats] == ["aws_s3_bucket.b"]

    def test_backups_end(self) -> None:
        assert told(deleted("aws_backup_plan.p", {})) == [
            "aws_backup_plan.p would be destroyed: no more backups are made"
        ]


def nested(path: tuple[str, ...], value: Any) -> Any:
    return {path[0]: [nested(path[1:], value)] if path[1:] else value}


CHANGES = {
    data_settings.Turn.OFF: (True, False),
    data_settings.Turn.ON: (False, True),
    data_settings.Turn.LOWER: (30, 7),
    data_settings.Turn.GONE: ("{}", None),
    data_settings.Turn.OTHER: ("expiresAt", "createdAt"),
}


@pytest.mark.parametrize("setting", data_settings.SETTINGS, ids=lambda one: f"{one.type} {one.name}")
class TestSettings:
    @staticmethod
    def of(setting: data_settings.Setting) -> tuple[str, dict[str, Any], dict[str, Any]]:
        before, after = (nested(setting.path, value) for value in CHANGES[setting.turn])
        return f"{setting.type if setting.type != '*' else 'aws_db_instance'}.x", before, after

    def test_the_dangerous_turn_is_found(self, setting: data_settings.Setting) -> None:
        (what,) = told(updated(*self.of(setting)))
        assert setting.name in what
        assert what.endswith(setting.why)

    def test_the_way_back_and_a_new_one_are_not(self, setting: data_settings.Setting) -> None:
        address, before, after = self.of(setting)
        if setting.turn is not data_settings.Turn.OTHER:
            assert told(updated(address, after, before)) == []
        assert told(created(address, after)) == []
        assert told(kept(address, after)) == []

    def test_what_nobody_knows_yet_is_not(self, setting: data_settings.Setting) -> None:
        address, before, _ = self.of(setting)
        assert told(updated(address, before, {}, unknown=nested(setting.path, True))) == []


class TestSpecialSettings:
    def test_for_ever_is_the_longest_retention(self) -> None:
        def log_group(days: int) -> dict[str, Any]:
            return {"retention_in_days": days}

        assert told(updated("aws_cloudwatch_log_group.g", log_group(0), log_group(30)))
        assert told(updated("aws_cloudwatch_log_group.g", log_group(30), log_group(0))) == []

    def test_versioning_is_suspended(self) -> None:
        before, after = ({"versioning_configuration": [{"status": s}]} for s in ("Enabled", "Suspended"))
        (what,) = told(updated("aws_s3_bucket_versioning.v", before, after))
        assert "from Enabled to Suspended" in what

    def test_no_recovery_window_at_all(self) -> None:
        (what,) = told(
            updated(
                "aws_secretsmanager_secret.s", {"recovery_window_in_days": 30}, {"recovery_window_in_days": 0}
            )
        )
        assert "from 30 to 0" in what

    def test_a_replica_goes(self) -> None:
        before = {"replica": [{"region_name": "eu-west-1"}, {"region_name": "eu-central-1"}]}
        assert told(updated("aws_dynamodb_table.t", before, {"replica": [{"region_name": "eu-west-1"}]})) == [
            "aws_dynamodb_table.t: its copy in eu-central-1 would be destroyed"
        ]

    def test_backups_are_kept_for_a_shorter_time_or_not_made(self) -> None:
        def rules(**days: int | None) -> dict[str, Any]:
            return {
                "rule": [
                    {"rule_name": name, "lifecycle": [{"delete_after": count}] if count else []}
                    for name, count in days.items()
                ]
            }

        assert told(updated("aws_backup_plan.p", rules(day=35, week=None), rules(day=7, week=90))) == [
            "aws_backup_plan.p: backups of rule day would be kept for 7 days, until now for 35 days",
            "aws_backup_plan.p: backups of rule week would be kept for 90 days, until now for ever",
        ]
        assert told(updated("aws_backup_plan.p", rules(day=35), rules())) == [
            "aws_backup_plan.p: backups of rule day would not be made any more"
        ]
        assert told(updated("aws_backup_plan.p", rules(day=7), rules(day=35))) == []

    def test_what_prevent_destroy_kept_is_found_when_it_ends(self) -> None:
        """Neither plan nor state has it, so that nothing tells of its removal."""
        assert told(kept("aws_kms_key.k", {}), code=code(aws_kms_key__k={})) == []
        (what,) = told(deleted("aws_kms_key.k", {}))
        assert "would be destroyed" in what


class TestTrail:
    @staticmethod
    def selectors(**fields: list[str]) -> dict[str, Any]:
        field = {"field": "resources.ARN", **fields}
        return {"advanced_event_selector": [{"name": "Objects", "field_selector": [field]}]}

    def change(self, before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
        return told(updated("aws_cloudtrail.t", self.selectors(**before), self.selectors(**after)))

    def test_fewer_objects_are_recorded(self) -> None:
        assert self.change({"starts_with": ["a", "b"]}, {"starts_with": ["a"]})
        assert self.change({"not_starts_with": ["a"]}, {"not_starts_with": ["a", "b"]})
        assert self.change({}, {"starts_with": ["a"]})

    def test_more_are_recorded(self) -> None:
        assert self.change({"starts_with": ["a"]}, {"starts_with": ["a", "b"]}) == []
        assert self.change({"not_starts_with": ["a", "b"]}, {"not_starts_with": ["a"]}) == []
        assert self.change({"starts_with": ["a"]}, {}) == []

    def test_a_selector_goes(self) -> None:
        (finding,) = found(updated("aws_cloudtrail.t", self.selectors(starts_with=["a"]), {}))
        assert finding.details == ("advanced_event_selector Objects goes or is narrower",)


class TestLifecycles:
    ADDRESS = "aws_s3_bucket_lifecycle_configuration.l"

    @staticmethod
    def rules(*rules: dict[str, Any]) -> dict[str, Any]:
        return {"bucket": "b", "rule": [{"id": "age", "status": "Enabled", **one} for one in rules]}

    def change(self, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
        return told(updated(self.ADDRESS, self.rules(before), self.rules(after)))

    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            ({}, {"expiration": [{"days": 30}]}, "delete current objects after 30 days"),
            ({"expiration": [{"days": 365}]}, {"expiration": [{"days": 30}]}, "until now after 365 days"),
            ({}, {"expiration": [{"date": "2027-01-01T00:00:00Z"}]}, "on 2027-01-01"),
            ({}, {"noncurrent_version_expiration": [{"noncurrent_days": 3}]}, "earlier versions after 3"),
            (
                {"expiration": [{"days": 30}], "status": "Disabled"},
                {"expiration": [{"days": 30}]},
                "delete current objects",
            ),
            (
                {"expiration": [{"days": 30}], "filter": [{"prefix": "tmp/"}]},
                {"expiration": [{"days": 30}], "filter": [{"prefix": ""}]},
                "of another selection",
            ),
        ],
    )
    def test_more_or_earlier(self, before: dict[str, Any], after: dict[str, Any], words: str) -> None:
        (what,) = self.change(before, after)
        assert words in what

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"expiration": [{"days": 30}]}, {"expiration": [{"days": 31}]}),
            ({"expiration": [{"days": 30}]}, {"expiration": [{"days": 30}], "id": "renamed"}),
            ({"expiration": [{"days": 30}]}, {}),
            ({}, {"expiration": [{"expired_object_delete_marker": True, "days": 0}]}),
            ({"expiration": [{"days": 9}], "filter": [{}]}, {"expiration": [{"days": 9}], "filter": []}),
        ],
    )
    def test_less_or_the_same(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        assert self.change(before, after) == []

    def test_a_new_rule_of_a_bucket_that_has_objects(self) -> None:
        lifecycle = created(self.ADDRESS, self.rules({"expiration": [{"days": 30}]}))
        assert told(lifecycle, kept("aws_s3_bucket.b", {"id": "b"}))
        assert told(lifecycle, created("aws_s3_bucket.b", {"id": "b"})) == []

    def test_fewer_versions_are_kept(self) -> None:
        def keeping(count: int | None) -> dict[str, Any]:
            return {
                "noncurrent_version_expiration": [{"noncurrent_days": 30, "newer_noncurrent_versions": count}]
            }

        words = "would keep {} earlier versions whatever their age, until now 10"
        for fewer in (1, None):
            (what,) = self.change(keeping(10), keeping(fewer))
            assert words.format(fewer or 0) in what
        assert self.change(keeping(10), keeping(20)) == self.change(keeping(None), keeping(3)) == []
