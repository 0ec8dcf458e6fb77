"""What lets strangers into buckets, beside their policies."""

from __future__ import annotations

from collections.abc import Iterator

from ops.gates.guards import lost
from ops.gates.references import References
from ops.gates.values import inside, is_known, lists
from ops.plans.document import ResourceChange

PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read", "website")
PUBLIC_GROUPS = ("AllUsers", "AuthenticatedUsers")
BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
ENFORCED = "BucketOwnerEnforced"


def public_access_block(change: ResourceChange, references: References) -> Iterator[str]:
    """A bucket's block of public access, or the account's."""
    if how := lost(change, references, "bucket", "aws_s3_bucket"):
        yield f"the public access block would be {how}"
    for flag in BLOCKS if change.after is not None else ():
        was_on = change.before is None or change.before.get(flag) is True
        if was_on and is_known(change, flag) and inside(change.after, flag) is not True:
            yield f"{flag} would be off"


def acl(change: ResourceChange, _: References) -> Iterator[str]:
    """Access control lists."""

    def public(values: object) -> set[str]:
        found = {name} if (name := inside(values, "acl")) in PUBLIC_ACLS else set()
        for policy in lists(values, "access_control_policy"):
            for grant in lists(policy, "grant"):
                uri = str(inside(grant, "grantee", "uri") or "")
                found |= {group for group in PUBLIC_GROUPS if uri.endswith(group)}
        return found

    for one in sorted(public(change.after) - public(change.before)):
        yield f"the access control list would let in the public ({one})"


def ownership(change: ResourceChange, references: References) -> Iterator[str]:
    """Whether access control lists count at all."""
    was, will = (inside(values, "rule", "object_ownership") for values in (change.before, change.after))
    if was == ENFORCED and (how := lost(change, references, "bucket", "aws_s3_bucket")):
        yield f"access control lists would count again (object ownership is {how})"
    elif change.after is not None and will != ENFORCED and (change.before is None or was == ENFORCED):
        yield "access control lists would count (object ownership is not BucketOwnerEnforced)"
