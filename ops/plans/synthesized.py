"""What the synthesized stack says of a resource: the construct it comes from, and its lifecycle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.plans import references

FILE = "cdk.tf.json"


class Synthesized:
    """The resources and data sources of one stack, asked by their Terraform addresses."""

    def __init__(self, resources: Mapping[str, Mapping[str, Any]]) -> None:
        self._resources = resources

    @classmethod
    def of(cls, directory: Path) -> Synthesized:
        """The stack in this folder, in which Terraform runs. Raises FileNotFoundError, ValueError."""
        return cls.of_document(json.loads((directory / FILE).read_text(encoding="utf-8")))

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Synthesized:
        """The stack that this JSON describes; an empty one knows nothing."""
        return cls(
            {
                f"{before}{type_}.{name}": body
                for section, before in (("resource", ""), ("data", "data."))
                for type_, named in document.get(section, {}).items()
                for name, body in named.items()
            }
        )

    def construct_path(self, address: str) -> str:
        """Such as dev/database/table; "" for what the code does not have any more."""
        return str(self._body(address).get("//", {}).get("metadata", {}).get("path", ""))

    def construct_paths(self) -> dict[str, str]:
        """Address -> construct path, of every block that has one."""
        paths = {address: self.construct_path(address) for address in self._resources}
        return {address: path for address, path in paths.items() if path}

    def ignored(self, address: str) -> frozenset[str]:
        """The attributes that Terraform is told to leave alone (`ignore_changes`)."""
        ignored = self._body(address).get("lifecycle", {}).get("ignore_changes", [])
        return frozenset(ignored if isinstance(ignored, list) else [ignored])

    def sets(self, address: str, attribute: str) -> bool:
        """Whether the code gives this attribute a value, so that a deploy writes it again."""
        return attribute in self._body(address) or attribute == "tags_all"

    def attribute(self, address: str, name: str) -> Any:
        """What the code gives an attribute, references as they are written; None where it says nothing."""
        return self._body(address).get(name)

    def protected(self) -> list[str]:
        """The addresses that Terraform refuses to destroy (`prevent_destroy`)."""
        return sorted(
            address
            for address, body in self._resources.items()
            if body.get("lifecycle", {}).get("prevent_destroy") is True
        )

    def references(self) -> Mapping[str, frozenset[str]]:
        """Which resource's block refers to which, by their addresses."""
        return references.synthesized(self._resources)

    @property
    def bodies(self) -> Mapping[str, Mapping[str, Any]]:
        """What the code sets, by address."""
        return self._resources

    def _body(self, address: str) -> Mapping[str, Any]:
        return self._resources.get(without_index(address), {})


def without_index(address: str) -> str:
    """The address of the block that a counted resource comes from."""
    return references.block(address)
