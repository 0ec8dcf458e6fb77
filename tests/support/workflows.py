"""The workflows of GitHub as data."""

from __future__ import annotations

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
