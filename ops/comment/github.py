"""A pull request on GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.comment.marker import PLAN, Marker
from ops.comment.sticky import Comment, ours, same
from ops.github.failures import translated

if TYPE_CHECKING:
    from github import Github
    from github.IssueComment import IssueComment

LIMIT = 65_536
"""Characters of a comment; above it GitHub answers 422."""

PERMISSION = "pull-requests: write"


class GitHubPullRequest:
    """Implements `sticky.Platform`. author: as the token's comments bear it; corrected by what GitHub says.

    run_id: of this workflow run, by which its older runs are found; "" where it is not known.
    """

    def __init__(
        self,
        client: Github,
        repository: str,
        number: int,
        *,
        author: str,
        run_id: str = "",
        kind: str = "plan",
    ) -> None:
        self._repository = client.get_repo(repository)  # lazy: asks nothing
        self._issue = self._repository.get_issue(number)
        self._number = number
        self._author = author
        self._run_id = run_id
        self._kind = kind
        self._known: dict[int, IssueComment] = {}

    def head(self) -> str:
        """SHA of the pull request's newest commit."""
        with translated(f"GitHub: reading pull request {self._number}", permission="pull-requests: read"):
            return self._repository.get_pull(self._number).head.sha

    def comments(self) -> list[Comment]:
        """All pages of them."""
        with translated(f"GitHub: listing comments of pull request {self._number}", permission=PERMISSION):
            self._known = {comment.id: comment for comment in self._issue.get_comments()}
            # The account of an author may be gone; GitHub then names none.
            found = [
                (one.id, one.user.login if one.user else "", one.body or "", one.html_url)
                for one in self._known.values()
            ]
        return ours(found, self._author, self._kind)

    def create(self, body: str) -> None:
        """Write a further comment."""
        with translated(f"GitHub: commenting on pull request {self._number}", permission=PERMISSION):
            made = self._issue.create_comment(body)
        # The token of an app other than Actions: what it writes is found under its own name.
        self._author = made.user.login

    def again(self, comment: Comment) -> Comment:
        """The same comment as it is now."""
        with translated("GitHub: reading the comment", permission=PERMISSION, may_be_gone=True):
            body = self._issue.get_comment(comment.id).body or ""
        return same(comment, body, self._kind)

    def edit(self, comment: Comment, body: str) -> None:
        """Replace a comment's text."""
        with translated("GitHub: editing the comment", permission=PERMISSION, may_be_gone=True):
            self._known[comment.id].edit(body)

    def delete(self, comment: Comment) -> None:
        """Take a comment away."""
        with translated("GitHub: deleting a comment", permission=PERMISSION, may_be_gone=True):
            self._known[comment.id].delete()

    def older_runs(self, marker: Marker) -> bool | None:
        """Whether an older run of this workflow is under way for this branch; needs `actions: read`.

        Of a deploy it is not known: the pull request's plans, which are older, are another workflow's.
        """
        import github
        import requests

        if not self._run_id.isdigit() or marker.stage != PLAN:
            return None
        try:
            run = self._repository.get_workflow_run(int(self._run_id))
            workflow = self._repository.get_workflow(run.workflow_id)
            page = workflow.get_runs(branch=run.head_branch).get_page(0)  # the newest hundred
        except (github.GithubException, requests.RequestException, ValueError):
            return None
        return any(one.run_number < marker.run and one.status != "completed" for one in page)
