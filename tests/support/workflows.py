"""The workflows of GitHub as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ops.paths import ROOT

FOLDER = ROOT / ".github"


def files(folder: Path) -> list[Path]:
    """Of workflows and actions, whichever of its two endings GitHub knows them by."""
    return sorted(path for path in folder.rglob("*") if path.suffix in (".yml", ".yaml"))


FILES = files(FOLDER)
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in FILES if path.parent.name == "workflows"}
ACTIONS = {path.parent.name: yaml.safe_load(path.read_text()) for path in FILES if path.stem == "action"}
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


class Several(list[Any]):
    """A list of an expression. each: the object filter `.*.name`."""

    def each(self, name: str) -> list[Any]:
        return [one[name] for one in self]


def evaluate(expression: str, contexts: Mapping[str, Mapping[str, Any]]) -> Any:
    """What an expression means, as far as these workflows use the language.

    contexts: github, inputs, matrix, needs (job -> result) and vars; a variable that is not set is "".
    Source: docs.github.com, "Evaluate expressions in workflows and actions".
    """

    def get(context: str, name: str) -> Any:
        return contexts["vars"].get(name, "") if context == "vars" else contexts[context][name]

    told = expression.replace("needs.*.result", "needs").replace("&&", " and ").replace("||", " or ")
    told = re.sub(r"\b(github|inputs|matrix|vars)\.([\w-]+)", r'get("\1", "\2")', told)
    told = re.sub(r"\.\*\.(\w+)", r'.each("\1")', told)
    names = {
        "get": get,
        "needs": list(contexts.get("needs", {}).values()),
        "contains": lambda several, one: one in several,
        "join": lambda several, between: between.join(several),
        "fromJSON": lambda text: Several(json.loads(text)),
        "cancelled": lambda: False,  # of the run
        "false": False,
    }
    return eval(re.sub(r"!(?!=)", " not ", told), {}, names)


def variables(
    workflow: str, job: str, name: str, contexts: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """The environment variables that a step is given by its job and by itself."""
    given = {**job_of(workflow, job).get("env", {}), **step_named(workflow, job, name).get("env", {})}
    return {
        key: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: str(evaluate(found[1], contexts)), value)
        for key, value in given.items()
    }


def starts(workflow: str, job: str, *, ref: str, environments: str, results: dict[str, str]) -> bool:
    """Whether GitHub starts a job.

    environments: the variable ENVIRONMENTS of the repository, "" where it is not set. results: of all jobs
    before it; without a status function of its own a job is started where all of them ended in success.
    """
    found = job_of(workflow, job)
    needs = found.get("needs", [])
    told = found.get("if", "").removeprefix("${{").removesuffix("}}").strip()
    contexts = {
        "github": {"ref": ref},
        "vars": {"ENVIRONMENTS": environments},
        "needs": {name: results[name] for name in ([needs] if isinstance(needs, str) else needs)},
    }
    by_itself = re.search(r"\b(always|cancelled|failure|success)\(\)", told)
    if not by_itself and set(results.values()) - {"success"}:
        return False
    return not told or bool(evaluate(told, contexts))
