"""Issues of ours on GitHub: found by their label, our author and what their text begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.comment import drift_issue
from ops.comment.drift_issue import LABEL, Drift, Issue
from ops.github.failures import translated

if TYPE_CHECKING:
    from github import Github
    from github.Issue import Issue as GitHubIssue

PERMISSION = "issues: write"


class DriftIssues:
    """The issues about one environment's drift. author: as the token's issues bear it."""

    def __init__(self, client: Github, repository: str, environment: str, *, author: str) -> None:
        self._repository = client.get_repo(repository)  # lazy: asks nothing
        self._environment = environment
        self._author = author
        self._known: dict[int, GitHubIssue] = {}
        self._opened = ""

    def settle(self, drift: Drift) -> tuple[list[str], str]:
        """Bring the one issue to what was found: what was done, and the issue's address or "".

        May be called again after Passing: what is done is found done. Raises Passing, OpsError.
        """
        found = self._found()
        # An open one before a closed one, then the oldest: which of two stays is always the same one.
        keep = min(found, key=lambda issue: (not issue.open, issue.number), default=None)
        done = [self._do(step, keep) for step in drift_issue.steps(self._environment, drift, keep)]
        for issue in found:
            if keep and issue.open and issue.number != keep.number:
                self._comment(issue.number, f"The same as #{keep.number}.")
                self._close(issue.number, "not_planned")
                done.append("close")
        return done, keep.url if keep else self._opened

    def _found(self) -> list[Issue]:
        with translated("GitHub: listing the issues", permission=PERMISSION):
            every = list(self._repository.get_issues(state="all", labels=[LABEL]))
            listed = [
                (one.number, one.user.login if one.user else "", one)
                for one in every
                if "/pull/" not in one.html_url  # GitHub lists pull requests, too
            ]
            self._known = {
                number: one for number, login, one in listed if login.lower() == self._author.lower()
            }
            return [
                Issue(number, one.state == "open", one.body or "", one.html_url, places)
                for number, one in self._known.items()
                if (places := drift_issue.read(one.body or "", self._environment)) is not None
            ]

    def _do(self, step: drift_issue.Step, issue: Issue | None) -> str:
        if issue is None:
            self._open(step.text)
        elif step.kind == "edit":
            self._edit(issue.number, step.text)
        elif step.kind == "comment":
            self._comment(issue.number, step.text)
        elif step.kind == "close":
            self._close(issue.number, "completed")
        else:
            self._reopen(issue.number)
        return step.kind

    def _open(self, text: str) -> None:
        with translated("GitHub: opening the issue", permission=PERMISSION):
            self._label()
            made = self._repository.create_issue(
                drift_issue.title(self._environment), body=text, labels=[LABEL]
            )
            self._opened = made.html_url

    def _label(self) -> None:
        """The label with its colour; where it is missing GitHub would make one up."""
        import github

        try:
            self._repository.create_label(LABEL, "d93f0b", "What is deployed was changed outside Terraform")
        except github.GithubException as error:
            if error.status != 422:  # it is there
                raise

    def _edit(self, number: int, text: str) -> None:
        with translated("GitHub: editing the issue", permission=PERMISSION):
            self._known[number].edit(body=text)

    def _reopen(self, number: int) -> None:
        with translated("GitHub: reopening the issue", permission=PERMISSION):
            self._known[number].edit(state="open", state_reason="reopened")

    def _close(self, number: int, reason: str) -> None:
        with translated("GitHub: closing the issue", permission=PERMISSION):
            self._known[number].edit(state="closed", state_reason=reason)

    def _comment(self, number: int, text: str) -> None:
        with translated("GitHub: commenting on the issue", permission=PERMISSION):
            self._known[number].create_comment(text)
