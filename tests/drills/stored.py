"""What is stored of a stack: state, digest, locks; and what messages tell people to do about them."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from environments import naming
from ops.exit_codes import ExitCode
from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.drills.site import Site

BUCKET = naming.state_bucket(ACCOUNT_ID, REGION)


@dataclass(frozen=True)
class Stored:
    """A state. md5: of the object's bytes; digest: what the lock table says the md5 is, "" for nothing.

    serial -1 and no resources where there is no state.
    """

    serial: int
    lineage: str
    md5: str
    digest: str
    resources: tuple[dict[str, Any], ...]

    @property
    def consistent(self) -> bool:
        """Whether Terraform would take it: it does without a digest, but not with another one."""
        return self.digest in ("", self.md5)

    def follows(self, earlier: Stored) -> bool:
        """Whether nothing of the earlier one was lost: the same state, not older."""
        return self.serial >= earlier.serial and earlier.lineage in ("", self.lineage)

    def whole(self, type_: str) -> list[dict[str, Any]]:
        """The instances of that type that Terraform does not mean to replace."""
        return [
            instance["attributes"]
            for resource in self.resources
            if resource["type"] == type_ and resource["mode"] == "managed"
            for instance in resource["instances"]
            if instance.get("status") != "tainted"
        ]


def stored(site: Site, stack: str) -> Stored:
    """Read straight from the local AWS; raises where the object is no state."""
    s3, key = site.client("s3"), naming.state_key(stack)
    item = site.client("dynamodb").get_item(
        TableName=naming.LOCK_TABLE, Key=_digest_key(stack), ConsistentRead=True
    )
    digest = item.get("Item", {}).get("Digest", {}).get("S", "")
    try:
        body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return Stored(-1, "", "", digest, ())
    state = json.loads(body)
    return Stored(
        state["serial"],
        state["lineage"],
        hashlib.md5(body).hexdigest(),
        digest,
        tuple(state["resources"]),
    )


def addresses(site: Site, stack: str) -> list[str]:
    """Of all that its state has, as Terraform writes them."""
    return [
        f"{resource['type']}.{resource['name']}{_index(instance)}"
        for resource in stored(site, stack).resources
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    ]


def _index(instance: dict[str, Any]) -> str:
    return f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""


def locked_in(site: Site, stack: str) -> list[str]:
    """The places in which the state is locked."""
    key = naming.state_key(stack)
    item = {"LockID": {"S": f"{BUCKET}/{key}"}}
    found = site.client("dynamodb").get_item(TableName=naming.LOCK_TABLE, Key=item, ConsistentRead=True)
    files = site.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{key}.tflock")
    return ["table"] * ("Item" in found) + ["file"] * files["KeyCount"]


def unlock(site: Site, stack: str) -> None:
    """As the message of a locked state says."""
    site.well("state", "unlock", stack, "--force", "--confirm", stack)


def mend(site: Site, stack: str) -> None:
    """As the message about unexpected content says: the doctor names a command, and that is run."""
    said = site.run("state", "doctor", stack)
    assert said.code == ExitCode.UNSOUND, said.output
    command = re.search(r"ops (state restore \S+ \S+)", said.output)
    assert command, said.output
    site.well(*command[1].split(), typed=f"{stack}\n")


def _digest_key(stack: str) -> dict[str, dict[str, str]]:
    return {"LockID": {"S": f"{BUCKET}/{naming.state_key(stack)}-md5"}}
