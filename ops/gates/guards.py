"""What guards another resource: whether that one stays without it."""

from __future__ import annotations

from ops.gates.references import References
from ops.plans.document import ResourceChange


def destroyed(change: ResourceChange) -> bool:
    """Whether AWS will not have it any more; what Terraform only forgets stays in AWS."""
    return "delete" in change.actions and change.after is None


def goes_along(change: ResourceChange, owner: ResourceChange | None) -> bool:
    """Whether a resource ends and nothing is left without it: what it belongs to is destroyed, or both are
    only forgotten."""
    if owner is None or owner.after is not None:
        return False
    return destroyed(owner) or "delete" not in change.actions


def lost(change: ResourceChange, references: References, attribute: str, type_: str = "") -> str:
    """How the resource that an attribute names loses its guard: such as "gone"; "" where it does not.

    type_: of that resource, "" for any. A guard that gets another one leaves the first.
    """
    if change.before is None or change.action == "no-op":
        return ""
    old, new = references.targets(change, attribute, type_)
    if goes_along(change, references.change(old)):
        return ""
    if change.after is None:
        return "gone" if destroyed(change) else "forgotten"
    return f"gone from {old}" if old != new else ""
