"""Whether a commit is older than the one that was deployed last, as GitHub has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.comment.patience import Gone
from ops.github.failures import translated

if TYPE_CHECKING:
    from github import Github


def newest(client: Github, repository: str, environment: str) -> str:
    """SHA of the commit of the newest deployment, "" where there is none. Raises Passing, OpsError.

    Each job with `environment:` makes one as it starts to wait for its reviewers. Source: docs.github.com,
    "REST API endpoints for deployments", "List deployments", which come newest first.
    """
    doing = f"GitHub: listing the deployments of {environment}"
    with translated(doing, permission="deployments: read"):
        found = client.get_repo(repository).get_deployments(environment=environment).get_page(0)
        return max(found, key=lambda one: one.id).sha if found else ""


def follows(client: Github, repository: str, sha: str, deployed: str) -> bool:
    """Whether a commit is `deployed` or has it among those before it. Raises Passing, OpsError.

    False as well where the deployed one is gone from the repository. Source: docs.github.com, "REST API
    endpoints for commits", "Compare two commits".
    """
    if sha == deployed:
        return True
    try:
        with translated("GitHub: comparing two commits", permission="contents: read", may_be_gone=True):
            return client.get_repo(repository).compare(deployed, sha).status in ("ahead", "identical")
    except Gone:
        return False
