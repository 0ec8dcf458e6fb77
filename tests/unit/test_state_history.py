"""Versions in order, and finding one of them by serial or id."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.stacks import Stack
from ops.state import history
from ops.state.history import Entry
from ops.state.store import Store
from tests.support.states import BEGAN, entries, resource, text

ONE = text(resource("a", "x", {"id": "1"}), serial=1)
TWO = text(resource("a", "x", {"id": "1"}), resource("a", "y", {"id": "2"}), serial=2)
OTHER = text(resource("b", "z", {"id": "9"}), serial=2, lineage="other")


def store(found: list[Entry]) -> Any:
    bodies = {one.version.id: one.body for one in found}
    return SimpleNamespace(
        owner=SimpleNamespace(environment="dev"),
        read=lambda version: bodies[version.id],
        read_head=lambda version: bodies[version.id][:1024],
    )


def find(wanted: str, *bodies: bytes | None) -> Entry:
    found = entries(*bodies)
    return history.find(store(found), [one.version for one in found], wanted)


def test_each_version_is_told_against_the_sound_one_before_it() -> None:
    rows = history.rows(entries(TWO, None, TWO[:-40], ONE))
    assert [(row.entry.what, row.entry.serial, row.delta) for row in rows] == [
        ("sound", 2, "+1"),
        ("deleted", None, ""),
        ("damaged", 2, ""),
        ("sound", 1, ""),
    ]
    as_json = rows[2].as_json()
    assert as_json["damage"].startswith("is truncated")
    assert (as_json["resources"], as_json["version_id"]) == (None, "v2")
    assert [row.as_json()["current"] for row in rows] == [True, False, False, False]


def test_a_version_is_found_by_serial_and_by_id() -> None:
    assert find("1", TWO, None, ONE).version.id == "v1"
    assert find("v2", TWO, None, ONE).version.deleted
    for wanted in ("3", "v9", "latest"):
        with pytest.raises(OpsError, match="There is no version") as refused:
            find(wanted, TWO, None, ONE)
        assert refused.value.code is ExitCode.STATE


def test_of_a_damaged_and_a_sound_version_of_one_serial_the_sound_one_is_meant() -> None:
    assert find("2", TWO[:-40], TWO, ONE).version.id == "v2"
    assert find("2", TWO[:-40], ONE).what == "damaged"


def test_a_serial_of_two_states_is_refused_and_one_of_the_same_state_twice_is_not() -> None:
    with pytest.raises(OpsError, match=r"stands for 2 versions: v3 .*, v1 ") as refused:
        find("2", OTHER, None, TWO)
    assert refused.value.code is ExitCode.USAGE
    assert find("2", TWO, None, TWO).version.id == "v3"


def test_all_pages_are_read_and_only_of_the_states_own_key() -> None:
    def version(key: str, minute: int, *, latest: bool = False) -> dict[str, Any]:
        time = BEGAN + timedelta(minutes=minute)
        return {
            "Key": key,
            "VersionId": f"{key}-{minute}",
            "LastModified": time,
            "Size": 1,
            "IsLatest": latest,
        }

    key = "dev/terraform.tfstate"
    pages = [
        {"Versions": [version(key, 8), version(key, 7)], "NextKeyMarker": key},
        {
            "Versions": [version(key, 6), version(f"{key}.tflock", 9, latest=True)],
            "DeleteMarkers": [version(key, 8, latest=True)],
            "NextKeyMarker": f"{key}.tflock",
        },
    ]

    def paginate(**_: Any) -> Any:
        yield from pages
        pytest.fail("what comes behind is of other keys")

    use: Any = MagicMock()
    use.s3.exceptions.NoSuchBucket = LookupError
    use.s3.get_paginator.return_value.paginate = paginate
    found = Store(Stack("dev", "dev", "123456789012", "eu-west-1"), use).versions()
    assert [(one.id[-1], one.deleted) for one in found] == [
        ("8", True),
        ("8", False),
        ("7", False),
        ("6", False),
    ]


def test_the_newest_sound_version_is_behind_deleted_and_damaged_ones() -> None:
    found = entries(None, b"", TWO, ONE)
    newest = history.newest_sound(store(found), [one.version for one in found])
    assert newest
    assert newest.version.id == "v2"
    assert history.newest_sound(store(found), [one.version for one in found[:2]]) is None
