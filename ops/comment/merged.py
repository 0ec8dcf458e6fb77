"""The pull request that a commit of the main branch merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.github.failures import translated

if TYPE_CHECKING:
    from github import Github


@dataclass(frozen=True)
class Candidate:
    """A pull request with the commit.

    merge: SHA of what merging it left on the branch: the merge, the squash or the last commit of a rebase; of
    one that is not merged, that of GitHub's trial merge. Source: docs.github.com, "Get a pull request".
    """

    number: int
    merged: bool
    merge: str


def candidates(client: Github, repository: str, sha: str) -> list[Candidate]:
    """All that GitHub associates with the commit, on all pages. Raises Passing, OpsError.

    Source: docs.github.com, "REST API endpoints for commits", "List pull requests associated with a commit".
    """
    doing = f"GitHub: asking for the pull requests of commit {sha[:12]}"
    with translated(doing, permission="pull-requests: read"):
        found = client.get_repo(repository).get_commit(sha).get_pulls()
        return [Candidate(one.number, one.merged_at is not None, one.merge_commit_sha or "") for one in found]


def choose(found: Sequence[Candidate], sha: str, tell: Callable[[str], object]) -> int:
    """The number of the one that the commit merged, else of the only merged one; 0, and told why, if none."""
    merged = [one for one in found if one.merged]
    chosen = [one for one in merged if one.merge == sha] or merged
    if len(chosen) == 1:
        return chosen[0].number
    names = ", ".join(f"#{number}" for number in sorted(one.number for one in chosen or found))
    if chosen:
        tell(f"Commit {sha[:12]} is of several merged pull requests ({names}): --pull-request names one.")
    elif found:
        tell(f"No pull request of commit {sha[:12]} is merged ({names}).")
    else:
        tell(f"Commit {sha[:12]} came without a pull request.")
    return 0
