"""The comment on GitLab: python-gitlab against a server that answers and refuses like GitLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ops.comment import gitlab
from ops.comment.marker import Marker, read
from ops.comment.patience import Patience
from ops.comment.sticky import Outcome, Posting
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from tests.support.gitlab_server import PROJECT, TOKEN, Fault, GitLabServer

SHA = "c" * 40
NUMBER = 7


@pytest.fixture
def server() -> Iterator[GitLabServer]:
    with GitLabServer() as started:
        started.requests[NUMBER] = SHA
        yield started


def post(
    server: GitLabServer,
    run: int,
    *,
    token: str = TOKEN,
    render: Callable[[int], str] | None = None,
    slept: list[float] | None = None,
    said: list[str] | None = None,
) -> Outcome:
    client = gitlab.connect({"GITLAB_TOKEN": token, "CI_SERVER_URL": server.url})
    patience = Patience(
        (said if said is not None else []).append, sleep=(slept if slept is not None else []).append
    )
    author = patience.until_done(lambda: gitlab.author(client))
    request = gitlab.GitLabMergeRequest(client, PROJECT, NUMBER, author=author)
    render = render or (lambda limit: f"plan of run {run}"[:limit])
    return Posting(request, Marker(run, 1, SHA), render, limit=gitlab.LIMIT, patience=patience).run()


def texts(server: GitLabServer) -> list[str]:
    return [note["body"].partition("\n")[2] for note in server.notes if read(note["body"])]


def test_created_edited_and_found_behind_many_pages(server: GitLabServer) -> None:
    first = post(server, 1)
    for talk in range(250):
        server.write(NUMBER, f"talk {talk}", "somebody")
    server.write(NUMBER, Marker(9, 1, SHA).line + "added 1 commit", system=True)
    second = post(server, 2)
    assert (first.what, second.what) == ("created", "updated")
    assert first.url == second.url == f"https://gitlab.test/{PROJECT}/-/merge_requests/7#note_300"
    assert texts(server)[0] == "plan of run 2"
    assert sum(method == "POST" for method, _ in server.seen) == 1


def test_older_outdated_and_forged(server: GitLabServer) -> None:
    server.write(NUMBER, Marker(99, 1, SHA).line + "forged", "mallory")
    assert post(server, 5).what == "created"
    older = post(server, 4)
    assert (older.what, older.url) == ("newer", f"https://gitlab.test/{PROJECT}/-/merge_requests/7#note_301")
    server.requests[NUMBER] = "d" * 40
    assert post(server, 6).what == "outdated"
    assert texts(server) == ["forged", "plan of run 5"]


def test_doubles_are_taken_away(server: GitLabServer) -> None:
    for run in (1, 2, 3):
        server.write(NUMBER, Marker(run, 1, SHA).line + f"plan of run {run}")
    assert post(server, 4).what == "updated"
    assert texts(server) == ["plan of run 4"]


@pytest.mark.parametrize("fault", [Fault(0), Fault(500), Fault(409, "conflict")], ids=lambda f: str(f.status))
def test_what_passes_is_tried_again(server: GitLabServer, fault: Fault) -> None:
    server.faults.append(fault)
    slept: list[float] = []
    server.pipelines = [{"id": 1, "iid": 1, "status": "running"}]
    assert post(server, 1, slept=slept).what == "created"
    assert len(slept) == 1
    assert texts(server) == ["plan of run 1"]


def limited(retry_after: str) -> Fault:
    return Fault(429, "Retry later", (("Retry-After", retry_after),))


class TestRateLimit:
    @pytest.fixture(autouse=True)
    def _no_wait_of_the_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def untold(seconds: float) -> None:
            raise AssertionError(f"{seconds} s that nobody was told of")

        monkeypatch.setattr("time.sleep", untold)

    @pytest.mark.parametrize(("asked", "waited"), [("3", 3), ("0", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 60)])
    def test_is_waited_for_once_and_told(self, server: GitLabServer, asked: str, waited: float) -> None:
        server.pipelines = [{"id": 1, "iid": 1, "status": "running"}]
        server.faults.append(limited(asked))
        slept: list[float] = []
        said: list[str] = []
        assert post(server, 1, slept=slept, said=said).what == "created"
        assert slept == [waited]
        told = f"commenting on merge request !7: rate limit reached: trying again in {waited} s"
        assert said == [f"GitLab: {told}"]

    def test_an_hour_is_not(self, server: GitLabServer) -> None:
        server.faults.append(limited("3600"))
        slept: list[float] = []
        with pytest.raises(OpsError, match="rate limit reached; to wait another 3600 s") as caught:
            post(server, 1, slept=slept)
        assert (caught.value.code, slept) == (ExitCode.NETWORK, [])


def test_older_pipelines_under_way_are_watched(server: GitLabServer) -> None:
    for status, watched in (("success", False), ("running", True)):
        slept: list[float] = []
        server.pipelines = [{"id": 1, "iid": 1, "status": status}, {"id": 2, "iid": 2, "status": "running"}]
        post(server, 2, slept=slept)
        assert (sum(slept) == 300) is watched


def test_too_long_is_rendered_shorter(server: GitLabServer) -> None:
    server.longest = 10_000
    assert post(server, 1, render=lambda limit: "x" * limit).characters <= 10_000


@pytest.mark.parametrize(
    ("token", "told"), [("", "GITLAB_TOKEN is not set"), ("wrong", "refused it with 401")]
)
def test_a_token_that_may_not(server: GitLabServer, token: str, told: str) -> None:
    with pytest.raises(OpsError, match=told) as caught:
        post(server, 1, token=token)
    assert caught.value.code is ExitCode.AUTHENTICATION


def test_a_merge_request_that_is_not_there(server: GitLabServer) -> None:
    server.requests.clear()
    with pytest.raises(OpsError, match="GitLab refused it with 404") as caught:
        post(server, 1)
    assert caught.value.code is ExitCode.AUTHENTICATION
