"""Which block of the code refers to which: from a plan's `configuration`, or from the synthesized JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
References = dict[str, frozenset[str]]

INDEX = re.compile(r"\[(?:\"(?:[^\"\\]|\\.)*\"|[^\]\"]*)\]")
EXPRESSION = re.compile(r"(?<![\w.-])(?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]*\.[A-Za-z_][\w-]*")
"""A resource in a text; the names of providers' types have an underscore, those of variables and locals none
that counts: what is no block is left out anyway."""


def block(address: str) -> str:
    """The address of the block that a counted resource, or one of `for_each`, comes from."""
    return INDEX.sub("", address)


def configured(configuration: Json) -> References:
    """From a plan's `configuration`: every block, those of modules included, with what it refers to."""
    found: References = {}

    def within(module: Json, prefix: str) -> None:
        resources = module.get("resources") or ()
        for resource in resources:
            named = [*_listed(resource.get("expressions")), *_listed(resource.get("for_each_expression"))]
            named += [*_listed(resource.get("count_expression")), *(resource.get("depends_on") or ())]
            found[prefix + resource["address"]] = frozenset(prefix + _resource(name) for name in named)
        for name, call in (module.get("module_calls") or {}).items():
            within(call.get("module") or {}, f"{prefix}module.{name}.")

    within(configuration.get("root_module") or {}, "")
    return _known(found)


def synthesized(resources: Mapping[str, Json]) -> References:
    """From the bodies of the stack's resources by address: expressions in texts, and `depends_on`."""
    return _known({address: frozenset(_named(body)) for address, body in resources.items()})


def _listed(expressions: Any) -> Iterator[str]:
    """All `references` below."""
    if isinstance(expressions, Mapping):
        for key, value in expressions.items():
            if key == "references" and isinstance(value, list):
                yield from (str(one) for one in value)
            else:
                yield from _listed(value)
    elif isinstance(expressions, list):
        for member in expressions:
            yield from _listed(member)


def _resource(reference: str) -> str:
    """The block in a reference such as `aws_table.t[0].arn`."""
    parts = block(reference).split(".")
    return ".".join(parts[:3] if parts[0] == "data" else parts[:2])


def _named(body: Json) -> Iterable[str]:
    own = {key: value for key, value in body.items() if key != "//"}
    return EXPRESSION.findall(json.dumps(own))


def _known(found: Mapping[str, Iterable[str]]) -> References:
    """Without what is no block of ours, and without a block's references to itself."""
    return {
        address: frozenset(other for other in others if other in found and other != address)
        for address, others in found.items()
    }
