"""An earlier version of a state becomes the current one.

The version's content is written anew, as a version of its own, with a serial above every other: nothing is
removed, so the way back is the same command. Then the digest in the lock table is set to the new content;
without it Terraform refuses the state. Killed between the two, the state is the right one and only its digest
is not: the same command, or the one that the doctor names, sets it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state import taking
from ops.state import history
from ops.state.comparison import Comparison, compare
from ops.state.document import State, with_serial
from ops.state.history import Entry
from ops.state.store import Store, Version, digest_of

OPERATION = "ops state restore"


@dataclass(frozen=True)
class Plan:
    """What a restore would do.

    target: what comes back; its state is there. current: the newest version, whatever its condition; None
    where there is no version at all. before: the newest sound state, None if there is none but the target.
    serial: of the state as it would be afterwards. digest: what the lock table says now.
    """

    target: Entry
    current: Entry
    before: Entry | None
    serial: int
    digest: str

    @property
    def state(self) -> State:
        """The state that comes back."""
        assert self.target.state
        return self.target.state

    @property
    def is_current(self) -> bool:
        """It is current already, itself or written anew: nothing but the digest could be wrong."""
        if self.current.state is None:
            return False
        return with_serial(self.target.body, self.current.state.serial) == self.current.body

    @property
    def digest_is_right(self) -> bool:
        """Of what is current. No digest at all is right: Terraform does not compare then."""
        return self.digest in ("", digest_of(self.current.body))

    @property
    def comparison(self) -> Comparison | None:
        """From the newest sound state to the target; None where there is no such one."""
        return compare(self.before.state, self.state) if self.before and self.before.state else None

    @property
    def changes_lineage(self) -> bool:
        """The state was begun anew in between: what was current belongs to another line of states."""
        return bool(self.before and self.before.state and self.before.state.lineage != self.state.lineage)


@dataclass(frozen=True)
class Done:
    """serial and version of what is current now; written: whether a new version was made for it."""

    serial: int
    version_id: str
    written: bool


def plan(store: Store, wanted: str) -> Plan:
    """Find the version `wanted`, by id or serial, and tell what restoring it means; only reads.

    Raises OpsError: STATE where there is none, or it holds no state.
    """
    versions = store.versions()
    target = history.find(store, versions, wanted)
    if target.state is None:
        name = store.owner.environment
        raise OpsError(
            f"Version {wanted} of the state of {name} {target.damage}, so it cannot be restored.",
            hint=f"Choose a sound one: ops state versions {name}",
            code=ExitCode.STATE,
        )
    current = history.read(store, versions[:1])[0]
    before = current if current.state else history.newest_sound(store, versions)
    serials = [one.serial or 0 for one in (target, current, *([before] if before else []))]
    planned = Plan(target, current, before, max(serials) + 1, store.digest())
    return replace(planned, serial=current.serial or 0) if planned.is_current else planned


def carry_out(store: Store, planned: Plan) -> Done:
    """Under the state's lock. Raises OpsError: LOCKED, or STATE where somebody wrote since `plan`."""
    with taking.held(store.owner, OPERATION, with_=store.use):
        _refuse_changed(store, planned.current.version)
        if planned.is_current:
            _set_digest(store, planned.current.body)
            return Done(planned.serial, planned.current.version.id, written=False)
        body = with_serial(planned.target.body, planned.serial)
        version_id = store.write(body)
        _set_digest(store, body)
        return Done(planned.serial, version_id, written=True)


def _set_digest(store: Store, body: bytes) -> None:
    """Where there is none, nobody compares, and with lock files alone nobody would keep it right either."""
    if store.digest() not in ("", digest_of(body)):
        store.write_digest(digest_of(body))


def _refuse_changed(store: Store, seen: Version) -> None:
    name = store.owner.environment
    if store.versions()[0].id != seen.id:
        raise OpsError(
            f"Somebody wrote the state of {name} since it was looked at. Nothing was restored.",
            hint=f"Look again: ops state versions {name}",
            code=ExitCode.STATE,
        )
