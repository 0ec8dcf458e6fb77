"""A plan as typed values: what changes, what was found changed, and why something is replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Resource:
    """A resource of the state. values: its attributes; sensitive: True in the places that are not shown."""

    address: str
    type: str
    values: Json
    sensitive: Any


@dataclass(frozen=True)
class ResourceChange:
    """One resource of a plan: in `changes` what would be done to it, in `drift` what was found of it.

    actions: as Terraform writes them, ("create",), ("delete", "create") …; action_reason: such as
    "replace_because_cannot_update", or "". replace_paths: the attributes that force a replacement.
    before, after: the attributes, None where there is no resource; after_unknown: True in the places that
    only an apply will know; before_sensitive, after_sensitive: True in the places that must not be shown.
    previous_address: where it was before a `moved` block, or "". deposed: the key of an object that waits to
    be deleted after a replacement, or "".
    """

    address: str
    type: str
    name: str
    mode: str
    actions: tuple[str, ...]
    action_reason: str
    replace_paths: tuple[Path, ...]
    before: Json | None
    after: Json | None
    after_unknown: Any
    before_sensitive: Any
    after_sensitive: Any
    importing: bool
    previous_address: str
    deposed: str

    @property
    def action(self) -> str:
        """One word: create, update, delete, replace, forget, read or no-op."""
        if {"create", "delete"} <= set(self.actions):
            return "replace"
        return self.actions[0] if self.actions else "no-op"


@dataclass(frozen=True)
class OutputChange:
    """One output of a plan, with its actions and values."""

    name: str
    actions: tuple[str, ...]
    before: Any
    after: Any
    sensitive: bool


@dataclass(frozen=True)
class PlanDocument:
    """A plan.

    changes: what would be done, resources that stay as they are included. drift: how resources differ from
    the state that the last run wrote. prior: the state that the plan starts from, after its refresh, by
    address.
    """

    changes: tuple[ResourceChange, ...]
    drift: tuple[ResourceChange, ...]
    outputs: tuple[OutputChange, ...]
    prior: Mapping[str, Resource]
    terraform_version: str

    @property
    def to_do(self) -> tuple[ResourceChange, ...]:
        """The managed resources that an apply would touch."""
        return tuple(
            change
            for change in self.changes
            if change.mode == "managed" and (change.action != "no-op" or change.importing)
        )

    @property
    def outputs_to_change(self) -> tuple[OutputChange, ...]:
        """The outputs that an apply would write anew."""
        return tuple(output for output in self.outputs if output.actions != ("no-op",))


def read(document: Json) -> PlanDocument:
    """The typed plan of what `terraform show -json PLAN` printed."""
    state = (document.get("prior_state") or {}).get("values") or {}
    return PlanDocument(
        changes=tuple(_change(entry) for entry in document.get("resource_changes") or ()),
        drift=tuple(_change(entry) for entry in document.get("resource_drift") or ()),
        outputs=tuple(_output(*entry) for entry in (document.get("output_changes") or {}).items()),
        prior={resource.address: resource for resource in resources(state)},
        terraform_version=str(document.get("terraform_version", "")),
    )


def resources(values: Json) -> Iterator[Resource]:
    """The managed resources in a state's or a plan's `values`, those of modules included."""

    def within(module: Json) -> Iterator[Resource]:
        for entry in module.get("resources") or ():
            if entry["mode"] == "managed":
                yield Resource(
                    entry["address"],
                    entry["type"],
                    entry.get("values") or {},
                    entry.get("sensitive_values") or {},
                )
        for child in module.get("child_modules") or ():
            yield from within(child)

    yield from within(values.get("root_module") or {})


def _change(entry: Json) -> ResourceChange:
    change = entry["change"]
    return ResourceChange(
        address=entry["address"],
        type=entry["type"],
        name=entry.get("name", ""),
        mode=entry.get("mode", "managed"),
        actions=tuple(change["actions"]),
        action_reason=entry.get("action_reason", ""),
        replace_paths=tuple(tuple(path) for path in change.get("replace_paths") or ()),
        before=change.get("before"),
        after=change.get("after"),
        after_unknown=change.get("after_unknown") or {},
        before_sensitive=change.get("before_sensitive") or {},
        after_sensitive=change.get("after_sensitive") or {},
        importing="importing" in change,
        previous_address=entry.get("previous_address", ""),
        deposed=entry.get("deposed", ""),
    )


def _output(name: str, change: Json) -> OutputChange:
    marks = change.get("before_sensitive"), change.get("after_sensitive")
    return OutputChange(
        name=name,
        actions=tuple(change["actions"]),
        before=change.get("before"),
        after=change.get("after"),
        sensitive=any(mark not in (None, False) for mark in marks),
    )
