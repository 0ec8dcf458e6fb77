"""GitHub's workflows and actions: are they what GitHub reads (schema), and are they safe (zizmor)?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops import paths
from ops.policy import programs
from ops.policy.model import WORKFLOWS, Finding, Outcome

KINDS = (
    ("vendor.github-workflows", (".github/workflows/*.yml", ".github/workflows/*.yaml")),
    ("vendor.github-actions", (".github/actions/*/action.yml", ".github/actions/*/action.yaml")),
)
"""Workflows and actions of our own: the schema of each, and where they lie."""
SCHEMA = "check-jsonschema"
PREFIX = "zizmor/"
FOUND = (0, 11, 12, 13, 14)
"""zizmor's exit codes for nothing found, and for findings from informational to high."""


def files(root: Path = paths.ROOT) -> dict[str, str]:
    """The workflows and actions, relative to the root -> the name of their schema."""
    return {
        str(path.relative_to(root)): schema
        for schema, patterns in KINDS
        for pattern in patterns
        for path in sorted(root.glob(pattern))
    }


def scan(root: Path = paths.ROOT, binary: Path = programs.BIN) -> Outcome:
    """What both say. A file that is no workflow is shown to zizmor no more, which would pass over it."""
    every = files(root)
    findings: list[Finding] = []
    for schema in dict.fromkeys(every.values()):
        options = ["--builtin-schema", schema, "--no-cache", "--output-format", "json"]
        of_this = [str(root / name) for name, kind in every.items() if kind == schema]
        said = programs.run([SCHEMA, *options, *of_this], codes=(0, 1), binary=binary)
        findings += misread(json.loads(said), root)
    wrong = {finding.construct for finding in findings}
    passed = {(SCHEMA, name) for name in every if name not in wrong}
    if readable := [name for name in every if name not in wrong]:
        options = ["--offline", "--persona", "pedantic", "--no-config", "--no-ignores", "--strict-collection"]
        options += ["--no-progress", "--format", "json-v1"]
        said = programs.run(
            ["zizmor", *options, *[str(root / name) for name in readable]], codes=FOUND, binary=binary
        )
        unsafe = audited(json.loads(said), root)
        findings += unsafe
        passed |= {(PREFIX[:-1], name) for name in readable if name not in {one.construct for one in unsafe}}
    return Outcome(WORKFLOWS, frozenset(passed), tuple(findings))


def misread(answer: Mapping[str, Any], root: Path) -> list[Finding]:
    """The findings in check-jsonschema's answer."""
    found = []
    for error in answer.get("errors", []):
        best = error.get("best_deep_match") or error
        found.append((error["filename"], best["path"], best["message"]))
    for error in answer.get("parse_errors", []):
        found.append((error["filename"], "", error["message"]))
    return [
        Finding(
            check=SCHEMA,
            construct=_relative(name, root),
            environment=WORKFLOWS,
            address=place,
            what=f"GitHub's schema does not allow it: {message}",
            mend=f"Correct {place or 'the YAML'}",
        )
        for name, place, message in found
    ]


def audited(answer: list[Mapping[str, Any]], root: Path) -> list[Finding]:
    """The findings in zizmor's answer, one for each audit and file, with all lines."""
    places: dict[tuple[str, str], list[tuple[int, Mapping[str, Any]]]] = {}
    for one in answer:
        primary = next(place for place in one["locations"] if place["symbolic"]["kind"] == "Primary")
        name = _relative(primary["symbolic"]["key"]["Local"]["verbatim_path"], root)
        line = int(primary["concrete"]["location"]["start_point"]["row"]) + 1
        places.setdefault((str(one["ident"]), name), []).append((line, one))
    found = []
    for (ident, name), each in sorted(places.items()):
        lines = sorted({line for line, _ in each})
        first = each[0][1]
        notes = {
            place["symbolic"]["annotation"]
            for _, one in each
            for place in one["locations"]
            if place["symbolic"]["kind"] == "Primary"
        }
        severity = str(first["determinations"]["severity"]).lower()
        found.append(
            Finding(
                check=f"{PREFIX}{ident}",
                construct=name,
                environment=WORKFLOWS,
                address=f"line {', '.join(map(str, lines))}",
                what=f"{first['desc']} ({severity}): {'; '.join(sorted(notes))}",
                mend=f"See {first['url']}",
            )
        )
    return found


def _relative(name: str, root: Path) -> str:
    path = Path(name)
    return str(path.relative_to(root)) if path.is_absolute() and path.is_relative_to(root) else name
