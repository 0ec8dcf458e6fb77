"""A plan as typed values: what changes, what was found changed, and why something is replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ops.plans import masking, references, secrets

Json = Mapping[str, Any]
Path = tuple[str | int, ...]


class Order(StrEnum):
    """In which order the two halves of a replacement come."""

    NONE = ""
    """It is no replacement."""
    DESTROY_FIRST = "destroy, then create"
    """For a while there is none."""
    CREATE_FIRST = "create, then destroy"
    CREATE_AND_FORGET = "create, then forget the old one"
    """The old one stays in AWS, and no state knows it."""


@dataclass(frozen=True)
class Resource:
    """A resource of the state.

    values: its attributes; sensitive: True in the places that are not shown. depends_on: addresses of the
    blocks that it was made from.
    """

    address: str
    type: str
    values: Json
    sensitive: Any
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResourceChange:
    """One resource of a plan: in `changes` what would be done to it, in `drift` what was found of it.

    actions: as Terraform writes them, ("create",), ("delete", "create") …; action_reason: such as
    "replace_because_cannot_update", or "". replace_paths: the attributes that force a replacement.
    before, after: the attributes, None where there is no resource; after_unknown: True in the places that
    only an apply will know; before_sensitive, after_sensitive: True in the places that must not be shown.
    importing, import_id: whether it comes into the state first, and as what, "" where AWS is asked by more
    than an id. previous_address: where it was before a `moved` block, or "". deposed: the key of an object
    that waits to be deleted after a replacement, or "".
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
    import_id: str = ""

    @property
    def action(self) -> str:
        """One word: create, update, delete, replace, forget, read or no-op; `order` tells replacements apart.

        Two actions are always a replacement, as Terraform's format has it: one that forgets the old object
        among them. An action that is not known is told as it is written.
        """
        if len(self.actions) > 1:
            return "replace"
        return self.actions[0] if self.actions else "no-op"

    @property
    def word(self) -> str:
        """As `action`, but what only comes into the state, or only moves in it, by that."""
        if self.action != "no-op":
            return self.action
        return "import" if self.importing else "move" if self.moved else "no-op"

    @property
    def order(self) -> Order:
        """Of a replacement: what comes first."""
        if len(self.actions) < 2:
            return Order.NONE
        if "forget" in self.actions:
            return Order.CREATE_AND_FORGET
        return Order.CREATE_FIRST if self.actions[0] == "create" else Order.DESTROY_FIRST

    @property
    def moved(self) -> bool:
        """Whether it has another address from now on."""
        return bool(self.previous_address)


@dataclass(frozen=True)
class DeferredChange:
    """A change that this plan leaves to a later one. reason: such as "provider_config_unknown"."""

    change: ResourceChange
    reason: str


@dataclass(frozen=True)
class Check:
    """A check of the code that does not hold. problems: its messages; status: fail, error or unknown."""

    address: str
    status: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class OutputChange:
    """One output of a plan, with its actions and values.

    unknown: True in the places that only an apply will know. resensitized: whether it was open and is
    sensitive from now on, or the other way round.
    """

    name: str
    actions: tuple[str, ...]
    before: Any
    after: Any
    sensitive: bool
    unknown: Any = False
    resensitized: bool = False


@dataclass(frozen=True)
class PlanDocument:
    """A plan.

    changes: what would be done, resources that stay as they are included. drift: how resources differ from
    the state that the last run wrote. prior: the state that the plan starts from, after its refresh, by
    address. deferred: what it leaves to a later plan. checks: those that do not hold, or are not known yet.
    invocations: addresses of the provider's own actions that it would run. references: which blocks a block
    of the code refers to, by their addresses. secrets: every text that Terraform marks as sensitive in it.
    errored: planning failed half way. complete: nothing is left to a later plan.
    """

    changes: tuple[ResourceChange, ...]
    drift: tuple[ResourceChange, ...]
    outputs: tuple[OutputChange, ...]
    prior: Mapping[str, Resource]
    terraform_version: str
    deferred: tuple[DeferredChange, ...] = ()
    checks: tuple[Check, ...] = ()
    invocations: tuple[str, ...] = ()
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    errored: bool = False
    complete: bool = True

    @property
    def to_do(self) -> tuple[ResourceChange, ...]:
        """The managed resources that an apply would touch, if only by their addresses in the state."""
        return tuple(
            change
            for change in self.changes
            if change.mode == "managed" and (change.action != "no-op" or change.importing or change.moved)
        )

    @property
    def outputs_to_change(self) -> tuple[OutputChange, ...]:
        """The outputs that an apply would write anew."""
        return tuple(output for output in self.outputs if output.actions != ("no-op",) or output.resensitized)


def read(document: Json) -> PlanDocument:
    """The typed plan of what `terraform show -json PLAN` printed."""
    state = (document.get("prior_state") or {}).get("values") or {}
    return PlanDocument(
        changes=tuple(_change(entry) for entry in document.get("resource_changes") or ()),
        drift=tuple(_change(entry) for entry in document.get("resource_drift") or ()),
        outputs=tuple(_output(*entry) for entry in (document.get("output_changes") or {}).items()),
        prior={resource.address: resource for resource in resources(state)},
        terraform_version=str(document.get("terraform_version", "")),
        deferred=tuple(
            DeferredChange(_change(entry["resource_change"]), str(entry.get("reason", "unknown")))
            for entry in document.get("deferred_changes") or ()
        ),
        checks=tuple(_checks(document)),
        invocations=tuple(str(one.get("address", "")) for one in document.get("action_invocations") or ()),
        references=references.configured(document.get("configuration") or {}),
        secrets=secrets.of(document),
        errored=document.get("errored") is True,
        complete=document.get("complete") is not False,
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
                    tuple(entry.get("depends_on") or ()),
                )
        for child in module.get("child_modules") or ():
            yield from within(child)

    yield from within(values.get("root_module") or {})


def _checks(document: Json) -> Iterator[Check]:
    for check in document.get("checks") or ():
        if check.get("status") != "pass":
            problems = [
                str(problem.get("message", ""))
                for instance in check.get("instances") or ()
                for problem in instance.get("problems") or ()
            ]
            address = (check.get("address") or {}).get("to_display", "")
            yield Check(address, str(check.get("status", "unknown")), tuple(problems))


def _change(entry: Json) -> ResourceChange:
    change = entry["change"]
    importing = change.get("importing")
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
        importing=importing is not None,
        import_id=str((importing or {}).get("id") or ""),
        previous_address=entry.get("previous_address", ""),
        deposed=entry.get("deposed", ""),
    )


def _output(name: str, change: Json) -> OutputChange:
    was, will_be = (masking.any_marked(change.get(f"{side}_sensitive")) for side in ("before", "after"))
    actions = tuple(change["actions"])
    return OutputChange(
        name=name,
        actions=actions,
        before=change.get("before"),
        after=change.get("after"),
        sensitive=was or will_be,
        unknown=change.get("after_unknown") or False,
        resensitized=was is not will_be and actions in (("update",), ("no-op",)),
    )
