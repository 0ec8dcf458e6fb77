"""Members of a setting that are taken away: replicas, rules of backups, what a trail records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ops.gates.backups import fewer_backups
from ops.plans.document import ResourceChange


def members_gone(change: ResourceChange) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What of the blocks of these resources is gone, or keeps for a shorter time."""
    old, new = change.before or {}, change.after or {}
    if change.type == "aws_dynamodb_table":
        for region in _gone("region_name", old.get("replica"), new.get("replica")):
            yield f"its copy in {region} would be destroyed", ()
    elif change.type == "aws_cloudtrail":
        for block in ("advanced_event_selector", "event_selector"):
            before, after = (values.get(block) or [] for values in (old, new))
            if lost := [one for one in before if not any(_records(other, one) for other in after)]:
                yield (
                    "would not record all that it records",
                    tuple(f"{block} {_told(one)} goes or is narrower" for one in lost),
                )
    elif change.type == "aws_backup_plan":
        for what in fewer_backups(old, new):
            yield what, ()


def _gone(name: str, old: Any, new: Any) -> list[str]:
    before, after = ({str(block.get(name)) for block in blocks or ()} for blocks in (old, new))
    return sorted(before - after)


def _records(selector: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether it records at least what the other one does: each of its fields asks for no more."""
    fields = {one.get("field"): one for one in other.get("field_selector") or ()}
    if not fields:
        return {**selector, "name": None} == {**other, "name": None}
    return all(
        one.get("field") in fields and _is_wider(one, fields[one.get("field")])
        for one in selector.get("field_selector") or ()
    )


def _is_wider(field: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Values are alternatives, those of a `not_` are exceptions."""
    for name in {*field, *other} - {"field"}:
        mine, theirs = ({*(one.get(name) or ())} for one in (field, other))
        if name.startswith("not_"):
            if not mine <= theirs:
                return False
        elif mine and not (theirs and theirs <= mine):
            return False
    return True


def _told(selector: Mapping[str, Any]) -> str:
    return str(selector.get("name") or selector.get("read_write_type") or "without a name")
