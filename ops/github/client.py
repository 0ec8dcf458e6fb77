"""A connection to GitHub, and who we are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ops.comment.sticky import REQUEST_S
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from github import Github

API = "https://api.github.com"
ACTIONS = "github-actions[bot]"
"""The author behind the token of a workflow, which may not ask who it is."""


def connect(environ: Mapping[str, str]) -> Github:
    """With the token of GITHUB_TOKEN, to GITHUB_API_URL. Raises OpsError (AUTHENTICATION): there is none.

    PyGithub's own waits and retries are off: they are neither told nor bounded by one limit.
    """
    from github import Auth, Github

    token = environ.get("GITHUB_TOKEN", "").strip()
    if not token:
        raise OpsError(
            "GITHUB_TOKEN is not set: without a token nothing is written on GitHub.",
            hint="In a workflow: env: GITHUB_TOKEN: ${{ github.token }}. By hand: a token of your own, in "
            "the environment.",
            code=ExitCode.AUTHENTICATION,
        )
    return Github(
        auth=Auth.Token(token),
        base_url=environ.get("GITHUB_API_URL") or API,
        timeout=int(REQUEST_S),
        per_page=100,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=True,
    )


def author(client: Github) -> str:
    """The login that what this token writes will bear. Raises Passing, OpsError."""
    import github

    from ops.github.failures import translated

    with translated("GitHub: asking whose token it is", permission="metadata: read"):
        try:
            return client.get_user().login
        except github.GithubException as error:
            # "Resource not accessible by integration": an app's token, and a workflow's is one.
            if error.status == 403 and "integration" in str(error.data):
                return ACTIONS
            raise
