"""The environment of a run of GitHub Actions on a pull request of the server on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.bundles.manifest import Run
from tests.support.github_server import REPOSITORY, TOKEN, GitHubServer

RUN = Run(id="900", number=12, url=f"https://github.test/{REPOSITORY}/actions/runs/900")
"""As `begin` has it; what a bundle of the run says."""


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pipeline runs, whatever these tests themselves run in."""
    for name in (
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "GITHUB_EVENT_PATH",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_REPOSITORY",
    ):
        monkeypatch.delenv(name, raising=False)


def variables(server: GitHubServer, folder: Path, identifier: str, number: int) -> dict[str, str]:
    """What GitHub tells the first attempt of a run whose event.json and summary.md are in the folder.

    identifier, number: of the run. A token is not among them: a step is given one.
    """
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": server.url,
        "GITHUB_SERVER_URL": "https://github.test",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_ID": identifier,
        "GITHUB_RUN_NUMBER": str(number),
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }


def begin(monkeypatch: pytest.MonkeyPatch, server: GitHubServer, folder: Path, number: int, sha: str) -> Path:
    """Run 12 on pull request `number`, whose newest commit is `sha`; the file of its event is returned.

    Its summary is summary.md in the folder.
    """
    event = folder / "event.json"
    event.write_text(json.dumps(event_of(number, sha)))
    server.pulls[number] = sha
    server.runs = [
        {"id": 900, "run_number": 12, "status": "in_progress", "head_branch": "b", "workflow_id": 9}
    ]
    forget(monkeypatch)
    for name, value in {"GITHUB_TOKEN": TOKEN, **variables(server, folder, RUN.id, RUN.number)}.items():
        monkeypatch.setenv(name, value)
    return event


def event_of(number: int, sha: str, head: str = REPOSITORY) -> dict[str, Any]:
    """head: the repository that the commits are of."""
    return {"pull_request": {"number": number, "head": {"sha": sha, "repo": {"full_name": head}}}}
