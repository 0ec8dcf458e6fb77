"""Holding the lock of a state as Terraform does, for what `ops` itself writes.

Both places are taken, whatever `STATE_LOCK` says here: a colleague's checkout may say otherwise, and nobody
at all must deploy meanwhile. In Terraform's order, the file first; let go in the reverse order.
"""

from __future__ import annotations

import getpass
import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from environments import naming
from ops.aws import aws_errors
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.remote_state import locks
from ops.remote_state.locks import Place, StateLock
from ops.remote_state.model import Clients, clients

if TYPE_CHECKING:
    from ops.stacks import StateOwner


def refuse_locked(owner: StateOwner, *, with_: Clients | None = None) -> None:
    """Raises OpsError LOCKED where somebody holds the lock, in either place."""
    if found := locks.read_locks(owner, with_=with_):
        raise locked(owner.environment, found)


def locked(environment: str, found: list[StateLock]) -> OpsError:
    """Who holds it and since when; `found` may be empty where they have just let go."""
    held = "\n".join(f"  {locks.describe(one)}" for one in found) or "  somebody, a moment ago"
    return OpsError(
        f"The state of {environment} is locked:\n{held}",
        hint=f"Wait for that run. If it is dead: ops state unlock {environment}",
        code=ExitCode.LOCKED,
    )


@contextmanager
def held(owner: StateOwner, operation: str, *, with_: Clients | None = None) -> Iterator[list[StateLock]]:
    """Hold the lock inside; `operation` is what others are shown, such as `ops state restore`.

    Raises OpsError LOCKED where somebody has it. What a killed run leaves behind is a lock like any other:
    `ops state unlock` clears it.
    """
    use = with_ or clients(owner.aws_region)
    taken: list[StateLock] = []
    try:
        take(owner, operation, taken, use)
        yield taken
    finally:
        for one in reversed(taken):
            locks.clear(one, with_=use)


def take(owner: StateOwner, operation: str, taken: list[StateLock], use: Clients) -> None:
    """Take both places, adding each to `taken` at once, so that it is known what to let go."""
    id_ = str(uuid.uuid4())
    info = _info(owner, operation, id_)
    with aws_errors(f"locking the state of {owner.environment}"):
        for place, put in ((Place.FILE, _put_file), (Place.TABLE, _put_item)):
            fingerprint = put(owner, info, use)
            if fingerprint is None:
                found = locks.read_locks(owner, with_=use)
                # Where the answer to the put was lost, botocore's second try meets the lock of the first.
                if not (ours := [one for one in found if one.place is place and one.id == id_]):
                    raise locked(owner.environment, found)
                taken += ours
            elif fingerprint:
                taken.append(locks.lock_of(owner, place, info, fingerprint=fingerprint))


def _info(owner: StateOwner, operation: str, id_: str) -> str:
    """Terraform's `statemgr.LockInfo`, so that its own message can name us."""
    bucket, key = locks.place_of(owner)
    return json.dumps(
        {
            "ID": id_,
            "Operation": operation,
            "Info": "",
            "Who": f"{_user()}@{socket.gethostname()}",
            "Version": "",
            "Created": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "Path": f"{bucket}/{key}",
        }
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def _put_file(owner: StateOwner, info: str, use: Clients) -> str | None:
    """The object's ETag; None where there is a lock file."""
    from botocore.exceptions import ClientError

    from ops.aws_failures import code_of

    bucket, key = locks.place_of(owner)
    try:
        return use.s3.put_object(
            Bucket=bucket,
            Key=f"{key}.tflock",
            Body=info.encode(),
            ContentType="application/json",
            IfNoneMatch="*",
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=naming.state_kms_key_arn(owner.aws_account_id, owner.aws_region),
            ExpectedBucketOwner=owner.aws_account_id,
        )["ETag"]
    except ClientError as error:
        if code_of(error) not in ("PreconditionFailed", "ConditionalRequestConflict", "412"):
            raise
        return None


def _put_item(owner: StateOwner, info: str, use: Clients) -> str | None:
    """The item's text; None where there is a lock, empty where there is no table and so nothing to take."""
    bucket, key = locks.place_of(owner)
    try:
        use.dynamodb.put_item(
            TableName=naming.LOCK_TABLE,
            Item={"LockID": {"S": f"{bucket}/{key}"}, "Info": {"S": info}},
            ConditionExpression="attribute_not_exists(LockID)",
        )
    except use.dynamodb.exceptions.ConditionalCheckFailedException:
        return None
    except use.dynamodb.exceptions.ResourceNotFoundException:
        return ""
    return info
