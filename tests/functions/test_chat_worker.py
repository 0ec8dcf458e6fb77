"""functions/chat_worker: from the job to the stored answer, with a model that follows a script."""

from __future__ import annotations

from typing import Any

import pytest

from functions.chat_worker import answering
from functions.chat_worker.failures import Undelivered
from functions.chat_worker.providers.interface import Refused, Unavailable
from functions.shared.table import Session, Table
from tests.functions.chat_worker_support import ONE, QUESTION, TWO, Bench, Step, client_error
from tests.functions.support import Log, logged, ulid_at

SECRET_WORDS = "Tulips and their names"


@pytest.fixture
def bench(table_name: str, session: Session) -> Bench:
    return Bench(table_name, Table(table_name), session)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    return logged(answering.log, monkeypatch)


# One message, one answer


def test_the_answer_is_streamed_and_stored(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.model.scripts = [[0.3, "Good", 0.1, " day", 0.1, "."]]
    bench.work(bench.ask())
    message_id = bench.message_id
    assert bench.api.frames() == [
        {"type": "delta", "messageId": message_id, "attempt": 1, "offset": 0, "text": "Good"},
        {"type": "delta", "messageId": message_id, "attempt": 1, "offset": 4, "text": " day"},
        {"type": "delta", "messageId": message_id, "attempt": 1, "offset": 8, "text": "."},
        {
            "type": "done",
            "messageId": message_id,
            "attempt": 1,
            "length": 9,
            "provider": "anthropic",
            "model": "model-of-the-tests",
            "builtIn": False,
            "cancelled": False,
        },
    ]
    assert (bench.stored, bench.state) == ("Good day.", "answered")
    assert bench.printed(capsys) == {"ChatAnswers": (1,), "FirstDeltaMilliseconds": (300,)}
    assert bench.sqs.hidden == []


def test_the_model_gets_the_conversation_in_turns(bench: Bench) -> None:
    table, session = bench.table, bench.session
    earlier = [ulid_at(1_700_000_000, last) for last in range(3)]
    for message_id in earlier:
        table.add_message(session, message_id, f"question {message_id[-1]}", ONE)
    table.put_answer(session, earlier[0], "an answer", "anthropic", "m", False)
    table.put_answer(session, earlier[1], "", "anthropic", "m", False)  # cancelled before its first word
    bench.work(bench.ask())
    [turns] = bench.model.asked
    assert [(turn.role, turn.text) for turn in turns] == [
        ("user", "question 0"),
        ("assistant", "an answer"),
        ("user", f"question 1\n\nquestion 2\n\n{QUESTION}"),
    ]


def test_no_text_and_no_key_is_logged(bench: Bench, log: Log) -> None:
    failure = Unavailable("status 500, api_error")
    bench.model.scripts = [[SECRET_WORDS, failure], [SECRET_WORDS, ValueError(SECRET_WORDS)]]
    with pytest.raises(ValueError, match=SECRET_WORDS):
        bench.work(bench.ask(text=SECRET_WORDS))
    bench.model.scripts = [[Refused("status 400, invalid_request_error")]]
    bench.work(bench.ask(text=SECRET_WORDS), receives=2)
    bench.model.scripts = [[SECRET_WORDS]]
    bench.work(bench.ask(text=SECRET_WORDS))
    assert [line["message"] for line in log.lines] == [
        "the model is asked again",
        "the job is not done",
        "no answer",
        "answered",
    ]
    assert [line["message"] for line in log.errors] == ["the job is not done", "no answer"]
    assert log.errors[0]["error"] == "ValueError"
    assert log.errors[0]["at"].startswith("chat_worker_support.py")
    assert log.errors[1]["reason"] == "status 400, invalid_request_error"
    assert SECRET_WORDS not in log.text
    assert "key" not in log.text.replace("_key", "")


def test_an_answer_longer_than_an_item_ends_there(bench: Bench) -> None:
    bench.model.scripts = [["🙂" * 40_000] * 4]
    bench.work(bench.ask())
    assert bench.stored == "🙂" * 90_000
    assert bench.api.shown() == bench.stored
    assert bench.api.frames()[-1]["length"] == 90_000


# Frames


def test_deltas_are_put_together_but_the_first_is_sent_at_once(bench: Bench) -> None:
    """A model that says a word each 10 ms, and then nothing for a while."""
    words: list[Step] = [step for number in range(10) for step in (f"{number} ", 0.01)]
    bench.model.scripts = [[*words, 5.0, "end"]]
    bench.work(bench.ask())
    deltas = [(post.frame["text"], round(post.at, 2)) for post in bench.api.posted[:-1]]
    assert deltas == [("0 ", 0), ("1 2 3 4 5 ", 0.05), ("6 7 8 9 ", 0.1), ("end", 5.1)]


def test_trap_39_a_slow_client_gets_fewer_and_larger_frames_of_32_kb_at_most(bench: Bench) -> None:
    bench.api.takes_s = 1.0
    bench.model.scripts = [["a" * 20_000] * 4]
    bench.work(bench.ask())
    assert bench.api.shown() == "a" * 80_000
    assert [post.at for post in bench.api.posted] == [1, 2, 3, 4]
    assert len(bench.api.frames(kind="delta")) == 3


# Cancelled


def test_a_cancelled_answer_stops_and_what_there_is_is_stored(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.model.scripts = [["Good", 1.5, bench.cancel, " day", 5.0, " to you", 3600.0]]
    bench.work(bench.ask())
    assert bench.api.shown() == bench.stored == "Good day"
    assert bench.state == "cancelled"
    assert bench.api.frames()[-1]["cancelled"] is True
    assert bench.api.posted[-1].at == pytest.approx(2)
    assert bench.printed(capsys).keys() == {"FirstDeltaMilliseconds"}


def test_a_message_cancelled_before_its_turn_is_not_asked(bench: Bench) -> None:
    job = bench.ask()
    bench.cancel()
    bench.work(job)
    assert bench.model.asked == []
    assert (bench.stored, bench.state) == ("", "cancelled")
    [done] = bench.api.frames()
    assert (done["type"], done["length"], done["cancelled"]) == ("done", 0, True)


def test_an_answer_is_cancelled_between_two_tries(bench: Bench) -> None:
    bench.model.scripts = [["Good", bench.cancel, Unavailable("dropped", retry_after_s=15)], ["never"]]
    bench.work(bench.ask())
    assert len(bench.model.asked) == 1
    assert (bench.stored, bench.state) == ("Good", "cancelled")
    assert bench.time.passed == pytest.approx(1)


def test_the_table_is_read_once_a_second(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[float] = []
    message = bench.table.message

    def noted(*ids: str) -> Any:
        reads.append(bench.time.passed)
        return message(*ids)

    monkeypatch.setattr(bench.table, "message", noted)
    bench.model.scripts = [[step for _ in range(350) for step in ("a ", 0.01)]]
    bench.work(bench.ask())
    assert [round(at, 2) for at in reads] == [0, 1, 2, 3, 3.5]


# The connection


def test_a_client_that_leaves_finds_the_answer_stored(bench: Bench) -> None:
    bench.model.scripts = [["Good", 0.1, lambda: bench.api.gone.add(ONE), " day", 3.0, "."]]
    bench.work(bench.ask())
    assert bench.api.shown() == "Good"
    assert (bench.stored, bench.state) == ("Good day.", "answered")
    assert bench.sqs.hidden == []


def test_a_closed_connection_is_posted_to_no_more(bench: Bench) -> None:
    tried: list[Any] = []
    bench.api.on_post = tried.append
    bench.api.gone.add(ONE)
    bench.model.scripts = [["Good", 1.0, " day", 1.0, "."]]
    bench.work(bench.ask())
    assert len(tried) == 1


@pytest.mark.parametrize("closed", [True, False])
def test_a_client_that_comes_back_gets_all_of_it_there(bench: Bench, closed: bool) -> None:
    """Also where API Gateway has not noticed that the old connection is dead."""

    def reconnect() -> None:
        if closed:
            bench.api.gone.add(ONE)
        bench.ask(TWO)

    bench.model.scripts = [["Good", 0.5, reconnect, " day", 2.0, "."]]
    bench.work(bench.ask())
    assert bench.api.shown(TWO) == "Good day."
    assert bench.api.frames(TWO)[0] == {
        "type": "delta",
        "messageId": bench.message_id,
        "attempt": 1,
        "offset": 0,
        "text": "Good day",
    }
    assert bench.api.kinds(TWO)[-1] == "done"
    assert "done" not in bench.api.kinds(ONE)


def test_a_client_that_comes_back_at_the_last_moment_gets_all_of_it(bench: Bench) -> None:
    bench.model.scripts = [["Good", 0.5, " day", lambda: bench.ask(TWO)]]
    bench.work(bench.ask())
    assert bench.api.shown(TWO) == "Good day"
    assert bench.api.kinds(TWO)[-1] == "done"


def test_a_throttled_post_is_posted_again(bench: Bench) -> None:
    bench.api.failures = [client_error("LimitExceededException", 429)] * 3
    bench.work(bench.ask())
    assert bench.api.shown() == "Good day"
    assert bench.time.passed == pytest.approx(0.7)


def test_an_answer_that_cannot_be_delivered_is_stored_and_sent_later(bench: Bench, log: Log) -> None:
    """Nobody is asked twice because API Gateway is down, or a permission is missing."""
    job = bench.ask()
    bench.api.failures = [client_error("ForbiddenException", 403)] * 4
    with pytest.raises(Undelivered):
        bench.work(job)
    assert bench.stored == "Good day"
    assert {line.get("code") for line in log.lines} >= {"ForbiddenException"}
    with pytest.raises(Undelivered):
        bench.work(job, receives=2)
    assert bench.api.frames() == []
    bench.api.failures = []
    bench.work(job, receives=3)
    assert bench.api.shown() == "Good day"
    assert len(bench.model.asked) == 1
    assert bench.sqs.hidden == [10, 20]
