"""A synthesized stack as rules ask about it: resources, what they refer to, and the policies in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ops.errors import OpsError

FILE = "cdk.tf.json"
WHOLE = "stack"
"""The type of the resource that stands for the stack itself, its body being the whole document."""
REFERENCE = re.compile(r"(?:^|[^\w.-])([a-z][a-z0-9_]*\.[A-Za-z_][\w-]*)")
"""The address at the beginning of a reference, inside an expression or alone in `depends_on`."""


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource block. construct: its path without the stack's name."""

    type: str
    name: str
    construct: str
    body: Mapping[str, Any]

    @property
    def address(self) -> str:
        """type.name"""
        return f"{self.type}.{self.name}"

    def get(self, *path: str) -> Any:
        """The value at a path of attributes and blocks; None where there is none.

        A block that is written as a list of one is taken for the block.
        """
        value: Any = self.body
        for name in path:
            if isinstance(value, list) and len(value) == 1:
                value = value[0]
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value

    def blocks(self, name: str, within: Mapping[str, Any] | None = None) -> list[Mapping[str, Any]]:
        """The blocks of this name, of the resource or within one of its blocks."""
        value = (self.body if within is None else within).get(name) or []
        return [value] if isinstance(value, Mapping) else list(value)

    @cached_property
    def depends_on(self) -> frozenset[str]:
        """The addresses that it names to come first, or refers to."""
        return frozenset(self.body.get("depends_on", [])) | self.references

    @cached_property
    def references(self) -> frozenset[str]:
        """The addresses of all resources that any of its expressions refers to."""
        return frozenset(found for text in texts(self.body) for found in references(text))


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document. document: the whole of it."""

    resource: Resource
    attribute: str
    body: Mapping[str, Any]
    document: Mapping[str, Any]

    def __str__(self) -> str:
        return str(self.body.get("Sid") or self.body.get("Action"))

    @property
    def allows(self) -> bool:
        """Whether it gives something."""
        return bool(self.body.get("Effect") == "Allow")

    def listed(self, key: str) -> list[str]:
        """The texts under a key, be it one, a list or, of a principal, a list for each kind."""
        return [*flat(self.body.get(key))]

    def services(self) -> list[str]:
        """The AWS services that it names as principals."""
        principal = self.body.get("Principal")
        return [*flat(principal.get("Service"))] if isinstance(principal, Mapping) else []

    def condition_keys(self) -> frozenset[str]:
        """Such as aws:SourceArn."""
        return frozenset(key for pairs in self.body.get("Condition", {}).values() for key in pairs)


class Stack:
    """One stack of Terraform JSON. environment: its name, that of an account's stack being `account`."""

    def __init__(self, environment: str, document: Mapping[str, Any]) -> None:
        self.environment = environment
        self.document = document
        self.resources = [
            Resource(type_, name, construct_path(body), body)
            for type_, named in document.get("resource", {}).items()
            for name, body in named.items()
        ]
        self.itself = Resource(WHOLE, environment, f"({WHOLE})", document)
        self.by_address = {resource.address: resource for resource in self.resources}

    @classmethod
    def of(cls, directory: Path, environment: str) -> Stack:
        """The stack in this folder. Raises OpsError: it holds none, or none with resources."""
        file = directory / FILE
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise OpsError(f"{file} is no Terraform JSON: {error}") from error
        stack = cls(environment, document)
        if not stack.resources:
            raise OpsError(f"{file} holds no resource: there is nothing to check.")
        return stack

    @property
    def is_prod(self) -> bool:
        return self.environment == "prod"

    @property
    def region(self) -> str:
        """Of the provider without an alias."""
        return next(
            str(one.get("region"))
            for one in self.document.get("provider", {}).get("aws", [])
            if "alias" not in one
        )

    def of_type(self, *types: str) -> list[Resource]:
        """All resources of these types."""
        return [resource for resource in self.resources if resource.type in types]

    def referring(self, to: Resource, *types: str) -> list[Resource]:
        """The resources of these types that refer to this one."""
        return [one for one in self.of_type(*types) if to.address in one.references]

    def referred(self, by: Resource, type_: str) -> list[Resource]:
        """The resources of this type that this one refers to."""
        return [self.by_address[one] for one in sorted(by.references) if one.startswith(f"{type_}.")]

    def statements(self, *resources: Resource) -> Iterator[Statement]:
        """Those of all policy documents in these resources, or in all."""
        for resource in resources or self.resources:
            for attribute, value in resource.body.items():
                document = as_policy(value)
                for body in document.get("Statement", []):
                    yield Statement(resource, attribute, body, document)


def construct_path(body: Mapping[str, Any]) -> str:
    """Such as database/table; "" for what no construct made."""
    path = body.get("//", {}).get("metadata", {}).get("path", "")
    return str(path).partition("/")[2]


def as_policy(value: Any) -> Mapping[str, Any]:
    """The policy document that a text is; an empty one for whatever else it may be."""
    if not isinstance(value, str) or '"Statement"' not in value:
        return {}
    try:
        document = json.loads(value)
    except ValueError:
        return {}
    return document if isinstance(document, Mapping) else {}


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, at any depth; comments are left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "//":
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def references(text: str) -> Iterator[str]:
    """The addresses that a text refers to in its expressions `${…}`."""
    for expression in re.findall(r"\$\{([^}]*)\}", text):
        yield from (found for found in REFERENCE.findall(f" {expression}"))


def flat(value: Any) -> Iterator[str]:
    """The texts of one, of a list, or of the lists in a mapping."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from flat(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from flat(inner)
