"""The packages that functions carry: the wheels that Pipfile.lock names, as set-up downloaded them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SECTION = "functions"
PURE = "-none-any.whl"
"""How the name of a wheel ends that runs on every interpreter and machine (PEP 427)."""

LEFT_OUT = {
    # Routing for REST APIs and AppSync: 61 % of the package. Our API has one route per function.
    # `auth_alpha` is its companion, and would not import without it.
    "aws_lambda_powertools/event_handler/": "aws-lambda-powertools",
    "aws_lambda_powertools/utilities/auth_alpha/": "aws-lambda-powertools",
}
"""Folder -> the package whose folder it is. What is left of the package must import without it."""
KEPT_OF_METADATA = ("METADATA", "LICEN", "COPYING", "NOTICE", "AUTHORS")
"""Beginnings of names. RECORD lists what an installation has, entry points are scripts: not so in a zip."""


class NotSetUp(RuntimeError):
    """Set-up has not brought in what functions are made of."""

    exit_code = 11
    """`ops.exit_codes.ExitCode.TOOL`; not imported, because constructs import nothing of `ops`."""


class NotPure(RuntimeError):
    """Something compiled is to go into a zip: it would run on one kind of machine only."""


@dataclass(frozen=True)
class Wheel:
    """A wheel as it was published: `sha256` is one of those in the lock."""

    package: str
    path: Path
    sha256: str


@cache
def locked(root: Path) -> dict[str, Wheel]:
    """Every package of the lock's section -> its wheel in `.tools/wheels`.

    Found by the hash, so that a wheel cannot be another one. NotSetUp: one is not there. NotPure: it is of
    one platform.
    """
    section = json.loads((root / "Pipfile.lock").read_text(encoding="utf-8"))[SECTION]
    present = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path
        for path in sorted((root / ".tools" / "wheels").glob("*.whl"))
    }
    found, missing = {}, []
    for package, entry in section.items():
        named = {hash_.removeprefix("sha256:") for hash_ in entry["hashes"]} & present.keys()
        if not named:
            missing.append(package + entry["version"])
        for sha256 in named:
            found[package] = Wheel(package, present[sha256], sha256)
            if not present[sha256].name.endswith(PURE):
                raise NotPure(f"{present[sha256].name} is of one platform; functions take only *{PURE}")
    if missing:
        raise NotSetUp(
            f"The functions' packages are not there: {', '.join(missing)}.\n"
            "Run `make setup`: it brings into .tools/wheels what Pipfile.lock names."
        )
    return found


def chosen(packages: Iterable[str], root: Path) -> list[Wheel]:
    """The wheels of these packages. KeyError: the lock has no such package."""
    wheels = locked(root)
    return [wheels[package] for package in sorted(packages)]


@cache
def members(wheel: Wheel) -> dict[str, bytes]:
    """What of a wheel goes into a zip: name -> content."""
    with zipfile.ZipFile(wheel.path) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if not name.endswith("/") and is_kept(name, wheel.package)
        }


def is_kept(name: str, package: str) -> bool:
    """Whether a file of a package's wheel goes into a zip."""
    top, _, rest = name.partition("/")
    if top.endswith(".dist-info"):
        return rest.rpartition("/")[2].startswith(KEPT_OF_METADATA)
    if top.endswith(".data"):
        return False  # scripts, headers and the like, for an installation
    return not any(name.startswith(folder) for folder, owner in LEFT_OUT.items() if owner == package)
