"""Which commit the checkout is at, and which pipeline run this is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from ops import paths
from ops.bundles.manifest import Run


@dataclass(frozen=True)
class Commit:
    """sha: 40 hex digits, "" outside git. dirty: files of it are changed.

    New files beside it do not count, a bundle may be one: what they change is in the synthesized stack.
    """

    sha: str
    dirty: bool


def commit() -> Commit:
    """Of the checkout."""
    sha = _git("rev-parse", "HEAD")
    return Commit(sha, bool(sha) and bool(_git("status", "--porcelain", "--untracked-files=no")))


def run(environ: Mapping[str, str] = os.environ) -> Run | None:
    """The GitHub Actions or GitLab run that this is; None elsewhere.

    Source: docs.github.com "Variables reference"; docs.gitlab.com "Predefined CI/CD variables reference".
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        server, repository = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
        identifier = environ.get("GITHUB_RUN_ID", "")
        return Run(
            id=identifier,
            number=int(environ.get("GITHUB_RUN_NUMBER") or 0),
            attempt=int(environ.get("GITHUB_RUN_ATTEMPT") or 1),
            url=f"{server}/{repository}/actions/runs/{identifier}",
        )
    if environ.get("GITLAB_CI") == "true":
        return Run(
            id=environ.get("CI_PIPELINE_ID", ""),
            number=int(environ.get("CI_PIPELINE_IID") or 0),
            url=environ.get("CI_PIPELINE_URL", ""),
        )
    return None


def _git(*arguments: str) -> str:
    """What git prints; "" where there is no git, or no repository."""
    try:
        result = subprocess.run(
            ["git", *arguments],
            cwd=paths.ROOT,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except OSError:
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
