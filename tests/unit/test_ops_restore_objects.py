"""Restoring objects: what is to be done with each key, without a bucket."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.recovery import copying, versions
from ops.recovery.side_by_side import IN_FLIGHT, side_by_side
from ops.recovery.versions import Action, Entry

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
AT = NOW - timedelta(days=2)
DAYS = 7


def _history(*entries: tuple[float, bool]) -> list[Entry]:
    """Entries (days ago, whether a delete marker), newest first."""
    return [
        Entry("a", str(number), NOW - timedelta(days=ago), number == 0, marker, 10)
        for number, (ago, marker) in enumerate(entries)
    ]


VERSION, MARKER = False, True


@pytest.mark.parametrize(
    ("entries", "action"),
    [
        ([(3, VERSION)], Action.SAME),
        ([(2, VERSION)], Action.SAME),
        ([(1, VERSION), (3, VERSION)], Action.COPY),
        ([(1, MARKER), (3, VERSION)], Action.COPY),
        ([(0.5, VERSION), (1, MARKER), (3, VERSION)], Action.COPY),
        ([(3, MARKER), (4, VERSION)], Action.SAME),
        ([(1, VERSION), (3, MARKER), (4, VERSION)], Action.LATER),
        ([(1, MARKER), (1.5, VERSION), (3, MARKER)], Action.SAME),
        ([(1, VERSION)], Action.LATER),
        ([(0.5, MARKER), (1, VERSION)], Action.SAME),
    ],
)
def test_each_key_is_judged_by_its_history(entries: list[tuple[float, bool]], action: Action) -> None:
    (history,) = versions.histories(_history(*entries), AT)
    assert versions.judge(history, NOW, DAYS) is action


def test_the_version_of_that_time_is_the_newest_before_it() -> None:
    (history,) = versions.histories(_history((1, VERSION), (3, VERSION), (5, VERSION)), AT)
    assert history.then
    assert (history.latest.version_id, history.then.version_id, history.oldest.version_id) == ("0", "1", "2")


@pytest.mark.parametrize(
    ("entries", "action"),
    [
        # Ten days ago, of which everything replaced until seven days ago has expired.
        ([(8, VERSION)], Action.UNSURE),
        ([(8, MARKER)], Action.GONE),
        ([(1, VERSION), (8, MARKER)], Action.GONE),
        ([(6, VERSION)], Action.LATER),
        ([(6, MARKER)], Action.SAME),
        ([(6, VERSION), (11, VERSION)], Action.COPY),
    ],
)
def test_what_has_expired_is_named(entries: list[tuple[float, bool]], action: Action) -> None:
    (history,) = versions.histories(_history(*entries), NOW - timedelta(days=10))
    assert versions.judge(history, NOW, DAYS) is action


class _Bucket:
    """Answers a listing like S3, in pages of three entries."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = sorted(entries, key=lambda e: (e.key, -e.at.timestamp()))

    def get_paginator(self, name: str) -> Any:
        assert name == "list_object_versions"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        wanted = [entry for entry in self._entries if entry.key.startswith(Prefix)]
        for first in range(0, len(wanted), 3):
            page: dict[str, Any] = {}
            for entry in wanted[first : first + 3]:
                shown = {
                    "Key": entry.key,
                    "VersionId": entry.version_id,
                    "LastModified": entry.at,
                    "IsLatest": entry.latest,
                }
                kind = "DeleteMarkers" if entry.marker else "Versions"
                page.setdefault(kind, []).append(shown if entry.marker else {**shown, "Size": entry.size})
            yield page


def test_a_key_that_spans_pages_is_one_history() -> None:
    chance = random.Random(1)
    entries = []
    for key in (f"p/{number:03}" for number in range(40)):
        count = chance.randint(1, 9)
        for number in range(count):
            at = NOW - timedelta(hours=number + 1)
            marker = chance.random() < 0.3
            size = 0 if marker else 1
            entries.append(Entry(key, f"{key}-{number}", at, number == 0, marker, size))
    entries.append(Entry("other", "x", NOW, True, False, 1))
    listed = list(versions.listed(_Bucket(entries), "b", "p/"))
    assert len(listed) == len(entries) - 1
    found = list(versions.histories(listed, NOW - timedelta(hours=4)))
    assert [history.latest.key for history in found] == sorted({e.key for e in entries if e.key != "other"})
    for history in found:
        of_key = [e for e in entries if e.key == history.latest.key]
        assert history.latest == of_key[0]
        assert history.oldest == of_key[-1]
        assert history.then == next((e for e in of_key if e.at <= NOW - timedelta(hours=4)), None)


def test_in_the_same_second_the_object_counts_as_newer_than_its_deletion() -> None:
    same = NOW - timedelta(days=3)
    entries = [
        Entry("a", "new", NOW, True, False, 1),
        Entry("a", "marker", same, False, True, 0),
        Entry("a", "version", same, False, False, 1),
    ]
    (history,) = versions.histories(versions.listed(_Bucket(entries), "b", ""), AT)
    assert history.then
    assert history.then.version_id == "version"


def test_a_copy_carries_the_tags_and_the_version_it_is_of() -> None:
    version = _history((1, VERSION))[0]
    assert copying._tags([{"Key": "kind", "Value": "a b"}], version) == (
        "kind=a+b&spec-wizard%3Arestored-from=0"
    )
    earlier = [{"Key": copying.RESTORED_FROM, "Value": "older"}]
    assert copying._tags(earlier, version) == "spec-wizard%3Arestored-from=0"
    with pytest.raises(ValueError, match="has 10 tags"):
        copying._tags([{"Key": str(number), "Value": ""} for number in range(10)], version)


def test_side_by_side_keeps_the_order_and_reads_no_further_than_it_must() -> None:
    read = itertools.count()

    def things() -> Iterator[int]:
        for number in range(100_000):
            next(read)
            yield number

    results = side_by_side(lambda number: number * 2, things())
    assert list(itertools.islice(results, 10)) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert next(read) <= IN_FLIGHT + 10


def test_side_by_side_ends_with_the_first_exception() -> None:
    done = threading.Event()

    def work(number: int) -> int:
        if number == 3:
            raise OSError("lost")
        if number > 50_000:
            done.set()
        return number

    with pytest.raises(OSError, match="lost"):
        list(side_by_side(work, range(100_000)))
    assert not done.is_set()
