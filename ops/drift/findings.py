"""Drift and waiting changes, read from plans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ops.drift import noise
from ops.plans import differences, masking
from ops.plans.differences import Difference
from ops.plans.document import PlanDocument, Resource, ResourceChange
from ops.plans.masking import Known, nothing_known

DELETED = "deleted"
CHANGED = "changed"

NO_MEMBERS = ({"name": "", "policy": ""}, {"name": None, "policy": None})
"""How the provider writes a role's empty set of inline policies."""


class Code(Protocol):
    """What the synthesized stack says of a resource."""

    def construct_path(self, address: str) -> str:
        """The construct, such as dev/database/table."""

    def ignored(self, address: str) -> frozenset[str]:
        """The attributes that Terraform leaves alone."""

    def sets(self, address: str, attribute: str) -> bool:
        """Whether the code gives the attribute a value."""


@dataclass(frozen=True)
class Finding:
    """One resource that is not as it was left.

    what: `changed` or `deleted`, or for a change that waits in the code Terraform's word for it. construct:
    its path, or "" where the code does not have it. id: how AWS knows it. by_hand: those attributes that a
    deploy does not write, because the code says nothing of them.
    """

    construct: str
    address: str
    type: str
    id: str
    what: str
    differences: tuple[Difference, ...] = ()
    by_hand: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "construct": self.construct,
            "address": self.address,
            "type": self.type,
            "id": self.id,
            "what": self.what,
            "attributes": [
                {
                    "attribute": one.where,
                    "before": one.before,
                    "after": one.after,
                    "sensitive": one.sensitive,
                    "deploy_reverts": one.attribute not in self.by_hand,
                    **({"known_after_apply": True} if one.unknown else {}),
                }
                for one in self.differences
            ],
        }


def drifted(plan: PlanDocument, code: Code, known: Known = nothing_known) -> list[Finding]:
    """What a plan's refresh found to be changed or deleted, without what is nobody's change.

    known: hides what plans mark, in the values; `hidden` does in what else a finding tells.
    """
    changes = [c for c in plan.drift if c.mode == "managed" and c.action != "no-op"]
    # What was deleted is in the state that is compared with, but not in the one after the refresh.
    gone = {change.address: _resource(change) for change in changes if change.after is None}
    managed = noise.Managed({**plan.prior, **gone})
    found = {}
    for change in changes:
        if change.after is None:
            found[change.address] = _finding(change, code, DELETED)
        elif seen := tuple(_seen(change, managed, code.ignored(change.address), known)):
            found[change.address] = _finding(change, code, CHANGED, seen)
    for resource in plan.prior.values():
        if added := tuple(_added(resource, managed, known)):
            found[resource.address] = _with(added, resource, code, found.get(resource.address))
    return sorted(found.values(), key=lambda one: (one.construct, one.address))


def waiting(
    plan: PlanDocument, without_refresh: PlanDocument, code: Code, known: Known = nothing_known
) -> list[Finding]:
    """What the code wants otherwise, whatever was done outside.

    without_refresh tells the code from the state that the last run wrote. Some of that is nothing: providers
    complete attributes when they read them. So it counts where the plan after a refresh has something to do.
    """
    after_refresh = {change.address for change in plan.to_do}
    found = [
        replace(_finding(change, code, change.word, tuple(differences.of(change, known=known))), by_hand=())
        for change in without_refresh.to_do
        if change.address in after_refresh
    ]
    changing = {output.name for output in plan.outputs_to_change}
    found += [
        Finding("", f"output.{output.name}", "output", output.name, "/".join(output.actions))
        for output in without_refresh.outputs_to_change
        if output.name in changing
    ]
    return sorted(found, key=lambda one: (one.construct, one.address))


def hidden(finding: Finding, hide: Callable[[str], str]) -> Finding:
    """The finding with its names and its places as they may be shown; its values are fit to be already."""
    return replace(
        finding,
        construct=hide(finding.construct),
        address=hide(finding.address),
        id=hide(finding.id),
        differences=tuple(
            replace(one, path=tuple(hide(part) if isinstance(part, str) else part for part in one.path))
            for one in finding.differences
        ),
        by_hand=tuple(map(hide, finding.by_hand)),
    )


def _seen(
    change: ResourceChange, managed: noise.Managed, ignored: frozenset[str], known: Known
) -> Iterator[Difference]:
    """The differences that somebody made. `tags_all` tells every change of `tags`, too."""
    cleaned = replace(
        change,
        before=noise.without_mirrors(change.type, change.before or {}, managed),
        after=noise.without_mirrors(change.type, change.after or {}, managed),
    )
    found = differences.of(cleaned, none_is_none=True, known=known)
    retagged = any(one.attribute == "tags_all" for one in found)
    for one in found:
        if noise.is_noise(change.type, one) or one.attribute in ignored or "all" in ignored:
            continue
        if one.attribute == "tags" and retagged:
            continue
        yield one


def _added(resource: Resource, managed: noise.Managed, known: Known) -> Iterator[Difference]:
    """Members of a set that no resource of the state is, such as a role's policy that somebody added.

    The state says nothing against them any more once an apply has refreshed it; nor does Terraform.
    """
    for attribute in noise.sets_of(resource.type):
        for member in noise.strangers(resource.type, attribute, resource.values, managed):
            if member not in NO_MEMBERS:
                shown = masking.masked(member, False, known)
                name = shown.get("name", "") if isinstance(shown, dict) else str(shown)
                yield Difference((attribute, name), None, shown)


def _with(added: tuple[Difference, ...], resource: Resource, code: Code, other: Finding | None) -> Finding:
    """The finding of a resource with what was added to its sets; no deploy takes that back."""
    finding = other or Finding(
        code.construct_path(resource.address),
        resource.address,
        resource.type,
        str(resource.values.get("id", "")),
        CHANGED,
    )
    attributes = dict.fromkeys([*finding.by_hand, *(one.attribute for one in added)])
    return replace(finding, differences=(*finding.differences, *added), by_hand=tuple(attributes))


def _finding(change: ResourceChange, code: Code, what: str, seen: tuple[Difference, ...] = ()) -> Finding:
    values = change.before or change.after or {}
    attributes = dict.fromkeys(one.attribute for one in seen)
    return Finding(
        code.construct_path(change.address),
        change.address,
        change.type,
        next((_id(change, name) for name in ("id", "name") if values.get(name)), ""),
        what,
        seen,
        tuple(attribute for attribute in attributes if not code.sets(change.address, attribute)),
    )


def _id(change: ResourceChange, name: str) -> str:
    values = change.before or change.after or {}
    marks = masking.either(change.before_sensitive, change.after_sensitive)
    return str(masking.masked(values[name], masking.inner(marks, name)))


def _resource(change: ResourceChange) -> Resource:
    return Resource(change.address, change.type, change.before or {}, change.before_sensitive)
