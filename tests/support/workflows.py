"""The workflows of GitHub as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from ops.paths import ROOT

FOLDER = ROOT / ".github"
FILES = sorted(FOLDER.rglob("*.yml"))
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in FILES if path.parent.name == "workflows"}
ACTIONS = {path.parent.name: yaml.safe_load(path.read_text()) for path in FILES if path.name == "action.yml"}
JOBS = [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"]]


def job_of(workflow: str, job: str) -> dict[str, Any]:
    found: dict[str, Any] = WORKFLOWS[workflow]["jobs"][job]
    return found


def events(workflow: str) -> dict[str, Any]:
    """YAML 1.1 takes the key `on` for true."""
    told = WORKFLOWS[workflow][True]
    return told if isinstance(told, dict) else {told: None}


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step, with where it is."""
    for name, action in ACTIONS.items():
        yield from ((name, step) for step in action["runs"]["steps"])
    for name, job in JOBS:
        yield from ((f"{name}/{job}", step) for step in job_of(name, job).get("steps", ()))


def used(workflow: str, job: str, action: str) -> list[dict[str, Any]]:
    """What an action is given, each time a job uses it."""
    return [
        step.get("with", {})
        for step in job_of(workflow, job).get("steps", ())
        if step.get("uses", "").startswith(f"{action}@")
    ]


def step_named(workflow: str, job: str, name: str) -> dict[str, Any]:
    (found,) = [step for step in job_of(workflow, job)["steps"] if step["name"] == name]
    return dict(found)


def starts(workflow: str, job: str, *, ref: str, environments: str, results: dict[str, str]) -> bool:
    """Whether GitHub starts a job: the meaning of what its `if:` uses, and no more of the language.

    environments: the variable ENVIRONMENTS of the repository, "" where it is not set. results: of all jobs
    before it. Source: docs.github.com, "Evaluate expressions in workflows and actions", "Status check
    functions", "Object filters".
    """
    found = job_of(workflow, job)
    needs = found.get("needs", [])
    needed = [results[name] for name in ([needs] if isinstance(needs, str) else needs)]
    told = found.get("if", "").removeprefix("${{").removesuffix("}}")
    said = not re.search(r"\b(always|cancelled|failure|success)\(\)", told)
    for theirs, ours in (
        ("needs.*.result", "needed"),
        ("github.ref", "ref"),
        ("vars.ENVIRONMENTS", "environments"),
        ("&&", " and "),
        ("||", " or "),
    ):
        told = told.replace(theirs, ours)
    names = {
        "contains": lambda several, one: one in several,
        "fromJSON": json.loads,
        "cancelled": lambda: False,  # of the run
        "needed": needed,
        "ref": ref,
        "environments": environments,
    }
    by_itself = said and set(results.values()) - {"success"}
    return not by_itself and bool(eval(re.sub(r"!(?!=)", " not ", told) or "True", {}, names))
