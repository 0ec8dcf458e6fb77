"""Plans as Terraform would print them, small: for what reads plans and is tested without Terraform.

Source: developer.hashicorp.com/terraform/internals/json-format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ops.plans import document
from ops.plans.document import PlanDocument
from ops.plans.synthesized import Synthesized

Json = dict[str, Any]
CREATE, UPDATE, DELETE, NO_OP, FORGET = ("create",), ("update",), ("delete",), ("no-op",), ("forget",)
REPLACE, REPLACE_CREATE_FIRST = ("delete", "create"), ("create", "delete")


def resource_change(
    address: str,
    actions: Sequence[str],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    unknown: Mapping[str, Any] | None = None,
    **more: Any,
) -> Json:
    """One entry of `resource_changes`; `more`: of the entry itself, or for `..._sensitive` of its change."""
    marks = {name: more.pop(name) for name in ("before_sensitive", "after_sensitive") if name in more}
    type_, name = address.split("[")[0].split(".")[-2:]
    return {
        "address": address,
        "mode": "managed",
        "type": type_,
        "name": name,
        "change": {
            "actions": list(actions),
            "before": None if before is None else dict(before),
            "after": None if after is None else dict(after),
            "after_unknown": dict(unknown or {}),
            **marks,
        },
        **more,
    }


def created(address: str, after: Mapping[str, Any], **more: Any) -> Json:
    """A resource that the plan makes."""
    return resource_change(address, CREATE, None, after, **more)


def updated(address: str, before: Mapping[str, Any], after: Mapping[str, Any], **more: Any) -> Json:
    """A resource that the plan changes in place."""
    return resource_change(address, UPDATE, before, after, **more)


def deleted(address: str, before: Mapping[str, Any], **more: Any) -> Json:
    """A resource that the plan destroys."""
    return resource_change(address, DELETE, before, None, **more)


def kept(address: str, values: Mapping[str, Any]) -> Json:
    """A resource that stays as it is."""
    return resource_change(address, NO_OP, values, values)


def plan(*changes: Json) -> PlanDocument:
    """The typed plan of these changes."""
    return document.read({"resource_changes": list(changes)})


def code(**resources: Mapping[str, Any]) -> Synthesized:
    """The code of resources by address, `aws_kms_key__k` for aws_kms_key.k, each with a construct path."""
    return Synthesized(
        {
            name.replace("__", "."): {
                "//": {"metadata": {"path": f"dev/{name.rpartition('__')[2]}"}},
                **body,
            }
            for name, body in resources.items()
        }
    )


def policy(*statements: Mapping[str, Any]) -> str:
    """The text of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "arn:aws:s3:::b/*", **more: Any) -> Json:
    """An Allow statement; `more` are its other elements."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def resources_of(document: Mapping[str, Any]) -> dict[str, Json]:
    """The resources of a synthesized stack by address."""
    return {
        f"{type_}.{name}": body
        for type_, named in document["resource"].items()
        for name, body in named.items()
    }


META = ("//", "lifecycle", "depends_on", "provider", "count", "for_each", "provisioner", "connection")


def first_deploy(resources: Mapping[str, Json]) -> PlanDocument:
    """The plan that makes all of a stack: what refers to anything is not known yet."""
    changes = []
    for address, body in resources.items():
        values = {name: value for name, value in body.items() if name not in META}
        unknown = {name: True for name, value in values.items() if "${" in json.dumps(value)}
        after = {name: _as_blocks(value) for name, value in values.items() if name not in unknown}
        changes.append(created(address, after, unknown=unknown | {"arn": True, "id": True}))
    return plan(*changes)


def deployed(resources: Mapping[str, Json]) -> dict[str, Json]:
    """The values of a deployed stack by address, with something made up for what only AWS knows."""

    def value(address: str, attribute: str) -> str:
        written = resources.get(address, {}).get(attribute)
        if isinstance(written, str):
            return resolved(written)
        name = address.partition(".")[2]
        return f"arn:aws:x:us-east-1:123456789012:{name}" if "arn" in attribute else f"{name}-{attribute}"

    def resolved(text: str) -> str:
        return re.sub(r"\$\{(\w+\.[\w-]+)(?:\[\*\])?\.(\w+)\}", lambda found: value(found[1], found[2]), text)

    def inside(written: Any) -> Any:
        if isinstance(written, str):
            return resolved(written)
        if isinstance(written, Mapping):
            return [{key: inside(member) for key, member in written.items()}]
        return [_first(inside(one)) for one in written] if isinstance(written, list) else written

    asked = re.findall(r"\$\{(\w+\.[\w-]+)(?:\[\*\])?\.(\w+)\}", json.dumps(resources))
    return {
        address: {name: inside(written) for name, written in body.items() if name not in META}
        | {name: value(address, name) for name in ("id", "arn", *(n for a, n in asked if a == address))}
        for address, body in resources.items()
    }


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _as_blocks(value: Any) -> Any:
    """Terraform writes every block as a list; the code may write a single one without."""
    if isinstance(value, Mapping):
        return [{key: _as_blocks(member) for key, member in value.items()}]
    return [_first(_as_blocks(one)) for one in value] if isinstance(value, list) else value
