"""The skip table: which check may refuse which resource where, and why."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import ENVIRONMENTS, naming
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.policy import programs
from ops.policy.model import WORKFLOWS, Skip

FILE = programs.FOLDER / "skips.toml"
WHERE = (naming.ACCOUNT, *ENVIRONMENTS, WORKFLOWS)
LISTS = ("resources", "environments")
KEYS = ("check", *LISTS, "reason")
SHORTEST = 20
"""Characters of a reason: "not needed" is none."""


@dataclass(frozen=True)
class Table:
    """skips: one for each resource and environment of an entry; trouble: what is wrong with entries."""

    skips: tuple[Skip, ...]
    trouble: tuple[str, ...]


def load(file: Path = FILE) -> Table:
    """The table in this file. Raises OpsError (CONFIGURATION): there is none, or it is not TOML."""
    try:
        text = file.read_text(encoding="utf-8")
        entries = tomllib.loads(text).get("skip", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise OpsError(
            f"The skip table {file.name} cannot be read: {error}",
            hint="docs/policy.md shows what an entry looks like.",
            code=ExitCode.CONFIGURATION,
        ) from error
    lines = [text[: found.start()].count("\n") + 1 for found in re.finditer(r"(?m)^\[\[skip\]\]", text)]
    skips: list[Skip] = []
    trouble: list[str] = []
    seen: dict[tuple[str, str, str], int] = {}
    for line, entry in zip(lines, entries, strict=True):
        wrong = [*_wrong(entry)]
        trouble += [f"{file.name}:{line}: {problem}" for problem in wrong]
        if wrong:
            continue
        for resource in entry["resources"]:
            for environment in entry["environments"]:
                skip = Skip(entry["check"], resource, environment, entry["reason"].strip(), line)
                if (first := seen.setdefault(skip.key, line)) != line:
                    trouble.append(f"{file.name}:{line}: {named(skip)} is skipped in line {first} already")
                else:
                    skips.append(skip)
    return Table(tuple(skips), tuple(trouble))


def _wrong(entry: dict[str, Any]) -> Iterable[str]:
    """What is wrong with one entry."""
    if unknown := sorted(set(entry) - set(KEYS)):
        yield f"unknown key {', '.join(unknown)}; allowed: {', '.join(KEYS)}"
    if not isinstance(entry.get("check"), str) or not entry["check"]:
        yield "check is missing: the id of one check, such as CKV_AWS_18"
    for name in LISTS:
        values = entry.get(name)
        if not isinstance(values, list) or not values or not all(isinstance(v, str) and v for v in values):
            yield f"{name} is missing: a list of texts"
        elif len(set(values)) != len(values):
            yield f"{name} names something twice"
        elif any("*" in value for value in values):
            yield f"{name} has a wildcard: each is named by itself, so that a new one is looked at"
    for environment in entry.get("environments") or []:
        if isinstance(environment, str) and environment not in WHERE and "*" not in environment:
            yield f"unknown environment {environment!r}; allowed: {', '.join(WHERE)}"
    reason = entry.get("reason")
    if not isinstance(reason, str) or len(reason.strip()) < SHORTEST:
        yield f"reason is missing: why this resource is right as it is, in {SHORTEST} characters or more"


def unknown_checks(skips: Iterable[Skip], known: Collection[str], file: str = FILE.name) -> list[str]:
    """The entries whose check nobody has, so that a check that was renamed is not skipped for ever."""
    found = dict.fromkeys((skip.line, skip.check) for skip in skips if skip.check not in known)
    return [f"{file}:{line}: no scanner and no rule has a check {check}" for line, check in found]


def unused(skips: Iterable[Skip], used: Collection[Skip], file: str = FILE.name) -> list[str]:
    """The skips that explain no finding."""
    return [
        f"{file}:{skip.line}: {named(skip)} explains nothing: it is not found any more, so take it out"
        for skip in skips
        if skip not in used
    ]


def named(skip: Skip) -> str:
    """As people read it."""
    return f"{skip.check} of {skip.construct} in {skip.environment}"
