"""The policies of a plan: the statements before and after, whose they are, and where they stand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ops.gates import policy_values
from ops.gates.guards import destroyed, goes_along
from ops.gates.iam import statements
from ops.gates.iam.patterns import KNOWN, UNKNOWN
from ops.gates.iam.statements import ALLOW, Element, Statement, Unreadable
from ops.gates.policy_types import ATTACHMENTS, Holder, holders
from ops.gates.references import References
from ops.plans import masking
from ops.plans.document import PlanDocument, ResourceChange


@dataclass(frozen=True)
class Source:
    """One policy.

    owner: the address of the resource whose policy it is, with the kind of access: policies of one owner are
    compared together. before, after: its statements, () for none. unclear: why the new ones cannot be told,
    or "". sensitive: its text must not be shown. is_mirror: only repeats what
    resources of their own say. is_judged: whether what is new in it is this source's to tell. policy: of an
    attachment, the address of the managed policy. text: the new policy as far as anybody can tell, never to
    be shown.
    """

    change: ResourceChange
    owner: tuple[str, str]
    before: tuple[Statement, ...] = ()
    after: tuple[Statement, ...] = ()
    unclear: str = ""
    sensitive: bool = False
    is_mirror: bool = False
    is_judged: bool = True
    policy: str = ""
    text: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """Of the resource that it stands in."""
        return self.change.address

    @property
    def changed(self) -> bool:
        """Whether its statements differ at all."""
        return bool(self.unclear) or set(self.before) != set(self.after)


VALUES: Mapping[str, tuple[Callable[[Mapping[str, Any]], Statement], tuple[str, str]]] = {
    "aws_lambda_permission": (policy_values.permission, ("function_name", "aws_lambda_function")),
    "aws_lambda_layer_version_permission": (policy_values.layer, ("layer_name", "aws_lambda_layer_version")),
    "aws_kms_grant": (policy_values.grant, ("key_id", "aws_kms_key")),
}
"""Type -> how its values are read, and the attribute that names whose policy it is, with its type."""


class Sources:
    """All policies of a plan."""

    def __init__(self, plan: PlanDocument, references: References) -> None:
        self._references = references
        self._changes = [one for one in plan.changes if one.mode == "managed" and not one.deposed]
        self.all = [source for change in self._changes for source in self._of(change)]

    def is_new(self, owner: tuple[str, str]) -> bool:
        """Whether the resource that owns a policy is made by the plan, and was not there before."""
        change = self._references.change(owner[0])
        return change is not None and change.before is None and "create" in change.actions

    def is_gone(self, source: Source) -> bool:
        """Whether the owner goes with its policy; one that is only forgotten stays in AWS without it."""
        return goes_along(source.change, self._references.change(source.owner[0]))

    def _of(self, change: ResourceChange) -> Iterator[Source]:
        listed = holders(change.type)
        for holder in listed:
            yield from self._of_text(change, holder)
        if change.type in ATTACHMENTS:
            yield from self._of_attachment(change, ATTACHMENTS[change.type])
        elif change.type == "aws_iam_policy_attachment":
            yield from self._of_attachments(change)
        elif change.type == "aws_iam_role":
            yield from self._of_role(change)
        elif change.type in VALUES:
            yield from self._of_values(change, *VALUES[change.type])
        elif not listed:
            for name, value in {**(change.after or {}), **(change.before or {})}.items():
                if isinstance(value, str) and '"Statement"' in value:
                    yield from self._of_text(change, Holder(name))

    def _of_text(self, change: ResourceChange, holder: Holder) -> Iterator[Source]:
        attribute = holder.attribute
        old = (change.before or {}).get(attribute)
        new = self._references.after(change, attribute)
        marks = (masking.inner(m, attribute) for m in (change.before_sensitive, change.after_sensitive))
        before, read, unclear = _read(old), _read(new), ""
        if isinstance(read, str):
            unclear = read
        elif new is None and masking.any_marked(masking.inner(change.after_unknown, attribute)):
            unclear = "only the apply will know it"
        if change.type == "aws_kms_key_policy" and destroyed(change):
            read = (policy_values.default_key_policy(self._account_of_key(change)),)
        is_mirror = self._is_mirror(change, holder, old, new)
        whole = Source(
            change,
            (change.address, holder.access),
            before if isinstance(before, tuple) else (),
            read if isinstance(read, tuple) else (),
            "" if is_mirror else unclear,
            sensitive=any(masking.any_marked(mark) for mark in marks),
            is_mirror=is_mirror,
            text="" if new is None else f"{new}\n{self._references.behind(str(new))}",
        )
        yield from self._by_owner(whole, (holder.target, holder.of)) if holder.target else [whole]

    def _account_of_key(self, change: ResourceChange) -> str:
        key = self._references.change(self._references.targets(change, "key_id", "aws_kms_key")[0])
        parts = str((key.before or {}).get("arn") if key else "").split(":")
        return parts[4] if len(parts) > 5 else f"{UNKNOWN}its account{KNOWN}"

    def _is_mirror(self, change: ResourceChange, holder: Holder, old: Any, new: Any) -> bool:
        """Whether the provider filled it in: the code does not set it, and it stays as it is."""
        optional = not holder.target and holder.attribute == "policy" and change.type != "aws_iam_policy"
        return optional and not self._references.is_set(change, holder.attribute) and new in (None, old)

    def _by_owner(self, source: Source, target: tuple[str, str]) -> Iterator[Source]:
        """The source with its owner; apart for the old and the new one where they differ."""
        old, new = self._references.targets(source.change, *target)
        access = source.owner[1]
        if not old or not new or old == new:
            yield replace(source, owner=(new or old, access))
        else:
            yield replace(source, owner=(old, access), after=(), unclear="")
            yield replace(source, owner=(new, access), before=())

    def _of_attachment(self, change: ResourceChange, target: tuple[str, str]) -> Iterator[Source]:
        before, old = self._managed(change, after=False) if change.before is not None else ((), "")
        after, new = self._managed(change, after=True) if change.after is not None else ((), "")
        judged = change.action != "no-op"  # what its policy newly says is that policy's to tell
        whole = Source(change, ("", "identity"), before, after, is_judged=judged, policy=old or new)
        yield from self._by_owner(whole, target)

    def _managed(self, change: ResourceChange, *, after: bool) -> tuple[tuple[Statement, ...], str]:
        """What an attached policy says, and its address; one that the plan does not have, as one thing."""
        address = self._references.targets(change, "policy_arn", "aws_iam_policy")[after]
        policy = self._references.change(address)
        if policy:
            text = self._references.after(policy, "policy") if after else (policy.before or {}).get("policy")
            if isinstance(read := _read(text), tuple):
                return read, address
        return (_as_action(address),), address

    def _of_attachments(self, change: ResourceChange) -> Iterator[Source]:
        """Of the resource that attaches one policy to many."""
        for kind in ("roles", "users", "groups"):
            old, new = ({*((values or {}).get(kind) or ())} for values in (change.before, change.after))
            for name in sorted(old | new):
                before = self._managed(change, after=False)[0] if name in old else ()
                after = self._managed(change, after=True)[0] if name in new else ()
                yield Source(
                    change, (self._references.named(name, f"aws_iam_{kind[:-1]}"), "identity"), before, after
                )

    def _of_role(self, change: ResourceChange) -> Iterator[Source]:
        """Inline and attached policies that a role's own block sets."""
        old, new = change.before or {}, change.after or {}
        for attribute in ("inline_policy", "managed_policy_arns"):
            if self._references.is_set(change, attribute) or old.get(attribute) != new.get(attribute):
                before, after = (
                    tuple(one for member in values.get(attribute) or () for one in _of_member(member))
                    for values in (old, new)
                )
                yield Source(change, (change.address, "identity"), before, after)

    def _of_values(
        self, change: ResourceChange, read: Callable[[Mapping[str, Any]], Statement], target: tuple[str, str]
    ) -> Iterator[Source]:
        names = {*(change.before or {}), *(change.after or {}), *_VALUES}
        after = {name: self._references.after(change, name) for name in names}
        whole = Source(
            change,
            ("", "resource"),
            (read(change.before),) if change.before is not None else (),
            (read(after),) if change.after is not None else (),
        )
        yield from self._by_owner(whole, target)


_VALUES = ("principal", "source_arn", "function_name", "grantee_principal", "key_id", "layer_name")
"""Attributes that a new resource's `after` leaves out while they are not known."""


def _read(text: Any) -> tuple[Statement, ...] | str:
    """The statements of a policy's JSON, or why it has none that can be read."""
    if text is None or text == "":
        return ()
    try:
        return tuple(statements.of(json.loads(text)))
    except Unreadable as problem:
        return str(problem)
    except (TypeError, ValueError):
        return "it is not written as JSON"


def _of_member(member: Any) -> tuple[Statement, ...]:
    """Of a role's inline_policy, or of the ARN of a policy that is attached to it."""
    read = _read(member.get("policy")) if isinstance(member, Mapping) else str(member)
    return read if isinstance(read, tuple) else (_as_action(read),)


def _as_action(arn: str) -> Statement:
    return Statement(ALLOW, actions=Element(frozenset({f"{statements.ATTACHED}{arn}"}), negated=False))
