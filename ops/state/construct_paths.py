"""Which construct a Terraform address belongs to, from the synthesized stack.

The end of a cdktf address is a hash of the construct's path, so a path that is found here is right, however
old the synthesized file: what has moved since has another address. What is not found is not guessed; the
other way round, from a hash to a path, there is no way.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ops.plans.synthesized import Synthesized
from ops.state.document import Instance


def read(directory: Path) -> dict[str, str]:
    """Address without index -> path without the stack's name; empty where nothing was synthesized here."""
    try:
        code = Synthesized.of(directory)
    except (FileNotFoundError, ValueError):
        return {}
    return {address: path.partition("/")[2] for address, path in code.construct_paths().items()}


def of(instance: Instance, paths: dict[str, str]) -> str:
    """The construct's path with the instance's index; empty where it is unknown."""
    address, bracket, index = instance.address.partition("[")
    path = paths.get(address, "")
    return f"{path}{bracket}{index}" if path else ""


def matching(instances: Iterable[Instance], paths: dict[str, str], wanted: str) -> list[Instance]:
    """Those that `wanted` names: an address or a path, with or without the index or the stack's name."""

    def names(instance: Instance) -> set[str]:
        path = of(instance, paths)
        both = {instance.address, *([path] if path else [])}
        return both | {name.partition("[")[0] for name in both}

    given = {wanted, wanted.partition("/")[2]} - {""}
    every = list(instances)
    exact = [one for one in every if one.address == wanted]
    return exact or [one for one in every if names(one) & given]
