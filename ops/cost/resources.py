"""The resources that are priced, in one form: from a synthesized stack, from a plan, or from its state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.plans.document import PlanDocument
from ops.plans.synthesized import Synthesized, without_index

_HASH = re.compile(r"_[0-9A-F]{8}$")
"""What cdktf puts behind the construct path in a resource's name."""


@dataclass(frozen=True)
class Resource:
    """One resource. path: its construct path, or "". values: attributes, as code, plan or state have them."""

    address: str
    type: str
    path: str
    values: Mapping[str, Any]

    @property
    def label(self) -> str:
        """The construct path as the address has it, such as storage_exports_bucket: a state has no other."""
        return _HASH.sub("", without_index(self.address).partition(".")[2])

    @property
    def place(self) -> str:
        """The label without its last part: what belongs together has the same."""
        return self.label.rpartition("_")[0]

    def blocks(self, name: str) -> list[Mapping[str, Any]]:
        """The blocks of this name: code may have one without a list, a plan always has a list."""
        return blocks(self.values, name)

    def block(self, name: str) -> Mapping[str, Any]:
        """The first block of this name, or nothing."""
        return next(iter(self.blocks(name)), {})


def blocks(values: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The blocks of this name in another block."""
    found = values.get(name) or []
    return [found] if isinstance(found, Mapping) else [one for one in found if isinstance(one, Mapping)]


def of_stack(document: Mapping[str, Any]) -> list[Resource]:
    """Of the JSON of a synthesized stack (cdk.tf.json). A `count` that is a number counts."""
    return [
        Resource(f"{type_}.{name}{index}", type_, _path(body), body)
        for type_, named in document.get("resource", {}).items()
        for name, body in named.items()
        for index in _indexes(body.get("count"))
    ]


def before(plan: PlanDocument, code: Synthesized) -> list[Resource]:
    """What is deployed, as the plan found it."""
    return [
        Resource(address, one.type, code.construct_path(address), one.values)
        for address, one in plan.prior.items()
    ]


def after(plan: PlanDocument, code: Synthesized) -> list[Resource]:
    """What would be deployed after an apply. Attributes that only that will know are missing.

    A forgotten resource leaves the state, but stays in the account, and on its bill.
    """
    return [
        Resource(change.address, change.type, code.construct_path(change.address), values)
        for change in plan.changes
        if change.mode == "managed"
        and not change.deposed
        and (values := change.before if "forget" in change.actions else change.after) is not None
    ]


def named(resources: Iterable[Resource], type_: str) -> Iterator[Resource]:
    """Those of one type."""
    return (one for one in resources if one.type == type_)


def _path(body: Mapping[str, Any]) -> str:
    return str(body.get("//", {}).get("metadata", {}).get("path", ""))


def _indexes(count: Any) -> list[str]:
    if isinstance(count, int) and not isinstance(count, bool):
        return [f"[{index}]" for index in range(count)]
    return [""]
