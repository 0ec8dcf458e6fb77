"""What guards a GitHub environment. GitHub makes one that a job names and nobody set up, without any rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.comment.patience import Gone
from ops.github.failures import translated

if TYPE_CHECKING:
    from github import Github

REVIEWED = ("prod",)
"""Environments that somebody has to approve a deploy of."""

BRANCHES = "deployment branches (Selected branches, main only)"
REVIEWERS = "required reviewers"


def lacking(client: Github, repository: str, environment: str) -> list[str]:
    """What the GitHub environment of this name has not, and must have; [] where it is guarded.

    Which branches it names is not looked at. Raises Passing, OpsError (AUTHENTICATION): GitHub does not tell.
    Source: docs.github.com, "REST API endpoints for deployment environments", "Get an environment".
    """
    doing = f"GitHub: reading the environment {environment}"
    try:
        with translated(doing, permission="actions: read", may_be_gone=True):
            found = client.get_repo(repository).get_environment(environment)
            reviewed = any(
                rule.type == "required_reviewers" and rule.reviewers for rule in found.protection_rules or ()
            )
            return _lacking(environment, reviewed=reviewed, limited=bool(found.deployment_branch_policy))
    except Gone:
        return _lacking(environment, reviewed=False, limited=False)


def _lacking(environment: str, *, reviewed: bool, limited: bool) -> list[str]:
    """limited: to some branches."""
    wanted = ((BRANCHES, limited), (REVIEWERS, reviewed or environment not in REVIEWED))
    return [name for name, there in wanted if not there]
