"""A run of a workflow of GitHub on this machine: its steps' scripts, with the variables they are given."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from ops.local_aws.example import EXAMPLE_VALUES
from tests.local.checkout import Checkout
from tests.support.actions_run import variables as variables_of_run
from tests.support.github_server import TOKEN, GitHubServer
from tests.support.workflows import step_named, variables


class GitHubRun:
    """A run about dev alone, against the checkout's local AWS; what it writes on GitHub, it writes there.

    called: the workflow of its jobs, where another one starts it. number: of the run. event: what started it.
    Artifacts need not be fetched: all jobs share the checkout.
    """

    def __init__(
        self,
        here: Checkout,
        github: GitHubServer,
        workflow: str,
        *,
        number: int,
        event: dict[str, Any],
        called: str = "",
    ) -> None:
        self._here = here
        self._workflow = called or workflow
        self._folder = here.root.parent / f"{workflow}-{number}"
        self._folder.mkdir()
        (self._folder / "event.json").write_text(json.dumps(event))
        self.id = 900 + number
        github.runs.append(
            {
                "id": self.id,
                "run_number": number,
                "status": "in_progress",
                "head_branch": "b",
                "workflow_id": 9,
            }
        )
        self._defaults = variables_of_run(github, self._folder, str(self.id), number)

    @property
    def summary(self) -> Path:
        """What its steps tell in the summary of the run."""
        return self._folder / "summary.md"

    def step(self, job: str, name: str, *, code: int = 0) -> str:
        """What a step prints; any other exit code fails the test."""
        contexts = {
            "vars": {"ENVIRONMENTS": '["dev"]', "ACCOUNTS": "[]"},
            "matrix": {"stack": "dev"},
            "inputs": {"environment": "dev", "take-back": False},
            "github": {"token": TOKEN},
        }
        environ = {
            **self._here.local_aws.client_environment(self._here.environ()),
            **EXAMPLE_VALUES,
            **self._defaults,
            "GITHUB_SHA": commit(self._here),
            **variables(self._workflow, job, name, contexts),
        }
        script = step_named(self._workflow, job, name)["run"]
        return self._here.run("bash", "-e", "-c", script, code=code, environ=environ)


def commit(here: Checkout) -> str:
    """What the checkout is at: 40 hex digits."""
    asked = ["git", "rev-parse", "HEAD"]
    return subprocess.run(asked, cwd=here.root, check=True, capture_output=True, text=True).stdout.strip()
