"""Which pull request is meant, and which run speaks: from the command line, else from the pipeline."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.comment.marker import DEPLOY, PLAN, SHA, Marker
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from ops.bundles.manifest import Run

GITHUB = "github"
GITLAB = "gitlab"

MergedOf = Callable[[str, str], int]
"""Of a repository and a commit: the number of the pull request that it merged, 0 where there is none."""

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Given:
    """What the command line says; "" and 0 where it says nothing."""

    platform: str = ""
    repository: str = ""
    number: int = 0
    sha: str = ""
    run: int = 0


@dataclass(frozen=True)
class Place:
    """platform: github or gitlab. repository: owner/name; of GitLab the project's path or id. run_id: of the
    pipeline that speaks, "" outside one. fork: the commits are somebody else's repository's."""

    platform: str
    repository: str
    number: int
    marker: Marker
    run_id: str = ""
    fork: bool = False


def find(
    given: Given, run: Run | None, environ: Mapping[str, str], merged_of: MergedOf | None = None
) -> Place | None:
    """The place; None where neither the command line nor the pipeline is about a pull request.

    run: that which made the plans. merged_of: given where the commit is a merged one that is deployed; it is
    asked where the command line names no pull request. Raises OpsError (CONFIGURATION) for what is missing or
    not allowed. Source: docs.github.com "Variables reference" and "Webhook events and payloads";
    docs.gitlab.com "Predefined CI/CD variables reference".
    """
    platform = given.platform or (GITLAB if environ.get("GITLAB_CI") == "true" else GITHUB)
    fork = False
    if merged_of:
        repository, sha = of_deploy(platform, given, environ)
        number = given.number or merged_of(repository, sha)
    elif platform == GITHUB:
        event = _event(environ.get("GITHUB_EVENT_PATH", ""))
        repository = given.repository or environ.get("GITHUB_REPOSITORY", "")
        number = given.number or _number(event)
        sha = given.sha or str(_in(event, "pull_request", "head", "sha") or "")
        source = str(_in(event, "pull_request", "head", "repo", "full_name") or repository)
        fork = source.lower() != repository.lower()
    else:
        repository = given.repository or environ.get("CI_PROJECT_ID", "")
        number = given.number or int(environ.get("CI_MERGE_REQUEST_IID") or 0)
        # Of a merged results pipeline CI_COMMIT_SHA is a commit that the branch does not have.
        sha = (
            given.sha or environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environ.get("CI_COMMIT_SHA", "")
        )
    if not number:
        return None
    _check(platform, repository, sha)
    counted, attempt = (given.run, 1) if given.run else (run.number, run.attempt) if run else (0, 1)
    if not counted:
        raise OpsError(
            "Which run speaks is not known: no pipeline made these plans, and none is running.",
            hint="Give its number, higher than that of the run before:  --run 12",
            code=ExitCode.CONFIGURATION,
        )
    marker = Marker(counted, attempt, sha, stage=DEPLOY if merged_of else PLAN)
    return Place(platform, repository, number, marker, run.id if run and not given.run else "", fork)


def of_deploy(platform: str, given: Given, environ: Mapping[str, str]) -> tuple[str, str]:
    """Repository and commit of a run that deploys. Raises OpsError (CONFIGURATION)."""
    if platform != GITHUB:
        raise OpsError(
            "--merged is for GitHub only.",
            hint="Name the merge request:  --pull-request NUMBER, without --merged",
            code=ExitCode.CONFIGURATION,
        )
    repository = given.repository or environ.get("GITHUB_REPOSITORY", "")
    sha = given.sha or environ.get("GITHUB_SHA", "")
    _check(platform, repository, sha)
    if not sha:
        raise OpsError(
            "Which commit was merged is not known.",
            hint="Give it:  --sha $(git rev-parse HEAD); in a workflow GITHUB_SHA has it.",
            code=ExitCode.CONFIGURATION,
        )
    return repository, sha


def _check(platform: str, repository: str, sha: str) -> None:
    if platform == GITHUB and not REPOSITORY.fullmatch(repository):
        raise OpsError(
            f"The repository is {repository!r}; it must be owner/name.",
            hint="Give it:  --repository owner/name; in a workflow GITHUB_REPOSITORY has it.",
            code=ExitCode.CONFIGURATION,
        )
    if not repository:
        raise OpsError(
            "The project is not known.",
            hint="Give its path or id:  --repository group/name; in a pipeline CI_PROJECT_ID has it.",
            code=ExitCode.CONFIGURATION,
        )
    if not SHA.fullmatch(sha):
        raise OpsError(
            f"The commit is {sha!r}; it must be the 40 hex digits of a commit.",
            hint="Give it whole:  --sha $(git rev-parse HEAD)",
            code=ExitCode.CONFIGURATION,
        )


def _event(path: str) -> Any:
    """The event that started the workflow; {} where there is none."""
    if not path:
        return {}
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OpsError(
            f"GITHUB_EVENT_PATH names {path}, which cannot be read as JSON.",
            hint="Unset it, and give --pull-request.",
            code=ExitCode.CONFIGURATION,
        ) from error


def _number(event: Any) -> int:
    """Of the pull request, also where somebody commented on it."""
    found = _in(event, "pull_request", "number")
    if found is None and _in(event, "issue", "pull_request") is not None:
        found = _in(event, "issue", "number")
    return found if isinstance(found, int) else 0


def _in(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
