"""From one way of locking to another, without a moment in which two runs do not see each other.

Between table alone and file alone lies `both`: whoever has not changed yet shares one lock with whoever has.
Which locks Terraform takes is configuration (`STATE_LOCK`), so the change itself is the user's; this module
tells when each step is safe, and puts the digest in the lock table right for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops import terraform
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state import taking
from ops.state import checks, history
from ops.state.history import Entry
from ops.state.lock_modes import VARIABLE, WORDS, Mode
from ops.state.store import Store, digest_of

OPERATION = "ops state migrate-lock"


@dataclass(frozen=True)
class Outcome:
    """done: what was changed, in sentences. todo: what remains for the user, in order."""

    done: list[str]
    todo: list[str]


def migrate(store: Store, configured: Mode, wanted: Mode) -> Outcome:
    """Check that the step is safe, put the digest right under the lock, and tell what remains.

    Raises OpsError: LOCKED where somebody holds a lock in either place; STATE where the step has to wait
    (the state is not sound, or nothing was deployed with both yet); TOOL for a Terraform that is too old;
    USAGE for a step that leaves `both` out.
    """
    name = store.owner.environment
    taking.refuse_locked(store.owner, with_=store.use)
    _refuse_leap(name, configured, wanted)
    if wanted.uses_file:
        _refuse_old_terraform()
    current = _current(store)
    if configured is Mode.BOTH and current:
        _require_both(store, current, wanted)
    with taking.held(store.owner, OPERATION, with_=store.use):
        done = _digest(store, _current(store), wanted)
    return Outcome(done, _todo(name, configured, wanted))


def _refuse_leap(name: str, configured: Mode, wanted: Mode) -> None:
    if {configured, wanted} != {Mode.TABLE, Mode.FILE}:
        return
    word = next(word for word, mode in WORDS.items() if mode is wanted)
    raise OpsError(
        f"{VARIABLE} is {configured.value}: from there to {wanted.value} leads no safe step, because a "
        "checkout that is not changed yet would not see the lock of one that is.",
        hint=f"First  ops state migrate-lock {name} --to both, deploy once, then  "
        f"ops state migrate-lock {name} --to {word}",
        code=ExitCode.USAGE,
    )


def _refuse_old_terraform() -> None:
    found = terraform.version()
    if checks.version_of(found) < checks.LOCK_FILE_SINCE:
        raise OpsError(
            f"Terraform {found or '(none)'} knows no lock file; 1.11 or newer does.",
            hint="make setup brings one, unless TERRAFORM_BINARY_NAME names another. Everybody who deploys "
            "needs it.",
            code=ExitCode.TOOL,
        )


def _current(store: Store) -> Entry | None:
    """The sound state that is there; None where there never was one. Raises OpsError for a damaged one."""
    versions = store.versions()
    if not versions:
        return None
    entry = history.read(store, versions[:1])[0]
    if entry.state is None:
        name = store.owner.environment
        raise OpsError(
            f"The state of {name} {entry.damage}; its locks stay as they are until it is sound.",
            hint=f"ops state doctor {name}  names the way back.",
            code=ExitCode.STATE,
        )
    return entry


def _require_both(store: Store, current: Entry, wanted: Mode) -> None:
    """The proof that deployments take the lock that shall remain: its trace in the state's newest write."""
    touched = store.lock_file_touched()
    file = touched is not None and touched + checks.CLOCKS >= current.version.time
    table = store.digest() == digest_of(current.body)
    missing = {Mode.FILE: not file and "lock file", Mode.TABLE: not table and "lock table"}.get(wanted)
    if missing:
        name, time = store.owner.environment, current.version.time
        raise OpsError(
            f"The run that wrote the state of {name} last ({time:%Y-%m-%d %H:%M:%S} UTC) did not use the "
            f"{missing}.",
            hint=f"Deploy once with {VARIABLE}=both (cdktf deploy {name}), from everywhere that deploys, "
            f"then run this again. Nothing was changed. What else is wrong: ops state doctor {name}",
            code=ExitCode.STATE,
        )


def _digest(store: Store, current: Entry | None, wanted: Mode) -> list[str]:
    """With the file alone nobody keeps the digest, and on the way back Terraform would trip over it."""
    found = store.digest()
    if not found:
        return []
    if wanted is Mode.FILE or current is None:
        store.remove_digest()
        return ["The digest of the state was removed from the lock table."]
    if found != digest_of(current.body):
        store.write_digest(digest_of(current.body))
        return ["The digest in the lock table was old; it is that of the state again."]
    return []


def _todo(name: str, configured: Mode, wanted: Mode) -> list[str]:
    if configured is wanted:
        return []
    steps = [
        f"Set {VARIABLE}={wanted.value} for everybody who deploys {name}: in environments/{name}.py "
        f'("state": {{"lock": "{wanted.value}"}}), or as a variable in .env.{name} and in the pipeline.',
        f"Synthesize and initialize again: cdktf diff {name} does both.",
    ]
    if wanted is Mode.BOTH:
        steps.append(f"Deploy once: cdktf deploy {name}. From then on every run takes both locks.")
    if wanted is Mode.FILE:
        steps.append(
            f"ops state migrate-lock {name} --to file  once more: a run with the table in between wrote its "
            "digest again."
        )
    return steps
