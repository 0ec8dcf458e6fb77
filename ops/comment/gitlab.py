"""A merge request on GitLab."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ops.comment.marker import Marker
from ops.comment.patience import Gone, Passing, TooLong, asked_s
from ops.comment.sticky import REQUEST_S, Comment, ours, same
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from gitlab import Gitlab
    from requests import Response

LIMIT = 1_000_000
"""Characters of a note. Source: GitLab's documentation, "Application limits", "Size of comments"."""

UNDER_WAY = ("created", "waiting_for_resource", "preparing", "pending", "running")


def connect(environ: Mapping[str, str]) -> Gitlab:
    """With the token of GITLAB_TOKEN, to CI_SERVER_URL. Raises OpsError (AUTHENTICATION): there is none.

    A job's own token (CI_JOB_TOKEN) may not write notes, so it is a project's access token with scope api.
    """
    import requests
    from gitlab import Gitlab

    token = environ.get("GITLAB_TOKEN", "").strip()
    if not token:
        raise OpsError(
            "GITLAB_TOKEN is not set: without a token nothing is written on GitLab.",
            hint="Make a project access token with scope `api` and keep it as a masked CI/CD variable.",
            code=ExitCode.AUTHENTICATION,
        )
    session = requests.Session()
    session.hooks["response"].append(_refuse_limited)
    return Gitlab(
        environ.get("CI_SERVER_URL") or "https://gitlab.com",
        private_token=token,
        timeout=REQUEST_S,
        per_page=100,
        session=session,
    )


class _Limited(Exception):
    """429. wait_s: how long GitLab asks to wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("rate limit reached")
        self.wait_s = wait_s


def _refuse_limited(response: Response, **_: Any) -> None:
    """Before python-gitlab sees it, which would wait by itself, untold, and whose errors bear no headers."""
    if response.status_code == 429:
        raise _Limited(asked_s(response.headers))


def author(client: Gitlab) -> str:
    """The name that what this token writes will bear. Raises Passing, OpsError."""
    with translated("GitLab: asking whose token it is"):
        client.auth()
    return str(client.user.username) if client.user else ""


@contextmanager
def translated(doing: str, *, may_be_gone: bool = False) -> Iterator[None]:
    """Raises Passing, TooLong or OpsError for python-gitlab's failures; Gone for a 404 if it may be that."""
    import gitlab
    import requests

    try:
        yield
    except _Limited as error:
        raise Passing(f"{doing}: rate limit reached", error.wait_s) from error
    except gitlab.exceptions.GitlabError as error:
        status = error.response_code or 0
        if may_be_gone and status == 404:
            raise Gone from error
        raise _meaning(status, error.error_message, doing) from error
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise Passing(f"{doing}: no answer ({type(error).__name__})") from error


def _meaning(status: int, message: Any, doing: str) -> Passing | TooLong | OpsError:
    from ops.plans.masking import without_secrets

    said = without_secrets(" ".join(str(message).split())[:300]) or "no reason"
    if status == 409 or status >= 500:
        return Passing(f"{doing}: GitLab answered {status}")
    if status in (400, 413, 422) and "too long" in said.lower():
        return TooLong(said)
    if status in (401, 403, 404):
        return OpsError(
            f"{doing}: GitLab refused it with {status} ({said}).",
            hint="GITLAB_TOKEN needs the scope `api` and the role Reporter at least in this project. 404 is "
            "also the answer for what is not there.",
            code=ExitCode.AUTHENTICATION,
        )
    return OpsError(f"{doing}: GitLab answered {status} ({said}).")


class GitLabMergeRequest:
    """Implements `sticky.Platform`. project: its id, or its path; number: as in `!7`."""

    def __init__(self, client: Gitlab, project: str, number: int, *, author: str, kind: str = "plan") -> None:
        self._project = client.projects.get(project, lazy=True)
        self._request = self._project.mergerequests.get(number, lazy=True)
        self._number = number
        self._author = author
        self._kind = kind
        self._address = ""

    def head(self) -> str:
        """SHA of the merge request's newest commit."""
        with translated(f"GitLab: reading merge request !{self._number}"):
            found = self._project.mergerequests.get(self._number)
        self._address = str(found.web_url)
        return str(found.sha)

    def comments(self) -> list[Comment]:
        """All pages of the notes that people and programs wrote."""
        if not self._address:
            self.head()  # which says where it is
        with translated(f"GitLab: listing the notes of merge request !{self._number}"):
            notes = [note for note in self._request.notes.list(iterator=True) if not note.system]
        found = [
            (note.id, note.author["username"], note.body, f"{self._address}#note_{note.id}") for note in notes
        ]
        return ours(found, self._author, self._kind)

    def create(self, body: str) -> None:
        """Write a further note."""
        with translated(f"GitLab: commenting on merge request !{self._number}"):
            self._request.notes.create({"body": body})

    def again(self, comment: Comment) -> Comment:
        """The same note as it is now."""
        with translated("GitLab: reading the note", may_be_gone=True):
            body = str(self._request.notes.get(comment.id).body)
        return same(comment, body, self._kind)

    def edit(self, comment: Comment, body: str) -> None:
        """Replace a note's text."""
        with translated("GitLab: editing the note", may_be_gone=True):
            self._request.notes.update(comment.id, {"body": body})

    def delete(self, comment: Comment) -> None:
        """Take a note away."""
        with translated("GitLab: deleting a note", may_be_gone=True):
            self._request.notes.delete(comment.id)

    def older_runs(self, marker: Marker) -> bool | None:
        """Whether an older pipeline of this merge request is under way."""
        import gitlab
        import requests

        try:
            pipelines = self._request.pipelines.list(page=1, get_all=False)
        except (gitlab.exceptions.GitlabError, requests.RequestException, _Limited):
            return None
        return any(one.iid < marker.run and one.status in UNDER_WAY for one in pipelines)
