"""What the code refers to: values that the plan knows, and names for those that only an apply will know."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ops.gates.iam.patterns import KNOWN, UNKNOWN
from ops.plans import masking
from ops.plans.document import PlanDocument, ResourceChange
from ops.plans.synthesized import Synthesized

_REFERENCE = re.compile(r"\$?\$\{([^{}]*)\}")
_ATTRIBUTE = re.compile(r"(?P<address>[a-z0-9_]+\.[\w-]+(?:\[\d+\])?)\.(?P<attribute>\w+)")

_DATA = re.compile(r"\bdata\.\w+\.[\w-]+")


class References:
    """Attributes as the code writes them, with everything put in that the plan knows."""

    def __init__(self, plan: PlanDocument, code: Synthesized) -> None:
        self._changes = {change.address: change for change in plan.changes if not change.deposed}
        self._code = code
        self._named: dict[tuple[str, str], str] = {}
        for change in self._changes.values():
            for name in _names(change):
                self._named.setdefault((change.type, name), change.address)
                self._named.setdefault(("", name), change.address)

    def after(self, change: ResourceChange, attribute: str) -> Any:
        """An attribute after the apply; where the plan does not know it, what the code says, resolved.

        None where nobody says. A place that is still not known holds its reference between UNKNOWN and KNOWN.
        """
        known = (change.after or {}).get(attribute)
        if change.after is not None and masking.any_marked(masking.inner(change.after_unknown, attribute)):
            return self.resolved(self._code.attribute(change.address, attribute))
        return known

    def resolved(self, value: Any) -> Any:
        """A value of the code. The escape $${ becomes ${."""
        if isinstance(value, str):
            return _REFERENCE.sub(self._value, value)
        if isinstance(value, Mapping):
            return {key: self.resolved(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.resolved(member) for member in value]
        return value

    def targets(self, change: ResourceChange, attribute: str, type_: str) -> tuple[str, str]:
        """The addresses of the resources that an attribute names before and after, "" where it names none.

        type_: "" for any. The value itself stands for a resource that the plan does not have.
        """
        wanted = f"{type_}." if type_ else ""
        before = self.named(change.before.get(attribute), type_) if change.before is not None else ""
        if change.after is None:
            return before, ""
        written = self._code.attribute(change.address, attribute)
        for reference in _REFERENCE.finditer(written if isinstance(written, str) else ""):
            found = _ATTRIBUTE.match(reference[1])
            if found and found["address"] in self._changes and found["address"].startswith(wanted):
                same = change.before is not None and change.before.get(attribute) == self.after(
                    change, attribute
                )
                return found["address"] if same else before, found["address"]
        after = self.after(change, attribute)
        return before, before if (change.before or {}).get(attribute) == after else self.named(after, type_)

    def named(self, value: Any, type_: str = "") -> str:
        """The address of the resource of a type that has this id, ARN or name; the value where none has.

        type_: "" for any.
        """
        return self._named.get((type_, str(value)), str(value))

    def behind(self, text: str) -> str:
        """What the code says of the data sources that a text refers to, directly or by others."""
        found: dict[str, str] = {}
        left = _DATA.findall(text)
        while left:
            address = left.pop()
            if address not in found:
                found[address] = json.dumps(self._code.bodies.get(address), sort_keys=True)
                left += _DATA.findall(found[address])
        return "\n".join(found[address] for address in sorted(found))

    def is_set(self, change: ResourceChange, attribute: str) -> bool:
        """Whether the code gives the attribute a value."""
        return self._code.sets(change.address, attribute)

    def change(self, address: str) -> ResourceChange | None:
        """What the plan does to a resource."""
        return self._changes.get(address)

    def changes(self, type_: str) -> list[ResourceChange]:
        """What the plan does to the resources of a type, those that stay as they are included."""
        return [change for change in self._changes.values() if change.type == type_]

    def _value(self, reference: re.Match[str]) -> str:
        if reference[0].startswith("$$"):
            return reference[0][1:]
        expression = reference[1].strip()
        found = _ATTRIBUTE.fullmatch(expression)
        change = self._changes.get(found["address"]) if found else None
        if found and change:
            attribute = found["attribute"]
            # A replacement takes the place of what it replaces: its name, until the apply tells the new one.
            for values, marks in (
                (change.after, change.after_sensitive),
                (change.before, change.before_sensitive),
            ):
                value = (values or {}).get(attribute)
                if isinstance(value, (str, int)) and not masking.any_marked(masking.inner(marks, attribute)):
                    return str(value)
        return f"{UNKNOWN}{expression}{KNOWN}"


def _names(change: ResourceChange) -> list[str]:
    values = change.before or change.after or {}
    names = (values.get(name) for name in ("id", "arn", "name", "url", "key_id", "function_name"))
    return [name for name in names if isinstance(name, str)]
