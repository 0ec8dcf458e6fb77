"""GitHub's refusals, as what they mean here: wait, gone, too long, or an end with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ops.comment.patience import Gone, Passing, TooLong, asked_s
from ops.errors import OpsError
from ops.exit_codes import ExitCode


@contextmanager
def translated(doing: str, *, permission: str, may_be_gone: bool = False) -> Iterator[None]:
    """Raises Passing, TooLong or OpsError for PyGithub's failures; Gone for a 404 where it may be that.

    doing: such as "GitHub: editing the comment". permission: what the token needs, as a workflow writes it.
    """
    import github
    import requests

    try:
        yield
    except github.GithubException as error:
        if may_be_gone and error.status in (404, 410):
            raise Gone from error
        raise _meaning(error.status, error.data, error.headers or {}, doing, permission) from error
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise Passing(f"{doing}: no answer ({type(error).__name__})") from error
    except ValueError as error:  # of JSON that broke off
        raise Passing(f"{doing}: an answer that could not be read") from error


def _meaning(
    status: int, data: Any, headers: Mapping[str, Any], doing: str, permission: str
) -> Passing | TooLong | OpsError:
    said = message(data)
    if status == 429 or (status == 403 and _limited(said, headers)):
        return Passing(f"{doing}: rate limit reached", asked_s(headers))
    if status == 409 or status >= 500:
        return Passing(f"{doing}: GitHub answered {status}")
    if status == 422 and "too long" in str(data).lower():
        return TooLong(said)
    if status == 401:
        return OpsError(
            f"{doing}: GitHub does not take the token ({said}).",
            hint="GITHUB_TOKEN holds it; a workflow passes it as env: GITHUB_TOKEN: ${{ github.token }}.",
            code=ExitCode.AUTHENTICATION,
        )
    if status == 403 and "locked" in said.lower():
        return OpsError(
            f"{doing}: the conversation is locked ({said}).",
            hint="Only people who may write to the repository comment there, no app and no workflow. Unlock "
            "it. What `--summary`, `--markdown` and `--html` write is there all the same.",
            code=ExitCode.AUTHENTICATION,
        )
    if status in (403, 404, 410):
        return OpsError(
            f"{doing}: GitHub refused it with {status} ({said}).",
            hint=f"The token needs `{permission}` in this repository. A pull request from a fork has a token "
            "that only reads: its plan is in the step summary. 404 is also the answer for what is not there.",
            code=ExitCode.AUTHENTICATION,
        )
    return OpsError(f"{doing}: GitHub answered {status} ({said}).")


def message(data: Any) -> str:
    """What GitHub said, in one line."""
    from ops.plans.masking import without_secrets

    told = data.get("message", "") if isinstance(data, Mapping) else ""
    inner = data.get("errors", ()) if isinstance(data, Mapping) else ()
    details = [str(one.get("message", "")) for one in inner if isinstance(one, Mapping)]
    return (
        without_secrets(" ".join(": ".join(filter(None, [str(told), *details])).split())[:300]) or "no reason"
    )


def _limited(said: str, headers: Mapping[str, Any]) -> bool:
    spent = headers.get("x-ratelimit-remaining") == "0"
    return "retry-after" in headers or spent or "rate limit" in said.lower()
