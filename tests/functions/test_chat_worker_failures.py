"""functions/chat_worker: models, keys and sessions that fail."""

from __future__ import annotations

from typing import Any

import pytest

from functions.chat_worker import answering
from functions.chat_worker.failures import Failure
from functions.chat_worker.keys import KeyUnreadable
from functions.chat_worker.providers.interface import Refused, Unauthorized, Unavailable
from functions.shared import clients
from functions.shared.table import Session, Table
from tests.functions.chat_worker_support import TWO, Bench, client_error
from tests.functions.support import Log, logged


@pytest.fixture
def bench(table_name: str, session: Session) -> Bench:
    return Bench(table_name, Table(table_name), session)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    return logged(answering.log, monkeypatch)


@pytest.mark.parametrize(
    "failure", [Unavailable("status 529, overloaded_error"), Unavailable("ReadError"), Unavailable("cut")]
)
def test_the_model_is_asked_again_and_the_client_begins_anew(
    bench: Bench, failure: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.model.scripts = [["Bad", 0.1, " morning", 0.1, failure], [failure], ["Good", " day"]]
    bench.work(bench.ask())
    assert bench.api.shown() == bench.stored == "Good day"
    assert [(frame["attempt"], frame["offset"]) for frame in bench.api.frames(kind="delta")] == [
        (1, 0),
        (1, 3),
        (2, 0),
        (2, 4),
    ]
    assert bench.api.frames()[-1]["attempt"] == 2
    assert bench.printed(capsys)["ChatRetries"] == (1, 1)


def test_retry_after_is_honoured(bench: Bench) -> None:
    bench.model.scripts = [[Unavailable("status 429, rate_limit_error", retry_after_s=7)], ["Good day"]]
    bench.work(bench.ask())
    assert bench.time.passed == pytest.approx(7)
    assert bench.stored == "Good day"


def test_who_wants_a_long_pause_is_asked_at_a_later_delivery(bench: Bench) -> None:
    job = bench.ask()
    bench.model.scripts = [[Unavailable("status 429, rate_limit_error", retry_after_s=90)]]
    with pytest.raises(Failure):
        bench.work(job)
    assert bench.sqs.hidden == [91]
    assert bench.time.passed == 0


def test_a_model_that_stays_away_fails_the_job_until_the_last_delivery(
    bench: Bench, capsys: pytest.CaptureFixture[str], log: Log
) -> None:
    job = bench.ask()
    bench.model.scripts = [[Unavailable("status 500, api_error")]]
    states = []
    for receives in (1, 2, 3):
        with pytest.raises(Failure):
            bench.work(job, receives)
        states.append(bench.state)
    assert states == ["queued", "queued", "failed"]
    assert [(frame["code"], frame["retrying"]) for frame in bench.api.frames()] == [
        ("modelUnavailable", True),
        ("modelUnavailable", True),
        ("modelUnavailable", False),
    ]
    assert bench.sqs.hidden == [10, 20, 0], "the last one goes to the dead letters at once"
    assert len(bench.model.asked) == 3 * 4
    assert bench.stored is None
    assert bench.printed(capsys) == {"ChatRetries": (1,) * 11, "ChatFailures": (1,)}
    assert [line["message"] for line in log.errors] == ["no answer"]


def test_a_failed_message_can_be_asked_again(bench: Bench) -> None:
    """By the user, or by an operator who gives the dead letters back."""
    job = bench.ask()
    bench.model.scripts = [[Unavailable("status 500, api_error")]]
    with pytest.raises(Failure):
        bench.work(job, receives=3)
    bench.model.scripts = [["Good day"]]
    bench.work(bench.ask(TWO))
    assert (bench.api.shown(TWO), bench.state) == ("Good day", "answered")


def test_a_refusal_is_final_and_no_dead_letter(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.model.scripts = [[Refused("status 400, invalid_request_error")]]
    bench.work(bench.ask())
    [frame] = bench.api.frames()
    assert (frame["code"], frame["retrying"], frame["messageId"]) == ("modelRefused", False, bench.message_id)
    assert bench.state == "failed"
    assert bench.sqs.hidden == []
    assert len(bench.model.asked) == 1
    assert bench.printed(capsys) == {"ChatFailures": (1,)}


def test_a_model_that_says_nothing_has_refused(bench: Bench) -> None:
    bench.model.scripts = [["", " \n"]]
    bench.work(bench.ask())
    assert bench.api.frames()[-1]["code"] == "modelRefused"
    assert bench.stored is None


@pytest.mark.parametrize(("receives", "retrying", "state"), [(1, True, "queued"), (3, False, "failed")])
def test_an_answer_that_takes_too_long_ends_before_the_invocation_does(
    bench: Bench, receives: int, retrying: bool, state: str
) -> None:
    bench.model.scripts = [["Good", 3600.0]]
    with pytest.raises(Failure):
        bench.work(bench.ask(), receives)
    error = bench.api.posted[-1]
    assert error.at == pytest.approx(115)
    assert (error.frame["code"], error.frame["retrying"]) == ("timeout", retrying)
    assert bench.state == state


def test_no_pause_goes_beyond_the_deadline(bench: Bench) -> None:
    bench.model.scripts = [[8.0, Unavailable("status 429, rate_limit_error", retry_after_s=10)]]
    with pytest.raises(Failure):
        bench.work(bench.ask(), milliseconds=20_000)
    assert bench.time.passed == pytest.approx(8)
    assert bench.api.frames()[-1]["code"] == "modelUnavailable"


def test_after_a_rotation_the_new_key_is_read_once_and_used(bench: Bench) -> None:
    keys: list[str | None] = []

    def choose(key: str | None) -> Any:
        keys.append(key)
        return bench.model

    bench.choose = choose
    bench.secret.values = ["old", "new"]
    bench.model.scripts = [[Unauthorized("status 401, authentication_error")], ["Good day"]]
    bench.work(bench.ask())
    assert keys == ["old", "new"]
    assert bench.stored == "Good day"
    assert bench.time.passed == 0


def test_a_key_that_stays_wrong_is_unavailability(bench: Bench) -> None:
    bench.model.scripts = [[Unauthorized("status 401, authentication_error")]]
    with pytest.raises(Failure) as caught:
        bench.work(bench.ask())
    assert caught.value.code == "modelUnavailable"
    assert bench.secret.reads == 2
    assert len(bench.model.asked) == 1


def test_the_key_is_read_again_only_once_per_answer(bench: Bench) -> None:
    bench.secret.values = ["old", "new", "newer"]
    bench.model.scripts = [[Unauthorized("status 401, authentication_error")]]
    with pytest.raises(Failure):
        bench.work(bench.ask())
    assert bench.secret.reads == 2
    assert len(bench.model.asked) == 2


def test_a_secret_that_may_not_be_read_is_unavailability_not_the_built_in_model(
    bench: Bench, log: Log
) -> None:
    bench.secret.values = [client_error("AccessDeniedException", 400, "GetSecretValue")]
    with pytest.raises(Failure) as caught:
        bench.work(bench.ask(), receives=3)
    assert isinstance(caught.value.__cause__, KeyUnreadable)
    assert bench.api.frames()[-1]["code"] == "modelUnavailable"
    assert "AccessDeniedException" in log.errors[0]["reason"]


def test_an_unforeseen_failure_is_told_and_tried_again(bench: Bench, log: Log) -> None:
    bench.model.scripts = [[ZeroDivisionError("")], ["Good day"]]
    job = bench.ask()
    with pytest.raises(ZeroDivisionError):
        bench.work(job)
    assert (bench.api.frames()[-1]["code"], bench.api.frames()[-1]["retrying"]) == ("internal", True)
    assert [line["error"] for line in log.errors] == ["ZeroDivisionError"]
    bench.work(job, receives=2)
    assert bench.stored == "Good day"


def test_a_read_that_fails_meanwhile_does_not_cost_the_answer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = bench.table.message

    def fail(*ids: str) -> Any:
        if 0 < bench.time.passed < 2:
            raise client_error("ProvisionedThroughputExceededException", 400, "GetItem")
        return message(*ids)

    monkeypatch.setattr(bench.table, "message", fail)
    bench.model.scripts = [["Good", 3.0, " day"]]
    bench.work(bench.ask())
    assert bench.stored == "Good day"


# Sessions


def test_a_revoked_session_gets_no_answer(bench: Bench, log: Log) -> None:
    job = bench.ask()
    bench.table.revoke_session(bench.session.session_id)
    bench.work(job)
    [frame] = bench.api.frames()
    assert (frame["code"], frame["retrying"]) == ("sessionEnded", False)
    assert bench.model.asked == []
    assert log.errors == []


def test_a_message_that_is_gone_is_no_failure(bench: Bench, log: Log) -> None:
    job = bench.ask()
    bench.message_id = "another"
    key = {"PK": f"SESSION#{bench.session.session_id}"}
    items = clients.dynamodb().Table(bench.table_name)
    for item in items.scan()["Items"]:
        if item["SK"].startswith("MSG#"):
            items.delete_item(Key={**key, "SK": item["SK"]})
    bench.work(job)
    assert bench.api.frames() == []
    assert [line["level"] for line in log.lines] == ["WARNING"]
