"""The walk over the remote state: the same for dry run, run and check."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from environments import naming
from ops.aws import aws_errors
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state.buckets import LogBucket, StateBucket
from ops.remote_state.key import StateKey
from ops.remote_state.lock_table import LockTable
from ops.remote_state.model import EXISTS, Action, Change, Clients, Resource, Setting, clients
from ops.remote_state.ownership import own_buckets

SETTLING = {
    "ConflictException",
    "ContinuousBackupsUnavailableException",
    "LimitExceededException",
    "NoSuchBucket",
    "NotFoundException",
    "OperationAborted",
    "ResourceInUseException",
}
"""Answers that mean "not yet": another change of the same resource is under way, or it is too young."""
SETTLE_SECONDS = 60


def resources(account_id: str, region: str, with_: Clients | None = None) -> list[Resource]:
    """In the order in which they need each other: key, log bucket, state bucket, lock table."""
    use = with_ or clients(region)
    key = StateKey(use.kms, account_id, region)
    return [
        key,
        LogBucket(use.s3, account_id, region),
        StateBucket(use.s3, account_id, region, key_arn=key.arn),
        LockTable(use.dynamodb, key_arn=key.arn),
    ]


def plan(account_id: str, region: str, *, with_: Clients | None = None) -> list[Change]:
    """Every row as `apply` would yield it; only reads. Raises OpsError, see `Resource.exists`."""
    return list(_walk(resources(account_id, region, with_), dry_run=True))


def apply(account_id: str, region: str, *, with_: Clients | None = None) -> Iterator[Change]:
    """Create and complete, yielding each row once it is true.

    Looks at all four before it changes the first, so that a refusal (somebody else's bucket, a table with the
    wrong key) leaves nothing half done. May be interrupted anywhere and run again, also twice at once.
    """
    all_ = resources(account_id, region, with_)
    for resource in all_:
        with aws_errors(f"looking at the {resource.label}"):
            resource.exists()
    yield from _walk(all_, dry_run=False)


def inspect(resource: Resource) -> list[Change]:
    """The rows of one resource; only reads. Raises OpsError, see `Resource.exists`."""
    return list(_walk([resource], dry_run=True))


def check(account_id: str, region: str, *, with_: Clients | None = None) -> list[Change]:
    """The settings that deviate; raises OpsError STATE where something is missing."""
    require(account_id, region, with_=with_)
    return [change for change in plan(account_id, region, with_=with_) if change.action is not Action.RIGHT]


def require(account_id: str, region: str, *, with_: Clients | None = None) -> None:
    """Raises OpsError STATE unless all four exist and are ours: four requests, before Terraform starts."""
    use = with_ or clients(region)
    missing = []
    for resource in resources(account_id, region, use):
        with aws_errors(f"looking at the {resource.label}"):
            if not resource.exists():
                missing.append(resource.label)
    if missing:
        raise OpsError(
            f"The remote state of account {account_id} in {region} is not there yet: {', '.join(missing)}.",
            hint=f"ops bootstrap ENVIRONMENT creates it.{_elsewhere(account_id, region, use)}",
            code=ExitCode.STATE,
        )


def _elsewhere(account_id: str, region: str, use: Clients) -> str:
    """The account's state buckets in other regions: a wrong AWS_REGION is the likelier reason then."""
    prefix = naming.state_bucket(account_id, "")
    try:
        with aws_errors("listing the buckets"):
            found = [bucket.get("Name", "").removeprefix(prefix) for bucket in own_buckets(use.s3, prefix)]
    except OpsError:
        return ""  # only a hint, and the caller may not be permitted to list
    others = sorted(set(found) - {region})
    return f" There is a state bucket in {', '.join(others)}: is AWS_REGION what you meant?" if others else ""


def _walk(all_: list[Resource], *, dry_run: bool) -> Iterator[Change]:
    for resource in all_:
        with aws_errors(f"looking at the {resource.label}"):
            there = resource.exists()
        if there:
            yield Change(resource.label, EXISTS, "yes", "yes", Action.RIGHT)
        else:
            note = "" if dry_run else _create(resource)
            yield Change(resource.label, EXISTS, "missing", "created", Action.CREATE, note)
        for setting in resource.settings():
            with aws_errors(f"looking at {setting.name} of the {resource.label}"):
                change = _compare(resource, setting, setting.inspect() if there else None)
            if not dry_run and change.action is not Action.RIGHT:
                with aws_errors(f"setting {setting.name} of the {resource.label}"):
                    _settle(setting)
            yield change


def _compare(resource: Resource, setting: Setting, current: Any) -> Change:
    wanted = setting.desired(current)
    if current is None:
        return Change(resource.label, setting.name, "", setting.show(wanted), Action.CREATE)
    right = current == wanted
    return Change(
        resource.label,
        setting.name,
        setting.show(current),
        setting.show(wanted),
        Action.RIGHT if right else Action.CHANGE,
        setting.note(current),
    )


def _create(resource: Resource) -> str:
    """Create; the note says if another run did it in between."""
    with aws_errors(f"creating the {resource.label}"):
        return "" if resource.create() else "by another run at the same time"


def _settle(setting: Setting) -> None:
    """Apply until it holds. What another run did in between, or is doing, is not a failure."""
    from botocore.exceptions import ClientError

    from ops.aws_failures import code_of

    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            if (current := setting.inspect()) != (wanted := setting.desired(current)):
                setting.apply(wanted)
            return
        except ClientError as error:
            if code_of(error) not in SETTLING:
                if _right(setting):
                    return
                raise
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _right(setting: Setting) -> bool:
    current = setting.inspect()
    return bool(current == setting.desired(current))
