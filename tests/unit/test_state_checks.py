"""The doctor's findings from facts, and asking before something is changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.remote_state import Action, Change
from ops.remote_state.locks import Place, StateLock
from ops.state import checks, lock_modes
from ops.state.checks import Facts, Finding, Level
from ops.state.lock_modes import Mode
from ops.state.store import digest_of
from tests.support.states import BEGAN, entries, resource, text

ONE = text(resource("a", "x", {"id": "1"}), serial=1)
TWO = text(resource("a", "x", {"id": "1"}), resource("a", "y", {"id": "2"}), serial=2)
WELL = Facts(
    environment="dev",
    entries=entries(TWO, ONE),
    digest=digest_of(TWO),
    locks=[],
    lock_file_touched=BEGAN + timedelta(minutes=2),
    mode=Mode.BOTH,
    synthesized=None,
    terraform="1.11.4",
)


def found(**changes: Any) -> list[tuple[Level, str, str]]:
    """Level, subject and what mends it."""
    return [(one.level, one.subject, one.fix) for one in checks.of_state(replace(WELL, **changes))]


def test_a_sound_state_has_no_finding() -> None:
    assert found() == []
    assert found(synthesized=Mode.BOTH) == []
    assert found(entries=[], digest="", lock_file_touched=None) == [(Level.NOTE, "state object", "")]


@pytest.mark.parametrize("current", [None, b"", TWO[:-40]], ids=["deleted", "empty", "truncated"])
def test_a_lost_object_is_mended_by_the_newest_sound_version(current: bytes | None) -> None:
    fix = "ops state restore dev 2"
    assert found(entries=entries(current, b"", TWO, ONE)) == [(Level.WRONG, "state object", fix)]


def test_where_a_serial_is_not_enough_the_version_id_is_named() -> None:
    other = text(serial=2, lineage="other")
    findings = found(entries=entries(None, TWO, other), digest="")
    assert findings[0] == (Level.WRONG, "state object", "ops state restore dev v2")


def test_an_object_without_any_version_but_with_a_digest_was_deployed_once() -> None:
    ((level, subject, fix),) = found(entries=[])
    assert (level, subject) == (Level.WRONG, "state object")
    assert fix.startswith("ops state migrate-lock dev --to both")


def test_a_wrong_digest_is_mended_by_restoring_what_is_current() -> None:
    assert found(digest=digest_of(ONE)) == [(Level.WRONG, "digest", "ops state restore dev 2")]
    assert found(digest=digest_of(ONE), mode=Mode.FILE) == [
        (Level.WRONG, "digest", "ops state migrate-lock dev --to file")
    ]
    assert found(digest="") == [(Level.NOTE, "digest", "")]
    assert found(digest="", mode=Mode.FILE) == []


def test_a_state_begun_anew_is_wrong_while_it_lacks_what_the_one_before_held() -> None:
    anew = text(resource("a", "x", {"id": "1"}), serial=1, lineage="other")
    all_again = text(
        resource("b", "m", {"id": "1"}), *json.loads(TWO)["resources"], serial=2, lineage="other"
    )

    def lineage(*bodies: bytes) -> list[tuple[Level, str, str]]:
        return [one for one in found(entries=entries(*bodies), digest="") if one[1] == "lineage"]

    ((level, _, fix),) = lineage(anew, TWO)
    assert level is Level.WRONG
    assert fix.endswith("ops state restore dev v1")
    assert lineage(all_again, anew, TWO) == [(Level.NOTE, "lineage", "")]
    assert lineage(anew, text(serial=5)) == [(Level.NOTE, "lineage", "")]


@pytest.mark.parametrize(("minutes", "level"), [(5, Level.NOTE), (50, Level.WRONG)])
def test_an_old_lock_is_left_over_and_a_young_one_somebodys(minutes: int, level: Level) -> None:
    created = datetime.now(UTC) - timedelta(minutes=minutes)
    lock = StateLock(Place.FILE, "dev", "b", "k", "1", "r", "id", "ana@laptop", "x", "1.11.4", created, "")
    ((found_level, subject, fix),) = found(locks=[lock])
    assert (found_level, subject) == (level, "lock file")
    assert fix == ("ops state unlock dev" if level is Level.WRONG else "")


def test_a_synthesized_stack_that_locks_otherwise_is_found() -> None:
    assert found(synthesized=Mode.TABLE) == [(Level.WRONG, "lock mode", "cdktf diff dev")]


def test_a_lock_file_that_was_not_taken_for_the_newest_write_is_noted() -> None:
    for touched in (None, BEGAN):
        assert found(lock_file_touched=touched) == [(Level.NOTE, "lock file", "")]
        assert found(lock_file_touched=touched, mode=Mode.TABLE) == []


@pytest.mark.parametrize(
    ("terraform", "mode", "wrong"),
    [
        ("1.11.4", Mode.BOTH, 0),
        ("1.12.0-rc1", Mode.BOTH, 0),
        ("1.11.3", Mode.BOTH, 1),  # the state was written by 1.11.4
        ("1.10.5", Mode.BOTH, 2),
        ("1.9.8", Mode.TABLE, 1),
        ("", Mode.BOTH, 1),
    ],
)
def test_terraform_is_new_enough_for_the_lock_and_for_the_state(
    terraform: str, mode: Mode, wrong: int
) -> None:
    findings = found(terraform=terraform, mode=mode)
    assert [subject for _, subject, _ in findings] == ["Terraform"] * wrong


def test_of_a_missing_resource_only_that_is_told() -> None:
    changes = [
        Change("bucket", "exists", "missing", "created", Action.CREATE),
        Change("bucket", "versioning", "", "Enabled", Action.CREATE),
        Change("table", "exists", "yes", "yes", Action.RIGHT),
        Change("table", "recovery", "off", "on", Action.CHANGE),
        Change("table", "tags", "a", "a", Action.RIGHT),
    ]
    assert checks.settings(changes, "mend") == [
        Finding(Level.WRONG, "bucket", "is missing", "mend"),
        Finding(Level.WRONG, "table: recovery", "is off, should be on", "mend"),
    ]


@pytest.mark.parametrize(
    ("backend", "mode"),
    [
        ({"dynamodb_table": "t", "use_lockfile": True}, Mode.BOTH),
        ({"dynamodb_table": "t"}, Mode.TABLE),
        ({"use_lockfile": True}, Mode.FILE),
        ({}, None),
    ],
)
def test_the_synthesized_lock_is_read(tmp_path: Path, backend: dict[str, Any], mode: Mode | None) -> None:
    assert lock_modes.synthesized(tmp_path) is None
    (tmp_path / "cdk.tf.json").write_text(json.dumps({"terraform": {"backend": {"s3": backend}}}))
    assert lock_modes.synthesized(tmp_path) is mode
