"""What a plan does to what holds data, read from the plan's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ops.migration import kinds

Document = dict[str, Any]


@dataclass(frozen=True)
class Endangered:
    """A resource that holds data and that a plan would delete. because: the attributes that force it."""

    address: str
    holds: str
    replaced: bool
    because: tuple[str, ...]

    def __str__(self) -> str:
        what = "replaced" if self.replaced else "destroyed"
        why = f", because of {', '.join(self.because)}" if self.because else ""
        return f"{self.address} would be {what}{why}: {self.holds} would be lost"


def endangered(plan: Document) -> list[Endangered]:
    """Everything that holds data and would not survive the plan."""
    return [
        Endangered(
            change["address"],
            kinds.of(kinds.HOLDERS[change["type"]]).holds,
            "create" in change["change"]["actions"],
            tuple(_path(path) for path in change["change"].get("replace_paths", [])),
        )
        for change in plan.get("resource_changes", [])
        if change["mode"] == "managed"
        and change["type"] in kinds.HOLDERS
        and "delete" in change["change"]["actions"]
    ]


def weakened(plan: Document) -> list[str]:
    """Protection that a plan would take away from a table that is there."""
    found = []
    for change in plan.get("resource_changes", []):
        before, after = change["change"]["before"] or {}, change["change"]["after"] or {}
        if change["type"] != "aws_dynamodb_table" or not before or not after:
            continue
        name = after["name"]
        if _recovery(before) and not _recovery(after):
            found.append(
                f"{name}: point-in-time recovery would be switched off and its backups deleted; "
                "keep it with DYNAMODB_POINT_IN_TIME_RECOVERY=true"
            )
        if before.get("deletion_protection_enabled") and not after.get("deletion_protection_enabled"):
            found.append(
                f"{name}: deletion protection would be switched off; keep it with DELETION_PROTECTION=true"
            )
        if before.get("stream_enabled") and before.get("stream_view_type") != after.get("stream_view_type"):
            found.append(f"{name}: its stream would be another, with another ARN, for all who read it")
    return found


def managed(plan: Document) -> set[tuple[str, str]]:
    """Terraform's type and id of everything that was in the state before the plan, or that it imports."""
    found = set()
    prior = plan.get("prior_state", {}).get("values", {}).get("root_module", {}).get("resources", [])
    for resource in prior:
        values = resource.get("values", {})
        found |= {(resource["type"], str(values[name])) for name in ("id", "arn", "name") if values.get(name)}
    return found


def changed(plan: Document) -> list[tuple[str, str, list[str]]]:
    """Address, actions and changed attributes of what is there already and would be updated or worse."""
    rows = []
    for change in plan.get("resource_changes", []):
        actions = change["change"]["actions"]
        before, after = change["change"]["before"] or {}, change["change"]["after"] or {}
        if change["mode"] != "managed" or actions in (["no-op"], ["create"], ["read"]):
            continue
        unknown = change["change"].get("after_unknown") or {}
        names = sorted(
            name
            for name in {*before, *after}
            if before.get(name) != after.get(name) or unknown.get(name) is True
        )
        rows.append((change["address"], "/".join(actions), names))
    return rows


def _recovery(table: dict[str, Any]) -> bool:
    return any(block.get("enabled") for block in table.get("point_in_time_recovery") or [])


def _path(path: list[Any]) -> str:
    return ".".join(str(part) for part in path)
