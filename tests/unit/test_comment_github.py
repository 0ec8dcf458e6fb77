"""The comment on GitHub: PyGithub against a server that refuses, limits and breaks off like GitHub."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ops.comment.github import LIMIT, GitHubPullRequest
from ops.comment.marker import Marker, read
from ops.comment.patience import Patience
from ops.comment.sticky import Outcome, Posting
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.github import client
from tests.support.github_server import (
    REPOSITORY,
    TOKEN,
    WORKFLOW,
    Account,
    Fault,
    GitHubServer,
    Seen,
    primary_limit,
    secondary_limit,
)

SHA = "a" * 40
NUMBER = 5
RUN_ID = "777"


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer() as started:
        started.pulls[NUMBER] = SHA
        yield started


class Run:
    """A run of the workflow that comments. slept: the waits it was told to make; said: what it told."""

    def __init__(self, server: GitHubServer, number: int, *, token: str = TOKEN, author: str = "") -> None:
        self.environ = {"GITHUB_TOKEN": token, "GITHUB_API_URL": server.url}
        self.marker = Marker(number, 1, SHA)
        self.author = author
        self.slept: list[float] = []
        self.said: list[str] = []

    def post(self, render: Callable[[int], str] | None = None, **more: Any) -> Outcome:
        connected = client.connect(self.environ)
        patience = Patience(self.said.append, sleep=more.pop("sleep", self.slept.append))
        author = self.author or patience.until_done(lambda: client.author(connected))
        request = GitHubPullRequest(connected, REPOSITORY, NUMBER, author=author, run_id=RUN_ID)
        render = render or (lambda limit: f"plan of run {self.marker.run}"[:limit])
        return Posting(request, self.marker, render, limit=LIMIT, patience=patience).run()


def runs(server: GitHubServer, **status: str) -> None:
    """The runs that GitHub lists: r1="completed" …; they belong to one workflow and branch."""
    server.runs = [
        {"id": int(RUN_ID), "run_number": int(name[1:]), "status": one, "head_branch": "b", "workflow_id": 9}
        for name, one in status.items()
    ]


def texts(server: GitHubServer) -> list[str]:
    """Of our comments, without their markers."""
    return [body.partition("\n")[2] for body in server.bodies(NUMBER) if read(body)]


def test_created_edited_and_found_behind_many_pages(server: GitHubServer) -> None:
    for talk in range(250):
        server.write(NUMBER, f"talk {talk}", "somebody")
    first = Run(server, 1).post()
    for talk in range(150):
        server.write(NUMBER, f"talk {talk}", "somebody")
    second = Run(server, 2).post()
    assert (first.what, second.what, first.url == second.url) == ("created", "updated", True)
    assert texts(server) == ["plan of run 2"]
    assert server.asked("POST", "/issues/5/comments") == 1


def test_an_older_run_and_an_older_commit_post_nothing(server: GitHubServer) -> None:
    Run(server, 7).post()
    assert Run(server, 6).post().what == "newer"
    server.pulls[NUMBER] = "b" * 40
    assert Run(server, 8).post().what == "outdated"
    assert texts(server) == ["plan of run 7"]


def test_a_marker_of_another_author_is_nothing_of_ours(server: GitHubServer) -> None:
    forged = server.write(NUMBER, Marker(99, 1, SHA).line + "forged", "mallory")
    assert Run(server, 1).post().what == "created"
    assert forged["body"].endswith("forged")
    assert server.asked("DELETE", ".*") == 0


class TestAuthor:
    def test_of_a_workflows_token(self, server: GitHubServer) -> None:
        assert client.author(client.connect(Run(server, 1).environ)) == "github-actions[bot]"

    def test_of_a_persons_token(self, server: GitHubServer) -> None:
        server.accounts["hers"] = Account("ada")
        assert client.author(client.connect(Run(server, 1, token="hers").environ)) == "ada"

    def test_of_another_app_there_is_one_comment_all_the_same(self, server: GitHubServer) -> None:
        """It may not ask who it is; what it writes bears its name."""
        server.accounts["app"] = Account("planner[bot]", integration=True)
        for number in (1, 2, 3):
            Run(server, number, token="app").post()
        assert texts(server) == ["plan of run 3"]

    def test_named_on_the_command_line_it_is_edited(self, server: GitHubServer) -> None:
        server.accounts["app"] = Account("planner[bot]", integration=True)
        outcomes = [Run(server, n, token="app", author="planner[bot]").post() for n in (1, 2)]
        assert [one.what for one in outcomes] == ["created", "updated"]
        assert server.asked("DELETE", ".*") == 0

    def test_an_account_that_is_no_more(self, server: GitHubServer) -> None:
        server.write(NUMBER, "a word")["user"] = None
        assert Run(server, 1).post().what == "created"


class TestRefused:
    @pytest.mark.parametrize("access", ["read", "none"])
    def test_a_token_that_may_not_comment(self, server: GitHubServer, access: Any) -> None:
        server.accounts[TOKEN] = Account("github-actions[bot]", access, integration=True)
        with pytest.raises(OpsError, match=r"GitHub refused it with 40[34]") as caught:
            Run(server, 1, author="github-actions[bot]").post()
        assert caught.value.code is ExitCode.AUTHENTICATION
        assert "pull-requests: " in caught.value.hint

    def test_a_locked_conversation_is_called_that(self, server: GitHubServer) -> None:
        server.locked.add(NUMBER)
        with pytest.raises(OpsError, match="the conversation is locked") as caught:
            Run(server, 1).post()
        assert caught.value.code is ExitCode.AUTHENTICATION
        assert "Unlock it" in caught.value.hint
        assert "pull-requests" not in caught.value.hint

    def test_on_a_closed_pull_request_it_comments(self, server: GitHubServer) -> None:
        server.closed.add(NUMBER)
        assert [Run(server, number).post().what for number in (1, 2)] == ["created", "updated"]

    def test_a_token_that_is_none(self, server: GitHubServer) -> None:
        with pytest.raises(OpsError, match="does not take the token") as caught:
            Run(server, 1, token="wrong").post()
        assert caught.value.code is ExitCode.AUTHENTICATION
        assert "wrong" not in f"{caught.value.message} {caught.value.hint}"

    @pytest.mark.parametrize("token", ["", "  "])
    def test_no_token(self, server: GitHubServer, token: str) -> None:
        with pytest.raises(OpsError, match="GITHUB_TOKEN is not set") as caught:
            Run(server, 1, token=token).post()
        assert caught.value.code is ExitCode.AUTHENTICATION
        assert server.seen == []

    def test_a_refusal_shows_no_secret_that_it_quotes(self, server: GitHubServer) -> None:
        server.before = lambda seen: Fault(400, "bad: ghp_" + "x" * 36) if seen.method == "POST" else None
        with pytest.raises(OpsError) as caught:
            Run(server, 1).post()
        assert "ghp_" not in caught.value.message


def once(fault: Fault, method: str = "POST") -> Callable[[Seen], Fault | None]:
    """The first request with this method fails."""
    left = [fault]
    return lambda seen: left.pop() if left and seen.method == method else None


class TestLimits:
    def test_above_the_limit_it_is_rendered_shorter(self, server: GitHubServer) -> None:
        server.longest = 40_000
        outcome = Run(server, 1).post(lambda limit: "x" * limit)
        assert outcome.what == "created"
        assert outcome.characters <= 40_000

    def test_the_whole_limit_is_used(self, server: GitHubServer) -> None:
        assert Run(server, 1).post(lambda limit: "é" * limit).characters == 65_536

    @pytest.mark.parametrize(
        ("fault", "least", "most"),
        [
            (secondary_limit(7), 7, 7),
            (secondary_limit(None), 60, 60),
            (Fault(429, "Too many requests", {"retry-after": "3"}), 3, 3),
            (Fault(500), 1, 1.25),
            (Fault(502, "Bad Gateway"), 1, 1.25),
            (Fault(409, "Conflict"), 1, 1.25),
            (Fault(0), 1, 1.25),
        ],
        ids=lambda value: f"{value.status} {value.message[:12]}" if isinstance(value, Fault) else "",
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_what_passes_is_waited_for(
        self, server: GitHubServer, fault: Fault, least: float, most: float, method: str
    ) -> None:
        runs(server, r1="in_progress")
        server.before = once(fault, method)
        run = Run(server, 1)
        assert run.post().what == "created"
        (waited,) = run.slept
        assert least <= waited <= most
        assert len(run.said) == 1
        assert texts(server) == ["plan of run 1"]

    def test_the_primary_limit_until_its_reset(self, server: GitHubServer) -> None:
        runs(server, r1="in_progress")
        server.before = once(primary_limit(int(time.time()) + 100))
        run = Run(server, 1)
        assert run.post().what == "created"
        assert 90 <= run.slept[0] <= 101
        assert "rate limit reached: trying again in" in run.said[0]

    def test_an_hour_is_not_waited_for(self, server: GitHubServer) -> None:
        server.before = once(primary_limit(int(time.time()) + 3000), "GET")
        run = Run(server, 1)
        with pytest.raises(OpsError, match="rate limit reached; to wait another") as caught:
            run.post()
        assert (caught.value.code, run.slept) == (ExitCode.NETWORK, [])

    def test_a_server_that_stays_broken(self, server: GitHubServer) -> None:
        server.before = lambda seen: Fault(503)
        with pytest.raises(OpsError, match="GitHub answered 503; to wait another") as caught:
            Run(server, 1).post()
        assert caught.value.code is ExitCode.NETWORK

    @pytest.mark.parametrize("fault", [Fault(0), Fault(502)], ids=["dropped", "502"])
    def test_an_answer_that_was_lost_makes_no_double(self, server: GitHubServer, fault: Fault) -> None:
        server.after = once(fault)
        assert Run(server, 1).post().what == "created"
        assert texts(server) == ["plan of run 1"]
        assert server.asked("POST", "/issues/5/comments") == 1


class TestMeanwhile:
    def test_deleted_between_look_and_edit(self, server: GitHubServer) -> None:
        Run(server, 1).post()

        def gone(seen: Seen) -> Fault | None:
            if seen.method == "PATCH":
                server.comments.clear()
            return None

        server.before = gone
        assert Run(server, 2).post().what == "created"
        assert texts(server) == ["plan of run 2"]

    def test_an_older_runs_edit_that_comes_late(self, server: GitHubServer) -> None:
        """It has looked before the newer run wrote, and writes after that is done."""
        runs(server, r1="in_progress", r2="in_progress")
        server.write(NUMBER, Marker(0, 1, SHA).line + "plan of run 0")
        held, go_on = threading.Event(), threading.Event()

        def hold(seen: Seen) -> None:
            if seen.method == "PATCH" and "run 1" in seen.body["body"]:
                held.set()
                assert go_on.wait(30)

        server.before = hold
        older = threading.Thread(target=Run(server, 1).post)
        older.start()
        assert held.wait(30)

        def overtaken(seconds: float) -> None:
            go_on.set()
            older.join(30)
            runs(server, r1="completed", r2="in_progress")

        assert Run(server, 2).post(sleep=overtaken).what == "updated"
        assert texts(server) == ["plan of run 2"]

    def test_an_older_run_that_is_still_listing_when_the_newer_one_has_ended(
        self, server: GitHubServer
    ) -> None:
        """More than 100 comments are listed in several requests, each of which may take its time."""
        runs(server, r1="in_progress", r2="in_progress")
        server.write(NUMBER, Marker(0, 1, SHA).line + "plan of run 0")
        for talk in range(150):
            server.write(NUMBER, f"talk {talk}", "somebody")
        server.accounts["older"] = WORKFLOW
        held, go_on, pages = threading.Event(), threading.Event(), []

        def hold(seen: Seen) -> None:
            if seen.token == "older" and seen.method == "GET" and seen.path == f"/issues/{NUMBER}/comments":
                pages.append(seen)
                if len(pages) == 2:
                    held.set()
                    assert go_on.wait(30)

        server.before = hold
        outcomes: list[str] = []
        older = threading.Thread(target=lambda: outcomes.append(Run(server, 1, token="older").post().what))
        older.start()
        assert held.wait(30)
        newer = Run(server, 2)
        assert newer.post().what == "updated"
        assert sum(newer.slept) == 300
        go_on.set()
        older.join(30)
        assert (texts(server), outcomes) == (["plan of run 2"], ["newer"])

    @pytest.mark.parametrize("before", [0, 1, 3])
    def test_many_at_once(self, server: GitHubServer, before: int) -> None:
        numbers = range(1, 7)
        runs(server, **{f"r{number}": "in_progress" for number in numbers})
        for _ in range(before):
            server.write(NUMBER, Marker(0, 1, SHA).line + "plan of run 0")
        start = threading.Barrier(len(numbers))
        outcomes: dict[int, str] = {}
        ended = {number: threading.Event() for number in numbers}

        def go(number: int) -> None:
            run = Run(server, number)
            start.wait(30)

            def watch(seconds: float) -> None:
                """On a busy machine a request may take longer than any time that a test would wait."""
                assert all(ended[older].wait(30) for older in numbers if older < number)

            outcomes[number] = run.post(sleep=watch).what
            with server.lock:
                next(one for one in server.runs if one["run_number"] == number)["status"] = "completed"
            ended[number].set()

        threads = [threading.Thread(target=go, args=(number,)) for number in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert texts(server) == ["plan of run 6"]
        assert outcomes.keys() == set(numbers)
        assert outcomes[6] in ("created", "updated")

    def test_without_the_permission_to_read_runs_it_watches(self, server: GitHubServer) -> None:
        server.actions = False
        run = Run(server, 1)
        assert run.post().what == "created"
        assert sum(run.slept) >= 20

    def test_with_it_and_no_older_run_it_does_not_wait(self, server: GitHubServer) -> None:
        runs(server, r1="completed", r2="in_progress", r3="in_progress")
        run = Run(server, 2)
        assert run.post().what == "created"
        assert run.slept == []


def test_an_enterprise_server() -> None:
    with GitHubServer(prefix="/api/v3") as server:
        server.pulls[NUMBER] = SHA
        for talk in range(120):
            server.write(NUMBER, f"talk {talk}", "somebody")
        assert server.url.endswith("/api/v3")
        assert [Run(server, number).post().what for number in (1, 2)] == ["created", "updated"]


def test_the_token_is_in_no_log(server: GitHubServer, caplog: pytest.LogCaptureFixture) -> None:
    server.accounts["ghs_secretsecretsecret"] = WORKFLOW
    server.before = once(Fault(500))
    with caplog.at_level(logging.DEBUG):
        Run(server, 1, token="ghs_secretsecretsecret").post()
    assert "issues/5/comments" in caplog.text
    assert "secretsecret" not in caplog.text
