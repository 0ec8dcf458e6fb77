"""functions/chat_worker: every message is answered once, and none is lost."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import pytest

from functions.chat_worker.failures import Failure
from functions.chat_worker.once import Busy
from functions.chat_worker.providers.interface import Unavailable
from functions.shared import clients
from functions.shared.table import Session, Table
from tests.functions.chat_worker_support import ONE, TWO, Bench, Killed


@pytest.fixture
def bench(table_name: str, session: Session) -> Bench:
    return Bench(table_name, Table(table_name), session)


def test_a_redelivered_job_that_was_done_does_nothing(bench: Bench) -> None:
    job = bench.ask()
    bench.work(job)
    posted = list(bench.api.posted)
    for receives in (2, 3):
        bench.work(job, receives)
    assert bench.api.posted == posted
    assert len(bench.model.asked) == 1


def test_an_answered_message_that_is_sent_again_is_replayed_once(bench: Bench) -> None:
    bench.work(bench.ask())
    bench.time.sleep(0.001)
    again = bench.ask()
    bench.work(again)
    bench.work(again, receives=2)
    assert len(bench.model.asked) == 1
    assert bench.api.kinds() == ["delta", "delta", "done", "delta", "done"]
    assert bench.api.frames()[-2]["text"] == bench.api.shown() == "Good day"
    assert {frame["attempt"] for frame in bench.api.frames()} == {1, 2}


def test_who_asks_again_as_soon_as_he_sees_done_gets_the_answer_again(bench: Bench) -> None:
    jobs: list[dict[str, Any]] = []

    def at_once(frame: dict[str, Any]) -> None:
        if frame["type"] == "done" and not jobs:
            bench.time.sleep(0.005)
            jobs.append(bench.ask())

    bench.api.on_post = at_once
    bench.work(bench.ask())
    bench.work(jobs[0])
    assert bench.api.kinds() == ["delta", "delta", "done", "delta", "done"]


def test_a_cancelled_answer_is_replayed_as_one(bench: Bench) -> None:
    bench.model.scripts = [["Good", 0.5, bench.cancel, 5.0, " day"]]
    bench.work(bench.ask())
    bench.work(bench.ask(TWO))
    assert bench.api.shown(TWO) == "Good"
    assert bench.api.frames(TWO)[-1]["cancelled"] is True


def test_an_overtaken_job_finds_the_answer_delivered_to_the_newer_connection(bench: Bench) -> None:
    """The job of the first connection failed once; meanwhile the client came back and was answered there."""
    first = bench.ask()
    bench.model.scripts = [[Unavailable("status 500, api_error", retry_after_s=60)], ["Good day"]]
    with pytest.raises(Failure):
        bench.work(first)
    bench.api.gone.add(ONE)
    bench.work(bench.ask(TWO))
    posted = list(bench.api.posted)
    bench.work(first, receives=2)
    assert bench.api.posted == posted


def test_two_at_the_same_time_ask_once(bench: Bench) -> None:
    """The second is put off: shortly, then until the first can no longer be at it. Then it has nothing to do,
    because the first has followed the client to the second connection."""
    seen: list[Busy] = []

    def second() -> None:
        job = bench.ask(TWO)
        for receives in (1, 2):
            with pytest.raises(Busy) as caught:
                bench.work(job, receives)
            seen.append(caught.value)
        jobs.append(job)

    jobs: list[dict[str, Any]] = []
    bench.model.scripts = [["Good", 0.5, second, 2.0, " day"]]
    bench.work(bench.ask())
    short, long = bench.sqs.hidden
    assert short == 10
    assert math.isclose(long, 120, abs_tol=2), "until the first invocation ends at the latest"
    bench.work(jobs[0], receives=3)
    assert len(bench.model.asked) == 1
    assert bench.api.kinds(TWO) == ["delta", "delta", "done"]
    assert bench.api.shown(TWO) == bench.stored == "Good day"


def test_of_many_jobs_of_one_message_one_asks_and_none_is_lost(bench: Bench) -> None:
    """All at once, against the conditions of DynamoDB."""
    jobs = [bench.ask() for _ in range(6)]
    answering_now, others_done = threading.Event(), threading.Event()
    bench.model.scripts = [["Good", answering_now.set, lambda: others_done.wait(10), " day"]]

    def work(job: dict[str, Any]) -> str:
        try:
            bench.work(job)
        except Busy:
            return "busy"
        return "answered"

    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(work, job) for job in jobs]
        assert answering_now.wait(10)
        for done in itertools.islice(as_completed(running, timeout=10), 5):
            assert done.result() == "busy"
        others_done.set()
        results = [job.result() for job in running]
    assert sorted(results) == ["answered"] + ["busy"] * 5
    for job in jobs:
        bench.work(job, receives=2)
    assert len(bench.model.asked) == 1
    assert bench.api.kinds() == ["delta", "delta", "done"]
    assert bench.stored == "Good day"


MOMENTS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "at the first delta": lambda frame: frame["type"] == "delta",
    "in mid-stream": lambda frame: frame["type"] == "delta" and frame["offset"] > 0,
    "before done": lambda frame: frame["type"] == "done",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_worker_killed_at_any_moment_loses_nothing_and_answers_once(bench: Bench, moment: str) -> None:
    def kill(frame: dict[str, Any]) -> None:
        if MOMENTS[moment](frame):
            raise Killed

    bench.model.scripts = [["Good", 0.5, " day", 0.5, "."], ["Hello", 0.5, " there"]]
    job = bench.ask()
    bench.api.on_post = kill
    with pytest.raises(Killed):
        bench.work(job)
    bench.api.on_post = lambda frame: None
    with pytest.raises(Busy):
        bench.work(job, receives=2)
    bench.crash_is_over()
    bench.work(job, receives=3)
    asked_again = moment != "before done"
    assert len(bench.model.asked) == 1 + asked_again
    assert bench.stored == ("Hello there" if asked_again else "Good day.")
    assert bench.api.shown() == bench.stored
    assert bench.api.kinds().count("done") == 1
    assert bench.api.frames()[-1]["length"] == len(bench.stored)
    assert bench.state == "answered"


def test_a_worker_killed_between_storing_and_noting_it_is_made_good(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: Any) -> None:
        raise Killed

    bench.model.scripts = [["Good", 0.5, bench.cancel, 5.0, " day"]]
    job = bench.ask()
    with monkeypatch.context() as patched:
        patched.setattr(bench.table, "set_message_state", kill)
        with pytest.raises(Killed):
            bench.work(job)
    assert (bench.stored, bench.state) == ("Good", "queued")
    bench.crash_is_over()
    bench.work(job, receives=2)
    assert bench.state == "cancelled"
    assert bench.api.frames()[-1]["cancelled"] is True
    assert len(bench.model.asked) == 1


def test_of_two_answers_the_first_that_is_stored_stays_and_is_what_the_client_has(bench: Bench) -> None:
    """A worker that lost its lock while it was frozen."""

    def other() -> None:
        bench.table.put_answer(bench.session, bench.message_id, "Hello there", "openai", "gpt-x", False)

    bench.model.scripts = [["Good", 0.5, " day", other]]
    bench.work(bench.ask())
    assert bench.api.shown() == bench.stored == "Hello there"
    assert (
        bench.api.frames()[-1] | {"provider": "openai", "model": "gpt-x", "attempt": 2}
        == (bench.api.frames()[-1])
    )


def test_locks_expire_and_hold_no_text(bench: Bench) -> None:
    bench.work(bench.ask())
    bench.time.sleep(0.001)
    bench.work(bench.ask())
    locks = [
        item
        for item in clients.dynamodb().Table(bench.table_name).scan()["Items"]
        if item["PK"] == f"IDEMPOTENCY#SESSION#{bench.session.session_id}"
    ]
    assert sorted(item["SK"].partition("#")[0] for item in locks) == ["answer", "delivery"]
    for item in locks:
        assert int(item["expiresAt"]) > bench.time.milliseconds() / 1000
        assert "Good" not in str(item)
