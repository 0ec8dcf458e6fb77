"""The table of a migration: each old resource, whether it holds data, and what happens with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ops.migration import kinds
from ops.migration.cdk import Resource, plain
from ops.terraform import Change

Managed = set[tuple[str, str]]


class Fate(StrEnum):
    """What happens with an old resource."""

    IMPORT = "import"
    IMPORTED = "imported"
    """Terraform has it already."""
    TAKE_OVER = "take over"
    """Of the same name as ours, which AWS writes over it."""
    LEAVE = "leave"
    """It stays, outside Terraform."""
    ANEW = "make anew"
    """Ours is another, beside it; it goes with its stack."""


@dataclass(frozen=True)
class Row:
    """An old resource. stack, logical_id: empty where it was found by its name alone; note: what to know."""

    kind: str
    name: str
    stack: str
    logical_id: str
    holds: str
    fate: Fate
    address: str
    note: str

    @property
    def stays(self) -> bool:
        """Whether it must not go with its stack."""
        return bool(self.holds) or kinds.of(self.kind).stays or self.fate not in (Fate.ANEW, Fate.LEAVE)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self) | {"stays": self.stays}


def rows(
    old: Iterable[Resource], found: dict[str, str], changes: Iterable[Change], managed: Managed
) -> list[Row]:
    """found: address -> import id; changes, managed: what a plan changes, and what Terraform has already."""
    imported = {
        (kind, plain(kind, identifier)): address
        for address, identifier in found.items()
        if (kind := _kind(address.partition(".")[0]))
    }
    creating = {(c.type, str(c.after.get("name"))) for c in changes} | {
        (c.type, str(c.after.get(argument)))
        for c in changes
        for type_, argument in kinds.SAME_NAME.values()
        if c.type == type_
    }
    table = [_row(resource, imported, creating | managed, managed) for resource in dict.fromkeys(old)]
    known = {(row.kind, row.name) for row in table}
    table += [
        Row(kind, name, "", "", kinds.of(kind).holds, Fate.IMPORT, address, "found by its name")
        for (kind, name), address in imported.items()
        if (kind, name) not in known
    ]
    order = list(Fate)
    return sorted(table, key=lambda row: (not row.holds, order.index(row.fate), row.kind, row.name))


def _row(resource: Resource, imported: dict[tuple[str, str], str], named: Managed, managed: Managed) -> Row:
    kind = kinds.of(resource.kind)
    address = imported.get((resource.kind, resource.name), "")
    if address:
        fate, note = Fate.IMPORT, ""
    elif any((type_, resource.name) in managed for type_ in _types(resource.kind)):
        fate, note = Fate.IMPORTED, ""
    elif _same_name(resource, named):
        fate, note = Fate.TAKE_OVER, "of the same name: stays, or it would go with its stack"
    else:
        fate, note = (Fate.LEAVE if kind.holds or kind.stays else Fate.ANEW), kind.otherwise
    return Row(
        resource.kind, resource.name, resource.stack, resource.logical_id, kind.holds, fate, address, note
    )


def _kind(type_: str) -> str:
    """CloudFormation's type for one of Terraform's; empty for what only an apply of ours has made."""
    return kinds.NAMED.get(type_) or kinds.HOLDERS.get(type_, "")


def _types(kind: str) -> list[str]:
    return [terraform for terraform, type_ in (kinds.NAMED | kinds.HOLDERS).items() if type_ == kind]


def _same_name(resource: Resource, named: Managed) -> bool:
    if resource.kind not in kinds.SAME_NAME:
        return False
    type_, _ = kinds.SAME_NAME[resource.kind]
    return bool({(type_, resource.name), (type_, resource.name.rpartition(":")[2])} & named)
