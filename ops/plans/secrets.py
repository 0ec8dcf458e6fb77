"""Every value that Terraform marks as sensitive anywhere in a plan.

A mark is on one place, a value is in many: a resource repeats its sensitive input in an output that nobody
marked, and an error message quotes it. Whoever shows a plan hides these values wherever they turn up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from ops.plans import masking

Json = Mapping[str, Any]

SHORTEST = 4
"""Characters. Shorter values are words such as `on` and `dev`, which would hide half of a plan."""
SHORTEST_NUMBER = 6
"""Digits. Shorter numbers are sizes, ports and days."""


def of(document: Json) -> frozenset[str]:
    """The marked texts and numbers of `terraform show -json PLAN`; of a text that is JSON those in it."""
    return frozenset(text for text in _texts(document) if len(text) >= SHORTEST)


def _texts(document: Json) -> Iterator[str]:
    deferred = (entry.get("resource_change") or {} for entry in document.get("deferred_changes") or ())
    changes = chain(
        *(document.get(section) or () for section in ("resource_changes", "resource_drift")), deferred
    )
    described = [entry.get("change") or {} for entry in changes]
    for change in chain(described, (document.get("output_changes") or {}).values()):
        for side in ("before", "after"):
            yield from _marked(change.get(side), change.get(f"{side}_sensitive"))
    for values in ((document.get("prior_state") or {}).get("values"), document.get("planned_values")):
        yield from _state(values or {})
    declared = ((document.get("configuration") or {}).get("root_module") or {}).get("variables") or {}
    for name, variable in (document.get("variables") or {}).items():
        yield from _marked(variable.get("value"), bool((declared.get(name) or {}).get("sensitive")))


def _state(values: Json) -> Iterator[str]:
    """Data sources included: what they looked up is used elsewhere."""
    for output in (values.get("outputs") or {}).values():
        yield from _marked(output.get("value"), bool(output.get("sensitive")))
    modules = [values.get("root_module") or {}]
    for module in modules:
        for resource in module.get("resources") or ():
            yield from _marked(resource.get("values"), resource.get("sensitive_values"))
        modules += module.get("child_modules") or ()


def _marked(value: Any, marks: Any) -> Iterator[str]:
    """Only where there are marks: a plan has few of them."""
    if not marks or value is None:
        return
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _marked(member, masking.inner(marks, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _marked(member, masking.inner(marks, index))
    elif marks is True and isinstance(value, int | float) and not isinstance(value, bool):
        if sum(map(str.isdigit, text := str(value))) >= SHORTEST_NUMBER:
            yield text
    elif marks is True and isinstance(value, str):
        yield value
        yield from _inside(value)


def _inside(text: str) -> Iterator[str]:
    """The texts of a secret that is a JSON document, such as a name and a password."""
    if text.lstrip().startswith(("{", "[")):
        try:
            document = json.loads(text)
        except ValueError:
            return
        yield from _marked(document, True)
