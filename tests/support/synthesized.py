"""Looking at a synthesized stack."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from constructs_lib import app
from tests.support import configuration


@dataclass
class Synthesized:
    """A stack's JSON."""

    text: str

    @property
    def json(self) -> dict[str, Any]:
        """The whole document."""
        document: dict[str, Any] = json.loads(self.text)
        return document

    def all(self, type_: str) -> dict[str, dict[str, Any]]:
        """Resources of a type: construct path (without the stack's name) -> attributes."""
        return {
            resource["//"]["metadata"]["path"].split("/", 1)[1]: resource
            for resource in self.json["resource"].get(type_, {}).values()
        }

    def only(self, type_: str) -> dict[str, Any]:
        """The one resource of a type."""
        found = self.all(type_)
        assert len(found) == 1, f"expected one {type_}, found {sorted(found)}"
        return next(iter(found.values()))

    def resources(self) -> dict[str, dict[str, Any]]:
        """All resources: construct path -> attributes."""
        return {
            path: attributes
            for type_ in self.json["resource"]
            for path, attributes in self.all(type_).items()
        }

    def policies(self) -> dict[str, list[dict[str, Any]]]:
        """Every policy document of the stack: construct path and attribute -> statements."""
        found = {}
        for path, attributes in self.resources().items():
            for name in ("policy", "assume_role_policy"):
                if isinstance(attributes.get(name), str):
                    found[f"{path} {name}"] = json.loads(attributes[name])["Statement"]
        return found


@cache
def stack(environment: str, **changes: str) -> Synthesized:
    """Synthesize one environment, aspects included, with the example configuration and these changes.

    Once per session for each set of arguments.
    """
    with tempfile.TemporaryDirectory() as directory:
        app.synthesize(
            {environment: configuration.config(environment, **changes)},
            configuration.accounts(environment, **changes),
            directory,
        )
        return Synthesized(Path(directory, "stacks", environment, "cdk.tf.json").read_text(encoding="utf-8"))


@cache
def account_stack(**changes: str) -> Synthesized:
    """Synthesize the stack of the account that all environments live in; the rest as in `stack`."""
    with tempfile.TemporaryDirectory() as directory:
        app.synthesize({}, configuration.accounts("dev", **changes), directory)
        return Synthesized(Path(directory, "stacks", "account", "cdk.tf.json").read_text(encoding="utf-8"))
