"""The doctor's knowledge: from facts to findings, without AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from ops.remote_state import Action, Change, locks
from ops.remote_state.locks import StateLock
from ops.state.history import Entry
from ops.state.lock_modes import VARIABLE, Mode
from ops.state.store import digest_of

LOCK_FILE_SINCE = (1, 11)
"""Terraform 1.10 has `use_lockfile` as an experiment, 1.11 for good; older ones refuse the argument."""
CLOCKS = timedelta(seconds=5)
"""S3 says times in seconds."""


class Level(StrEnum):
    """wrong: to be mended. note: good to know."""

    WRONG = "wrong"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """subject: what was looked at. found: one sentence. fix: a command, or what to do; empty for a note that
    asks for nothing."""

    level: Level
    subject: str
    found: str
    fix: str = ""


@dataclass(frozen=True)
class Facts:
    """Of one state. entries: newest first, as many as were read; digest: empty where there is none.

    terraform: version of the one in use, empty where there is none. mode: as configured; synthesized: as in
    the checkout's synthesized stack, None where there is none. lock_file_touched: see `Store`.
    """

    environment: str
    entries: list[Entry]
    digest: str
    locks: list[StateLock]
    lock_file_touched: datetime | None
    mode: Mode
    synthesized: Mode | None
    terraform: str


def settings(changes: list[Change], bootstrap: str) -> list[Finding]:
    """Each setting of the remote state that deviates; `bootstrap` is the command that mends them."""
    return [
        Finding(
            Level.WRONG,
            f"{change.resource}: {change.setting}" if there(change, changes) else change.resource,
            f"is {change.was or 'missing'}, should be {change.will_be}"
            if there(change, changes)
            else "is missing",
            bootstrap,
        )
        for change in changes
        if change.action is not Action.RIGHT and (change.setting == "exists" or there(change, changes))
    ]


def there(change: Change, changes: list[Change]) -> bool:
    """Whether the resource of this row exists: of one that does not, its settings are not worth a line."""
    return all(
        one.action is Action.RIGHT
        for one in changes
        if one.resource == change.resource and one.setting == "exists"
    )


def of_state(facts: Facts, now: datetime | None = None) -> list[Finding]:
    """All about the state itself, its digest, its locks and who may write it."""
    return [
        *_object(facts),
        *_digest(facts),
        *_lineage(facts),
        *_locks(facts, now),
        *_lock_mode(facts),
        *_terraform(facts),
    ]


def sound(facts: Facts) -> Entry | None:
    """The newest version that holds a state."""
    return next((one for one in facts.entries if one.state), None)


def _object(facts: Facts) -> Iterator[Finding]:
    subject = "state object"
    if not facts.entries:
        if facts.digest:
            yield Finding(
                Level.WRONG,
                subject,
                "is gone with all its versions, but the lock table has its digest: it was deployed once",
                f"ops state migrate-lock {facts.environment} --to {_word(facts.mode)}  drops that digest; "
                "what was deployed has to be imported again",
            )
        else:
            yield Finding(Level.NOTE, subject, "is not there: nothing was ever deployed")
        return
    current = facts.entries[0]
    if current.state:
        return
    good = sound(facts)
    fix = (
        f"ops state restore {facts.environment} {name_of(good, facts.entries)}"
        if good
        else f"ops state versions {facts.environment}: none of the newest {len(facts.entries)} is sound"
    )
    when = f"{current.version.time:%Y-%m-%d %H:%M:%S} UTC"
    found = f"is deleted, since {when}" if current.version.deleted else f"{current.damage} ({when})"
    yield Finding(Level.WRONG, subject, found, fix)


def name_of(wanted: Entry, entries: list[Entry]) -> str:
    """How a command names this version: by its serial, or by its id where the serial is not its own."""
    same = [one for one in entries if one.state and one.serial == wanted.serial]
    return str(wanted.serial) if {one.body for one in same} == {wanted.body} else wanted.version.id


def _digest(facts: Facts) -> Iterator[Finding]:
    current = facts.entries[0] if facts.entries else None
    if current is None or current.state is None:
        return  # restoring the object sets its digest
    if not facts.digest:
        if facts.mode.uses_table and facts.synthesized is not Mode.FILE:
            yield Finding(
                Level.NOTE,
                "digest",
                "is not in the lock table: the last run to write the state did not use it; the next one "
                "that does makes it",
            )
        return
    if facts.digest == digest_of(current.body):
        return
    if facts.mode.uses_table:
        fix = f"ops state restore {facts.environment} {name_of(current, facts.entries)}"
        found = (
            "in the lock table is of other content than the state's, and Terraform refuses it: something "
            "wrote the state without its digest, was killed between the two, or could not write the second, "
            "which Terraform does not tell"
        )
        yield Finding(Level.WRONG, "digest", found, fix)
    else:
        yield Finding(
            Level.WRONG,
            "digest",
            f"of an older state is left in the lock table; with {VARIABLE}=both Terraform would refuse the "
            "state",
            f"ops state migrate-lock {facts.environment} --to file",
        )


def _lineage(facts: Facts) -> Iterator[Finding]:
    """Where a state was begun anew, what was in the one before may be there still, managed by nobody."""
    good = [one for one in facts.entries if one.state]
    for newer, older in pairwise(good):
        if not (newer.state and older.state and good[0].state) or newer.state.lineage == older.state.lineage:
            continue
        managed = {(one.type, one.id) for one in good[0].state.resources}
        lost = sum((one.type, one.id) not in managed for one in older.state.resources)
        left = f"{lost} resources of the one before are in it no more" if lost else "all is in it again"
        name = facts.environment
        yield Finding(
            Level.WRONG if lost else Level.NOTE,
            "lineage",
            f"changed with serial {newer.serial}, {newer.version.time:%Y-%m-%d %H:%M:%S} UTC: the state was "
            f"begun anew, and {left}",
            f"ops state diff {name} {older.version.id} {newer.version.id}; if the older one is meant: "
            f"ops state restore {name} {older.version.id}"
            if lost
            else "",
        )


def _locks(facts: Facts, now: datetime | None) -> Iterator[Finding]:
    for one in facts.locks:
        if one.is_young(now):
            yield Finding(Level.NOTE, one.place.value, f"is held: {locks.describe(one, now)}")
        else:
            found = f"is left over, or somebody deploys very long: {locks.describe(one, now)}"
            yield Finding(Level.WRONG, one.place.value, found, f"ops state unlock {facts.environment}")


def _lock_mode(facts: Facts) -> Iterator[Finding]:
    if facts.synthesized and facts.synthesized is not facts.mode:
        yield Finding(
            Level.WRONG,
            "lock mode",
            f"is {facts.synthesized.value} in the synthesized stack, but {VARIABLE} is {facts.mode.value}: "
            "plain terraform here locks otherwise than others do",
            f"cdktf diff {facts.environment}",
        )
    current = facts.entries[0] if facts.entries else None
    if current and current.state and facts.mode.uses_file:
        touched = facts.lock_file_touched
        if touched is None or touched + CLOCKS < current.version.time:
            yield Finding(
                Level.NOTE,
                "lock file",
                f"was not taken when the state was written last, although {VARIABLE} is {facts.mode.value}: "
                "somebody's checkout or pipeline has another value, or has not deployed since it was changed",
            )


def _terraform(facts: Facts) -> Iterator[Finding]:
    subject = "Terraform"
    if not facts.terraform:
        yield Finding(Level.WRONG, subject, "is not there", "make setup")
        return
    ours = version_of(facts.terraform)
    if facts.mode.uses_file and ours < LOCK_FILE_SINCE:
        yield Finding(
            Level.WRONG,
            subject,
            f"is {facts.terraform}; the lock file ({VARIABLE}={facts.mode.value}) needs 1.11 or newer",
            "make setup  brings one, unless TERRAFORM_BINARY_NAME names another",
        )
    good = sound(facts)
    if good and good.state and version_of(good.state.terraform_version) > ours:
        yield Finding(
            Level.WRONG,
            subject,
            f"is {facts.terraform}, but the state was written by {good.state.terraform_version}: an older "
            "one may not know all that is in it",
            f"use Terraform {good.state.terraform_version} or newer (PATH, or TERRAFORM_BINARY_NAME)",
        )


def version_of(text: str) -> tuple[int, ...]:
    """`1.11.4` as (1, 11, 4); what follows (`-rc1`) does not count."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in found.groups("0")) if found else (0,)


def _word(mode: Mode) -> str:
    return {Mode.BOTH: "both", Mode.TABLE: "table", Mode.FILE: "file"}[mode]
