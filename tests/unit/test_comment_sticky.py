"""However runs come together: one comment of ours, and it is the newest run's."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.comment import marker as markers
from ops.comment.marker import DEPLOY, Marker
from ops.comment.patience import Gone, Passing, Patience, TooLong
from ops.comment.sticky import Comment, Outcome, Posting, ours, same
from ops.errors import OpsError
from ops.exit_codes import ExitCode

SHA = "a" * 40
OTHER_SHA = "b" * 40
BOT = "github-actions[bot]"

PROFILE = settings(derandomize=True, database=None, deadline=None, max_examples=200)


def told(run: int, attempt: int = 1, sha: str = SHA) -> Marker:
    return Marker(run, attempt, sha)


class TestMarker:
    @PROFILE
    @given(st.integers(0), st.integers(0), st.text("0123456789abcdef", min_size=40, max_size=40), st.text())
    def test_is_read_back_from_any_comment_that_begins_with_it(
        self, run: int, attempt: int, sha: str, rest: str
    ) -> None:
        for stage in markers.STAGES:
            marker = Marker(run, attempt, sha, stage=stage)
            assert markers.read(marker.line + rest) == marker
            assert markers.read(marker.line.replace("\n", "\r\n") + rest) == marker

    def test_one_that_says_no_stage_is_a_plans(self) -> None:
        line = told(1).line.replace(', "stage": "plan"', "")
        assert ("stage" in line, markers.read(line)) == (False, told(1))

    @PROFILE
    @given(st.text())
    def test_no_text_breaks_it(self, text: str) -> None:
        assert markers.read(text) is None
        assert markers.read(f"<!-- ops-comment {{{text}}} -->\n") is None

    @pytest.mark.parametrize(
        "line",
        [
            f"> {told(1).line}",
            f"a word\n{told(1).line}",
            told(1).line.replace('"run": 1', '"run": "1"'),
            told(1).line.replace('"run": 1', '"run": true'),
            told(1).line.replace('"run": 1', '"run": -1'),
            told(1).line.replace('"run": 1', '"run": 1, "more": 2'),
            told(1).line.replace('"run": 1, ', ""),
            told(1).line.replace(SHA, "main"),
            told(1).line.replace(f'"{SHA}"', "7"),
            told(1).line.replace("spec-wizard", "another"),
            told(1).line.replace('"kind": "plan"', '"kind": "drift"'),
            told(1).line.replace('"stage": "plan"', '"stage": "drift"'),
            told(1).line.replace('"stage": "plan"', '"stage": ["plan"]'),
            "<!-- ops-comment [1] -->\n",
        ],
    )
    def test_what_is_none_of_ours(self, line: str) -> None:
        assert markers.read(line) is None

    def test_an_attempt_is_newer_than_the_one_before_and_older_than_the_next_run(self) -> None:
        assert told(2, 1).position < told(2, 2).position < told(3, 1).position

    def test_a_deploy_is_newer_than_every_plan(self) -> None:
        deployed = Marker(1, 1, SHA, stage=DEPLOY)
        assert told(900, 9).position < deployed.position < Marker(2, 1, SHA, stage=DEPLOY).position

    def test_only_the_authors_own_count(self) -> None:
        listed = [
            (3, BOT.upper(), told(1).line, ""),
            (1, "mallory", told(9).line, ""),
            (2, BOT, "a word", ""),
        ]
        assert [one.id for one in ours(listed, BOT, "plan")] == [3]


@dataclass
class PullRequest:
    """A server's side of it. turn: called before and after everything that is asked, and may wait."""

    sha: str = SHA
    there: dict[int, tuple[str, str]] = field(default_factory=dict)
    unfinished: set[int] = field(default_factory=set)
    turn: Callable[[], object] = lambda: None
    longest: int = 65_536
    failures: list[Exception] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    knows_runs: bool = True
    last_id: int = 0

    def put(self, body: str, author: str = BOT) -> int:
        self.last_id += 1
        self.there[self.last_id] = (author, body)
        return self.last_id

    def _ask(self, what: str, body: str = "") -> None:
        self.turn()
        self.asked.append(what)
        if self.failures:
            raise self.failures.pop(0)
        if len(body) > self.longest:
            raise TooLong

    def head(self) -> str:
        self._ask("head")
        return self.sha

    def comments(self) -> list[Comment]:
        self._ask("list")
        found = [(number, author, body, f"#{number}") for number, (author, body) in self.there.items()]
        self.turn()  # an answer that is late
        return ours(found, BOT, "plan")

    def create(self, body: str) -> None:
        self._ask("create", body)
        self.put(body)
        self.turn()

    def again(self, comment: Comment) -> Comment:
        self._ask("again")
        if comment.id not in self.there:
            raise Gone
        found = same(comment, self.there[comment.id][1], "plan")
        self.turn()
        return found

    def edit(self, comment: Comment, body: str) -> None:
        self._ask("edit", body)
        if comment.id not in self.there:
            raise Gone
        self.there[comment.id] = (BOT, body)
        self.turn()

    def delete(self, comment: Comment) -> None:
        self._ask("delete")
        if self.there.pop(comment.id, None) is None:
            raise Gone
        self.turn()

    def older_runs(self, marker: Marker) -> bool | None:
        self._ask("runs")
        return any(run < marker.run for run in self.unfinished) if self.knows_runs else None


def text_of(run: int, attempt: int = 1) -> str:
    return f"plan of run {run}, attempt {attempt}"


def posting(request: PullRequest, marker: Marker, patience: Patience | None = None, **more: Any) -> Posting:
    render = more.pop("render", lambda limit: text_of(marker.run, marker.attempt)[:limit])
    patience = patience or Patience(lambda text: None, sleep=lambda seconds: None)
    return Posting(request, marker, render, limit=more.pop("limit", 65_536), patience=patience)


def post(request: PullRequest, run: int, attempt: int = 1, sha: str = SHA, **more: Any) -> Outcome:
    return posting(request, told(run, attempt, sha), **more).run()


def shown(request: PullRequest) -> list[str]:
    """The texts of our comments, without their markers."""
    return [
        body.partition("\n")[2]
        for author, body in request.there.values()
        if author == BOT and markers.read(body)
    ]


class TestOneRun:
    def test_creates_then_edits_the_same_comment(self) -> None:
        request = PullRequest()
        assert post(request, 1) == Outcome("created", "#1", told(1), len(told(1).line + text_of(1)))
        assert post(request, 2).what == "updated"
        assert (list(request.there), shown(request)) == ([1], [text_of(2)])

    def test_says_nothing_twice(self) -> None:
        request = PullRequest()
        post(request, 1)
        request.asked.clear()
        assert post(request, 1).what == "unchanged"
        assert set(request.asked) == {"head", "list", "runs"}

    def test_a_line_end_that_the_server_changed_is_no_change(self) -> None:
        request = PullRequest()
        post(request, 1, render=lambda limit: "a\nb\n\n")
        request.there[1] = (BOT, request.there[1][1].replace("\n", "\r\n").strip())
        assert post(request, 1, render=lambda limit: "a\nb\n\n").what == "unchanged"

    def test_leaves_what_others_wrote(self) -> None:
        request = PullRequest()
        forged = request.put(told(99).line + "forged", "mallory")
        talk = request.put("a word", BOT)
        post(request, 1)
        assert request.there[forged] == ("mallory", told(99).line + "forged")
        assert request.there[talk] == (BOT, "a word")
        assert shown(request) == [text_of(1)]

    def test_takes_away_the_doubles_of_an_earlier_tool(self) -> None:
        request = PullRequest()
        for run in (3, 1, 2):
            request.put(told(run).line + text_of(run))
        assert post(request, 4).what == "updated"
        assert (list(request.there), shown(request)) == ([1], [text_of(4)])

    def test_an_older_run_overwrites_nothing(self) -> None:
        request = PullRequest()
        post(request, 5)
        outcome = post(request, 4, attempt=9)
        assert (outcome.what, outcome.posted, outcome.url, outcome.shown) == ("newer", False, "#1", told(5))
        assert shown(request) == [text_of(5)]

    def test_an_earlier_attempt_neither(self) -> None:
        request = PullRequest()
        post(request, 5, attempt=2)
        assert post(request, 5, attempt=1).what == "newer"
        assert post(request, 5, attempt=3).what == "updated"

    def test_a_commit_that_is_not_the_newest_any_more(self) -> None:
        request = PullRequest(sha=OTHER_SHA)
        assert post(request, 2).what == "outdated"
        assert request.there == {}
        request.put(told(1).line + text_of(1))
        assert (post(request, 2).what, shown(request)) == ("outdated", [text_of(1)])

    def test_without_a_commit_its_head_is_not_asked_for(self) -> None:
        request = PullRequest()
        assert post(request, 1, sha="").what == "created"
        assert "head" not in request.asked

    def test_deleted_between_look_and_edit(self) -> None:
        request = PullRequest()
        post(request, 1)
        edit = request.edit

        def too_late(comment: Comment, body: str) -> None:
            request.edit = edit  # type: ignore[method-assign]
            del request.there[comment.id]
            edit(comment, body)

        request.edit = too_late  # type: ignore[method-assign]
        assert post(request, 2).what == "created"
        assert shown(request) == [text_of(2)]


class TestTooLong:
    def test_is_shortened_until_it_is_taken(self) -> None:
        request, limits = PullRequest(longest=30_000), []

        def render(limit: int) -> str:
            limits.append(limit)
            return "x" * limit

        outcome = post(request, 1, render=render)
        assert outcome.what == "created"
        assert outcome.characters <= 30_000
        assert limits == sorted(limits, reverse=True)
        assert limits[0] == 65_536 - len(told(1).line)

    def test_ends_where_nothing_short_is_taken(self) -> None:
        with pytest.raises(OpsError, match="takes no comment of") as caught:
            post(PullRequest(longest=100), 1, render=lambda limit: "x" * limit)
        assert "step summary" in caught.value.hint


class TestPatience:
    def test_waits_as_long_as_it_is_told_and_says_so(self) -> None:
        slept: list[float] = []
        said: list[str] = []
        request = PullRequest(failures=[Passing("rate limit reached", 42.0)])
        assert post(request, 1, patience=Patience(said.append, sleep=slept.append)).what == "created"
        assert slept == [42.0]
        assert said == ["rate limit reached: trying again in 42 s"]

    def test_waits_longer_each_time_where_nobody_says_how_long(self) -> None:
        slept: list[float] = []
        request = PullRequest(failures=[Passing("503")] * 4)
        post(request, 1, patience=Patience(lambda text: None, sleep=slept.append))
        assert [2**n <= seconds <= 1.25 * 2**n for n, seconds in enumerate(slept)] == [True] * 4

    @pytest.mark.parametrize("failures", [[Passing("limited", 301.0)], [Passing("limited", 100.0)] * 4])
    def test_ends_before_it_waits_too_long(self, failures: list[Exception]) -> None:
        slept: list[float] = []
        with pytest.raises(OpsError, match="limited; to wait another") as caught:
            post(PullRequest(failures=failures), 1, patience=Patience(lambda text: None, sleep=slept.append))
        assert caught.value.code is ExitCode.NETWORK
        assert sum(slept) <= 300

    def test_an_answer_that_never_came_makes_no_double(self) -> None:
        request = PullRequest()
        create = request.create

        def without_answer(body: str) -> None:
            request.create = create  # type: ignore[method-assign]
            create(body)
            raise Passing("no answer")

        request.create = without_answer  # type: ignore[method-assign]
        assert post(request, 1).what == "created"
        assert shown(request) == [text_of(1)]


class TestNumbersThatStartAnew:
    """A workflow's file was renamed: its runs are counted from 1 again."""

    def test_a_plan_of_the_newest_commit_replaces_one_of_another_whatever_their_numbers(self) -> None:
        request = PullRequest()
        request.put(told(400, sha=OTHER_SHA).line + "the plan of an older commit")
        assert (post(request, 1).what, shown(request)) == ("updated", [text_of(1)])

    def test_and_stays_though_an_older_run_has_a_higher_one(self) -> None:
        request = PullRequest()
        post(request, 1)
        assert post(request, 400, sha=OTHER_SHA).what == "newer"
        assert shown(request) == [text_of(1)]

    def test_one_number_of_two_commits_is_two_runs(self) -> None:
        request = PullRequest()
        request.put(told(1, sha=OTHER_SHA).line + text_of(1))
        assert post(request, 1).what == "updated"
        assert markers.read(request.there[1][1]) == told(1)

    def test_of_the_same_commit_the_number_counts(self) -> None:
        request = PullRequest()
        post(request, 400)
        assert post(request, 1).what == "newer"

    def test_a_commit_that_is_pushed_while_a_run_looks(self) -> None:
        """What it takes for the newest commit was asked for before the newer run commented."""
        request = PullRequest(sha=OTHER_SHA)
        comments = request.comments

        def late() -> list[Comment]:
            request.sha = SHA
            request.comments = comments  # type: ignore[method-assign]
            request.put(told(1).line + text_of(1))
            return comments()

        request.comments = late  # type: ignore[method-assign]
        assert post(request, 400, sha=OTHER_SHA).what == "newer"
        assert shown(request) == [text_of(1)]


class TestFaster:
    def test_a_newer_run_that_wrote_between_look_and_edit_is_not_overwritten(self) -> None:
        request = PullRequest()
        post(request, 1)
        again = request.again

        def overtaken(comment: Comment) -> Comment:
            request.there[comment.id] = (BOT, told(3).line + text_of(3))
            return again(comment)

        request.again = overtaken  # type: ignore[method-assign]
        assert post(request, 2).what == "newer"
        assert shown(request) == [text_of(3)]

    def test_nor_is_a_double_deleted_that_a_newer_run_wrote_meanwhile(self) -> None:
        request = PullRequest()
        for run in (1, 1):
            request.put(told(run).line + text_of(run))
        again = request.again

        def overtaken(comment: Comment) -> Comment:
            if comment.id == 2:
                request.there[2] = (BOT, told(3).line + text_of(3))
            return again(comment)

        request.again = overtaken  # type: ignore[method-assign]
        assert post(request, 2).what == "newer"
        assert shown(request) == [text_of(3)]
        assert request.asked.count("delete") == 1

    def test_a_comment_that_is_none_of_ours_any_more_is_left(self) -> None:
        request = PullRequest()
        post(request, 1)
        again = request.again

        def rewritten(comment: Comment) -> Comment:
            request.there[comment.id] = (BOT, "a word")
            return again(comment)

        request.again = rewritten  # type: ignore[method-assign]
        assert post(request, 2).what == "created"
        assert next(body for _, body in request.there.values()) == "a word"


class TestWatch:
    def test_until_the_older_run_has_ended(self) -> None:
        slept: list[float] = []
        said: list[str] = []
        request = PullRequest(unfinished={1})

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if sum(slept) >= 60:
                request.unfinished.clear()

        post(request, 2, patience=Patience(said.append, sleep=sleep))
        assert sum(slept) == 60
        assert said == ["An older run is under way: watching the comment for 300 s at most"]

    def test_what_it_writes_meanwhile_is_written_over(self) -> None:
        """Later than where nothing is known of it."""
        slept: list[float] = []
        request = PullRequest(unfinished={1})

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if sum(slept) == 100:
                request.there[1] = (BOT, told(1).line + text_of(1))

        post(request, 2, patience=Patience(lambda text: None, sleep=sleep))
        assert shown(request) == [text_of(2)]

    def test_five_minutes_at_most(self) -> None:
        slept: list[float] = []
        request = PullRequest(unfinished={1})
        assert post(request, 2, patience=Patience(lambda text: None, sleep=slept.append)).what == "created"
        assert sum(slept) == 300

    def test_one_answer_that_does_not_come_ends_it_not(self) -> None:
        slept: list[float] = []
        request = PullRequest(unfinished={1})

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            request.knows_runs = False

        post(request, 2, patience=Patience(lambda text: None, sleep=sleep))
        assert sum(slept) == 300

    def test_where_runs_cannot_be_read(self) -> None:
        slept: list[float] = []
        said: list[str] = []
        post(PullRequest(knows_runs=False), 2, patience=Patience(said.append, sleep=slept.append))
        assert 20 <= sum(slept) <= 25
        assert said == ["An older run may still write: watching the comment for 20 s at most"]

    def test_not_at_all_without_an_older_run(self) -> None:
        slept: list[float] = []
        post(PullRequest(unfinished={2, 3}), 2, patience=Patience(lambda text: None, sleep=slept.append))
        assert slept == []


class Turns:
    """Lets one thread go on at a time, by chance: every order of what they ask can come up."""

    def __init__(self, seed: int, threads: int) -> None:
        self._random = random.Random(seed)
        self._threads = threads
        self._waiting: set[str] = set()
        self._idle: set[str] = set()
        self._now: str | None = None
        self._condition = threading.Condition()

    def take(self, *, idle: bool = False) -> None:
        """Wait for the turn. idle: it sleeps; whoever has something to do goes first."""
        me = threading.current_thread().name
        with self._condition:
            (self._idle if idle else self._waiting).add(me)
            if self._now == me:
                self._now = None
            self._choose()
            assert self._condition.wait_for(lambda: self._now == me, timeout=30)
            self._waiting.discard(me)
            self._idle.discard(me)

    def leave(self) -> None:
        with self._condition:
            self._threads -= 1
            self._now = None
            self._choose()

    def _choose(self) -> None:
        if self._now is None and len(self._waiting) + len(self._idle) == self._threads > 0:
            self._now = self._random.choice(sorted(self._waiting or self._idle))
            self._condition.notify_all()


def at_once(seed: int, runs: tuple[int, ...], before: tuple[int, ...]) -> tuple[PullRequest, dict[int, str]]:
    """These runs post at once, each request at a moment of its own."""
    turns = Turns(seed, len(runs))
    request = PullRequest(unfinished=set(runs), turn=turns.take)
    for run in before:
        request.put(told(run).line + text_of(run))
    outcomes: dict[int, str] = {}

    def go(run: int) -> None:
        patience = Patience(lambda text: None, sleep=lambda seconds: turns.take(idle=True))
        try:
            outcomes[run] = posting(request, told(run), patience).run().what
        finally:
            request.unfinished.discard(run)
            turns.leave()

    threads = [threading.Thread(target=go, args=(run,), name=str(run)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes.keys() == set(runs)
    return request, outcomes


LATE_WRITES = (184, 186, 246, 270, 286, 299, 340, 376)
"""Orders in which an older run writes between the newest one's last look and its question for older runs."""


@pytest.mark.parametrize("before", [(), (0,), (0, 0)], ids=["nothing there", "one there", "a double there"])
@pytest.mark.parametrize("runs", [(1, 2), (1, 2, 3)], ids=str)
def test_runs_at_once_leave_one_comment_the_newest_runs(
    runs: tuple[int, ...], before: tuple[int, ...]
) -> None:
    ends = set()
    for seed in (*range(100), *LATE_WRITES):
        request, outcomes = at_once(seed, runs, before)
        assert shown(request) == [text_of(max(runs))], f"seed {seed}: {request.asked}"
        assert outcomes[max(runs)] in ("created", "updated")
        ends.add(tuple(sorted(outcomes.items())))
    assert len(ends) > 1  # the orders were different ones


def test_the_same_run_twice_at_once_leaves_one_comment() -> None:
    for seed in range(60):
        turns = Turns(seed, 2)
        request = PullRequest(turn=turns.take)
        ends: list[str] = []

        def go(request: PullRequest, turns: Turns, ends: list[str], name: str) -> None:
            try:
                ends.append(posting(request, told(7), render=lambda limit: name).run().what)
            finally:
                turns.leave()

        threads = [threading.Thread(target=go, args=(request, turns, ends, name), name=name) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert (len(ends), len(shown(request))) == (2, 1)


def test_ends_where_somebody_else_writes_without_end() -> None:
    request, count = PullRequest(), itertools.count()
    comments = request.comments

    def always_another() -> list[Comment]:
        request.put(told(0).line + str(next(count)))
        return comments()

    request.comments = always_another  # type: ignore[method-assign]
    with pytest.raises(OpsError, match="still not this run's"):
        post(request, 1)
