"""Terraform's state locks: read them, tell about them, clear a stale one.

A lock lives in two places, because the backend sets both: the item `<bucket>/<key>` of the lock table and the
object `<key>.tflock` beside the state. Both hold the same JSON (Terraform's `statemgr.LockInfo`): ID,
Operation, Info, Who (user@host), Version, Created (RFC 3339), Path. The table's other item,
`<bucket>/<key>-md5`, is the digest of the state, not a lock; nothing here touches it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from environments import naming
from ops.aws import aws_errors
from ops.remote_state.model import Clients, clients

if TYPE_CHECKING:
    from ops.stacks import StateOwner

YOUNG = timedelta(minutes=10)
"""Below this age a lock's holder is presumed alive."""


class Place(StrEnum):
    """Where a lock was found."""

    TABLE = "lock table"
    FILE = "lock file"


@dataclass(frozen=True)
class StateLock:
    """One lock in one place.

    id: Terraform's lock ID. who: `user@host`. operation: for example `OperationTypeApply`. version:
    Terraform's. created: None where the lock does not say so legibly. fingerprint: what identifies exactly
    this lock in its place, so that clearing it cannot hit another one: the item's Info text, or the object's
    ETag.
    """

    place: Place
    environment: str
    bucket: str
    key: str
    account_id: str
    region: str
    id: str
    who: str
    operation: str
    version: str
    created: datetime | None
    fingerprint: str

    def age(self, now: datetime | None = None) -> timedelta | None:
        """None where it is unknown. Negative where the holder's clock is ahead of ours."""
        return (now or datetime.now(UTC)) - self.created if self.created else None

    def is_young(self, now: datetime | None = None) -> bool:
        """Might its holder still be at work? Yes also where the age is unknown."""
        age = self.age(now)
        return age is None or age < YOUNG

    def as_json(self) -> dict[str, Any]:
        """JSON's types; `created` in ISO 8601, `age_seconds` a whole number, both null if unknown."""
        age = self.age()
        return {
            "place": self.place.value,
            "environment": self.environment,
            "state": f"{self.bucket}/{self.key}",
            "id": self.id,
            "who": self.who,
            "operation": self.operation,
            "terraform": self.version,
            "created": self.created.isoformat() if self.created else None,
            "age_seconds": int(age.total_seconds()) if age is not None else None,
        }


def read_locks(config: StateOwner, *, with_: Clients | None = None) -> list[StateLock]:
    """The locks of an environment's state; empty if nobody holds one.

    Looks in both places whatever `state.lock` says now: a lock may be left from before a change of it.
    Raises OpsError; a bucket or table that does not exist holds no lock.
    """
    use = with_ or clients(config.aws_region)
    with aws_errors(f"reading the state locks of {config.environment}"):
        found = [_read_table(config, use), _read_file(config, use)]
    return [lock for lock in found if lock]


def describe(lock: StateLock, now: datetime | None = None) -> str:
    """One line for people: who, what, since when, where, which."""
    since = f"{lock.created:%Y-%m-%d %H:%M:%S} UTC ({_age(lock.age(now))})" if lock.created else "(unknown)"
    what = lock.operation.removeprefix("OperationType").lower() or "unknown"
    return (
        f"{lock.who or 'unknown'}, {what}, since {since}, in the {lock.place}, lock {lock.id or 'without ID'}"
    )


def clear(lock: StateLock, *, with_: Clients | None = None) -> bool:
    """Remove exactly this lock; False if it was gone or another one had been taken meanwhile.

    With both places, clear the table first (the order of `read_locks`): Terraform takes the file first, so
    while that is left nobody can be halfway into a new lock.
    """
    use = with_ or clients(lock.region)
    with aws_errors(f"removing the {lock.place} of {lock.environment}"):
        return _clear_item(lock, use) if lock.place is Place.TABLE else _clear_file(lock, use)


def _read_table(config: StateOwner, use: Clients) -> StateLock | None:
    bucket, key = place_of(config)
    try:
        item = use.dynamodb.get_item(
            TableName=naming.LOCK_TABLE, Key={"LockID": {"S": f"{bucket}/{key}"}}, ConsistentRead=True
        ).get("Item")
    except use.dynamodb.exceptions.ResourceNotFoundException:
        return None
    if item is None:
        return None
    info = item.get("Info", {}).get("S", "")
    return lock_of(config, Place.TABLE, info, fingerprint=info)


def _read_file(config: StateOwner, use: Clients) -> StateLock | None:
    from botocore.exceptions import ClientError

    from ops.aws_failures import code_of

    bucket, key = place_of(config)
    try:
        answer = use.s3.get_object(
            Bucket=bucket, Key=f"{key}.tflock", ExpectedBucketOwner=config.aws_account_id
        )
    except ClientError as error:
        if code_of(error) not in ("NoSuchKey", "NoSuchBucket"):
            raise
        return None
    return lock_of(config, Place.FILE, answer["Body"].read().decode(), fingerprint=answer["ETag"])


def _clear_item(lock: StateLock, use: Clients) -> bool:
    same = "Info = :info" if lock.fingerprint else "attribute_not_exists(Info)"
    values = {"ExpressionAttributeValues": {":info": {"S": lock.fingerprint}}} if lock.fingerprint else {}
    delete: Any = use.dynamodb.delete_item  # the stubs have no way to leave out an argument by condition
    try:
        delete(
            TableName=naming.LOCK_TABLE,
            Key={"LockID": {"S": f"{lock.bucket}/{lock.key}"}},
            ConditionExpression=f"attribute_exists(LockID) AND {same}",
            **values,
        )
    except use.dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


def _clear_file(lock: StateLock, use: Clients) -> bool:
    """A conditional delete; with versioning the lock stays in the bucket as an old version."""
    from botocore.exceptions import ClientError

    from ops.aws_failures import code_of

    try:
        use.s3.delete_object(
            Bucket=lock.bucket,
            Key=f"{lock.key}.tflock",
            IfMatch=lock.fingerprint,
            ExpectedBucketOwner=lock.account_id,
        )
    except ClientError as error:
        if code_of(error) not in (
            "PreconditionFailed",
            "NoSuchKey",
            "404",
            "412",
            "ConditionalRequestConflict",
        ):
            raise
        return False
    return True


def place_of(config: StateOwner) -> tuple[str, str]:
    """Bucket and key of a state; joined by `/` they are the key of its item in the lock table."""
    return (
        naming.state_bucket(config.aws_account_id, config.aws_region),
        naming.state_key(config.environment),
    )


def lock_of(config: StateOwner, place: Place, text: str, *, fingerprint: str) -> StateLock:
    """What `text` in `place` says. One that cannot be read is still a lock; it has no owner to show."""
    try:
        info = json.loads(text)
    except ValueError:
        info = {}
    if not isinstance(info, dict):
        info = {}
    bucket, key = place_of(config)
    return StateLock(
        place=place,
        environment=config.environment,
        bucket=bucket,
        key=key,
        account_id=config.aws_account_id,
        region=config.aws_region,
        id=str(info.get("ID", "")),
        who=str(info.get("Who", "")),
        operation=str(info.get("Operation", "")),
        version=str(info.get("Version", "")),
        created=_time(str(info.get("Created", ""))),
        fingerprint=fingerprint,
    )


def _time(text: str) -> datetime | None:
    """Go writes nanoseconds, Python reads microseconds."""
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _age(age: timedelta | None) -> str:
    if age is None:
        return "age unknown"
    seconds = max(int(age.total_seconds()), 0)
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    if days:
        return f"{days} d {hours} h ago"
    if hours:
        return f"{hours} h {minutes} min ago"
    return f"{minutes} min ago" if minutes else f"{seconds} s ago"
