"""Taking the remote state of an account and region away: `ops bootstrap --remove`.

Refused while anything is in it that somebody may still need: a state with resources, a state that cannot be
read, an object that is no state, a lock. Every state is locked before the first thing goes, and the locks go
last, so that nobody deploys into a bucket that is being emptied. Killed anywhere, the same command goes on:
it knows its own locks, and what is gone is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from environments import ENVIRONMENTS, naming
from ops.aws import aws_errors
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state import locks, ownership, taking
from ops.remote_state.locks import StateLock
from ops.remote_state.model import Clients, clients
from ops.remote_state.vanishing import Key, Table, delete_bucket, delete_versions, versions
from ops.stacks import Stack

if TYPE_CHECKING:
    from ops.remote_state.vanishing import Found

OPERATION = "ops bootstrap --remove"
STATE = "/terraform.tfstate"
LOCK_FILE = ".tflock"
DIGEST = "-md5"

OnProgress = Callable[[str, int, int], None]
"""Bucket, versions deleted, versions in all."""


@dataclass
class Removal:
    """What is there, of one account and region. Counts are of object versions, delete markers included."""

    account_id: str
    region: str
    use: Clients
    state_bucket: list[Found] | None = None
    log_bucket: list[Found] | None = None
    table: Table | None = None
    key: Key | None = None
    locks: list[StateLock] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        """All is gone already."""
        return self.state_bucket is None and self.log_bucket is None and not self.table and not self.key

    def describe(self) -> list[str]:
        """What would go, a line each, in the order of going."""
        names = naming.state_bucket, naming.state_log_bucket
        found = []
        for word, name, content in zip(
            ("state", "log"), names, (self.state_bucket, self.log_bucket), strict=True
        ):
            if content is not None:
                bucket = name(self.account_id, self.region)
                found.append(f"{word} bucket {bucket}: {len(content)} object versions")
        if self.table:
            found.insert(1, f"lock table {naming.LOCK_TABLE}: {len(self.table.digests)} digests")
        if self.key:
            found.append(f"key {naming.STATE_KEY_ALIAS}: {self.key.describe()}")
        return found


def look(account_id: str, region: str, *, with_: Clients | None = None) -> Removal:
    """What is there. Raises OpsError, see `Resource.exists`; PROTECTED and LOCKED where it must stay."""
    use = with_ or clients(region)
    found = Removal(account_id, region, use)
    state, logs = naming.state_bucket(account_id, region), naming.state_log_bucket(account_id, region)
    with aws_errors("looking at the remote state"):
        if ownership.bucket_exists(use.s3, state, account_id, region):
            found.state_bucket = list(versions(use.s3, state, account_id))
        if ownership.bucket_exists(use.s3, logs, account_id, region):
            found.log_bucket = list(versions(use.s3, logs, account_id))
        found.table = Table.find(use.dynamodb)
        found.key = Key.find(use.kms)
    _refuse_needed(found)
    found.locks = _locks(found)
    if others := [one for one in found.locks if one.operation != OPERATION]:
        raise taking.locked(others[0].environment, others)
    return found


def remove(found: Removal, on_progress: OnProgress = lambda bucket, done, total: None) -> Iterator[str]:
    """Remove what `look` found, yielding each thing once it is gone.

    Raises OpsError: LOCKED where somebody began to deploy since, PROTECTED where a state appeared.
    """
    use, account_id = found.use, found.account_id
    if found.state_bucket is not None or found.table:
        taken = _take(found)
        try:
            again = look(account_id, found.region, with_=use)  # nobody can write any more: this holds
        except OpsError:
            _let_go(taken, use)
            raise
        found.state_bucket, found.table = again.state_bucket, again.table
    with aws_errors("removing the remote state"):
        if found.state_bucket is not None:
            yield _bucket(
                found, naming.state_bucket(account_id, found.region), found.state_bucket, on_progress
            )
        if found.table:
            found.table.delete()
            yield f"lock table {naming.LOCK_TABLE}"
        if found.log_bucket is not None:
            logs = naming.state_log_bucket(account_id, found.region)
            yield _bucket(found, logs, found.log_bucket, on_progress)
        if found.key:
            yield f"key {naming.STATE_KEY_ALIAS}, for good on {found.key.delete():%Y-%m-%d}"


def _bucket(found: Removal, bucket: str, content: list[Found], on_progress: OnProgress) -> str:
    """Lock files go last, and the bucket right behind them."""
    lock_files = [one for one in content if one.key.endswith(LOCK_FILE)]
    others = [one for one in content if not one.key.endswith(LOCK_FILE)]
    done = 0
    for some in (others, lock_files):
        for count in delete_versions(found.use.s3, bucket, found.account_id, some):
            done += count
            on_progress(bucket, done, len(content))
    delete_bucket(found.use.s3, bucket, found.account_id)
    return f"bucket {bucket}, with {len(content)} object versions"


def _take(found: Removal) -> list[StateLock]:
    """The locks of all states that are there or could be made, those of a killed removal anew."""
    if found.state_bucket is None:
        return []
    for one in found.locks:
        locks.clear(one, with_=found.use)
    taken: list[StateLock] = []
    try:
        for name in sorted(_names(found)):
            taking.take(Stack(name, name, found.account_id, found.region), OPERATION, taken, found.use)
    except OpsError:
        _let_go(taken, found.use)
        raise
    return taken


def _let_go(taken: list[StateLock], use: Clients) -> None:
    for one in reversed(taken):
        locks.clear(one, with_=use)


def _names(found: Removal) -> set[str]:
    """Of all states: those in the bucket, and those that our stacks would write."""
    there = {one.key.removesuffix(STATE) for one in found.state_bucket or [] if one.key.endswith(STATE)}
    return there | {*ENVIRONMENTS, naming.ACCOUNT}


def _locks(found: Removal) -> list[StateLock]:
    return [
        lock
        for name in sorted(_names(found) | _locked_names(found))
        for lock in locks.read_locks(Stack(name, name, found.account_id, found.region), with_=found.use)
    ]


def _locked_names(found: Removal) -> set[str]:
    """Of locks whose state is not there yet: a first deployment under way."""
    bucket = naming.state_bucket(found.account_id, found.region)
    files = {
        one.key.removesuffix(STATE + LOCK_FILE)
        for one in found.state_bucket or []
        if one.latest and not one.deleted and one.key.endswith(STATE + LOCK_FILE)
    }
    items = {
        id_.removeprefix(f"{bucket}/").removesuffix(STATE)
        for id_ in (found.table.locks if found.table else [])
        if id_.startswith(f"{bucket}/") and id_.endswith(STATE)
    }
    return files | items


def _refuse_needed(found: Removal) -> None:
    """Every key of the bucket, not one environment's: the bucket is the whole account's."""
    needed = [reason for one in _newest(found.state_bucket or []) if (reason := _needed(found, *one))]
    if needed:
        raise OpsError(
            "The remote state is still needed, nothing was removed:\n"
            + "\n".join(f"  {one}" for one in needed),
            hint="Destroy what the states hold first (ops state list ENV shows it); what is no state, move "
            "elsewhere.",
            code=ExitCode.PROTECTED,
        )


def _newest(content: list[Found]) -> Iterator[tuple[Found, list[Found]]]:
    """Each key's current version (or delete marker), and all of its versions, newest first."""
    keys: dict[str, list[Found]] = {}
    for one in content:
        keys.setdefault(one.key, []).append(one)
    for every in keys.values():
        every.sort(key=lambda one: (one.latest, one.time), reverse=True)
        yield every[0], every


def _needed(found: Removal, newest: Found, every: list[Found]) -> str:
    """Why this object keeps the bucket from going; empty where it does not.

    A deleted state is looked at as it was before: its resources are there still, unless it held none.
    """
    if newest.key.endswith(LOCK_FILE):
        return ""  # told as a lock
    from ops.state.document import Damaged, parse

    last = next((one for one in every if not one.deleted), None)
    if last is None:
        return ""
    if not newest.key.endswith(STATE):
        return "" if newest.deleted else f"{newest.key} is no state"
    deleted = ", and was then deleted without destroying them" if newest.deleted else ""
    name = newest.key.removesuffix(STATE)
    try:
        state = parse(_body(found, last))
    except Damaged as error:
        return f"{newest.key} {error}, so nobody knows what it holds: ops state doctor {name}"
    count = len(state.resources)
    return f"{newest.key} holds {count} resources{deleted}" if count else ""


def _body(found: Removal, version: Found) -> bytes:
    with aws_errors(f"reading {version.key}"):
        answer = found.use.s3.get_object(
            Bucket=naming.state_bucket(found.account_id, found.region),
            Key=version.key,
            VersionId=version.id,
            ExpectedBucketOwner=found.account_id,
        )
        return answer["Body"].read()
