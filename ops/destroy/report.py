"""What `ops destroy` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ops.destroy.holdings import Holding
from ops.destroy.remains import Remains
from ops.plans.document import Resource

UNITS = ("bytes", "KB", "MB", "GB", "TB")


def dying(stack: str, resources: Sequence[Resource], holdings: Sequence[Holding]) -> Iterator[str]:
    """What would be destroyed, and what it holds."""
    yield f"{stack}: {len(resources)} resources would be destroyed"
    for kind, count in Counter(resource.type for resource in resources).most_common():
        yield f"  {count:>4} {kind}"
    yield "Data that would be lost:"
    shown = [holding for holding in holdings if not holding.empty]
    for holding in shown:
        yield f"  {holding.kind} {holding.name}: {said(holding)}"
    if len(holdings) > len(shown):
        yield f"  and {len(holdings) - len(shown)} that are empty"


def said(holding: Holding) -> str:
    """The figures of one holding in words."""
    figures = ", ".join(
        size(count) if name == "bytes" else f"{count:,} {name}"
        for name, count in holding.figures.items()
        if count or name in ("items", "objects")
    )
    return " ".join(part for part in (figures, f"({holding.note})" if holding.note else "") if part)


def size(count: int) -> str:
    """Bytes for people, in powers of 1,000."""
    number, unit = float(count), 0
    while number >= 1000 and unit < len(UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{count} bytes" if unit == 0 else f"{number:.1f} {UNITS[unit]}"


def remaining(remains: Remains) -> Iterator[str]:
    """What services still held, what goes by itself, and what somebody must look at."""
    for item in remains.removable:
        yield f"  removed  {item}"
    for name, at in remains.leaving:
        yield f"  leaving  {name}: AWS deletes it on {at:%Y-%m-%d %H:%M}; until then it can be brought back"
    for item in remains.left:
        yield f"  LEFT     {item}" + (f"  {item.id}" if item.id not in ("", item.name) else "")
    for one in remains.not_asked:
        yield f"  UNKNOWN  {one.kind}: not permitted to list them. {one.reason}".rstrip()
