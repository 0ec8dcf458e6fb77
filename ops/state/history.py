"""The versions of a state in order, and finding one of them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.state.comparison import compare
from ops.state.document import Damaged, State, parse, serial_at_the_head
from ops.state.store import Store, Version

READERS = 8
"""Versions read at the same time."""


@dataclass(frozen=True)
class Entry:
    """A version with its content. state: None where it is deleted or damaged; damage: why, else empty."""

    version: Version
    body: bytes
    state: State | None
    damage: str

    @property
    def serial(self) -> int | None:
        """Also of a damaged state, if its first lines are there."""
        return self.state.serial if self.state else serial_at_the_head(self.body)

    @property
    def what(self) -> str:
        """`sound`, `deleted` or `damaged`."""
        if self.version.deleted:
            return "deleted"
        return "sound" if self.state else "damaged"


@dataclass(frozen=True)
class Row:
    """An entry and how it differs from the sound one before it; delta: empty where there is no such one."""

    entry: Entry
    delta: str

    def as_json(self) -> dict[str, Any]:
        """JSON's types; `time` in ISO 8601, `resources` counts what Terraform manages."""
        version, state = self.entry.version, self.entry.state
        return {
            "version_id": version.id,
            "current": version.latest,
            "condition": self.entry.what,
            "damage": self.entry.damage,
            "serial": self.entry.serial,
            "time": version.time.isoformat(),
            "bytes": version.size,
            "resources": len(state.resources) if state else None,
            "delta": self.delta,
            "terraform": state.terraform_version if state else None,
            "lineage": state.lineage if state else None,
        }


def entry(version: Version, body: bytes) -> Entry:
    """What a version holds."""
    if version.deleted:
        return Entry(version, b"", None, "is deleted")
    try:
        return Entry(version, body, parse(body), "")
    except Damaged as error:
        return Entry(version, body, None, str(error))


def read(store: Store, versions: Iterable[Version]) -> list[Entry]:
    """Their content, in their order."""
    with ThreadPoolExecutor(READERS) as pool:
        bodies = pool.map(
            lambda version: b"" if version.deleted else store.read(version), every := list(versions)
        )
        return [entry(version, body) for version, body in zip(every, bodies, strict=True)]


def rows(entries: list[Entry]) -> list[Row]:
    """Newest first, as they came; the oldest has nothing before it."""
    found = []
    before: State | None = None
    for one in reversed(entries):
        if one.state is None:
            found.append(Row(one, ""))
            continue
        found.append(Row(one, compare(before, one.state).delta() if before else ""))
        before = one.state
    return found[::-1]


def newest_sound(store: Store, versions: Iterable[Version]) -> Entry | None:
    """The newest version that holds a state; None if none does."""
    for version in versions:
        if (one := entry(version, b"" if version.deleted else store.read(version))).state:
            return one
    return None


def find(store: Store, versions: list[Version], wanted: str) -> Entry:
    """The version with this id or this serial. Raises OpsError where there is none, or more than one.

    A damaged version often has the serial of the sound one that it was cut from; the sound one is meant. A
    serial comes twice where a state was begun anew, or pushed by force: then only the id is clear.
    """
    name = store.owner.environment
    if exact := [version for version in versions if version.id == wanted]:
        return read(store, exact)[0]
    if not wanted.isdecimal():
        raise _unknown(name, f"There is no version {wanted!r} of the state of {name}.")
    with ThreadPoolExecutor(READERS) as pool:
        kept = [version for version in versions if not version.deleted]
        serials = list(pool.map(lambda version: serial_at_the_head(store.read_head(version)), kept))
    same = [version for version, serial in zip(kept, serials, strict=True) if serial == int(wanted)]
    found = read(store, same)
    sound = [one for one in found if one.state]
    if not found:
        raise _unknown(name, f"There is no version of the state of {name} with the serial {wanted}.")
    if len({one.body for one in sound}) > 1:
        ids = ", ".join(f"{one.version.id} ({one.version.time:%Y-%m-%d %H:%M:%S} UTC)" for one in sound)
        raise OpsError(
            f"The serial {wanted} of {name} stands for {len(sound)} versions: {ids}.",
            hint="Name the one you mean by its version id.",
            code=ExitCode.USAGE,
        )
    return (sound or found)[0]


def _unknown(name: str, message: str) -> OpsError:
    return OpsError(
        message,
        hint=f"ops state versions {name}  lists them, with the serial and the version id of each.",
        code=ExitCode.STATE,
    )
