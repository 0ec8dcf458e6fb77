"""Object lock that would hold new objects for a shorter time, or less firmly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.gates.values import inside, is_known
from ops.plans.document import ResourceChange

TYPE = "aws_s3_bucket_object_lock_configuration"
DAYS_A_YEAR = 365
FIRM, LOOSE = "COMPLIANCE", "GOVERNANCE"


def kept_for_less(change: ResourceChange) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Default retention that goes, is shorter, or that privileged people may end before its time."""
    if change.type != TYPE or change.before is None or not is_known(change, "rule"):
        return
    was, will = _days(change.before), _days(change.after)
    if was and will < was:
        held = f"for {will} days" if will else "not at all"
        yield f"new objects would be held {held}, until now for {was} days", ()
    old, new = (
        inside(values, "rule", "default_retention", "mode") for values in (change.before, change.after)
    )
    if old == FIRM and new == LOOSE:
        yield f"whoever may bypass {LOOSE} could delete what {FIRM} would hold for everybody", ()


def _days(values: Any) -> int:
    days, years = (inside(values, "rule", "default_retention", name) for name in ("days", "years"))
    return int(days or 0) or int(years or 0) * DAYS_A_YEAR
