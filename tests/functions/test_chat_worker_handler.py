"""functions/chat_worker/handler.py as Lambda runs it: its variables, its role, SQS's events, real HTTP.

The table is encrypted with a customer key, and the worker has the permissions of PERMISSIONS and no other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from functions.chat_worker import asking, handler
from functions.chat_worker.providers import anthropic, openai
from tests.functions import emf
from tests.functions.chat_worker_deployment import NO_JOB, PERMISSIONS, Clients, Deployment
from tests.functions.chat_worker_support import MAX_RECEIVES, ONE, QUESTION
from tests.functions.support import Log, logged, ulid_at
from tests.local_aws.cloud import Cloud, unique
from tests.support.model_server import ANTHROPIC_PATH, KEY, OPENAI_PATH, ModelServer, Reply, answer_of


@pytest.fixture
def deployment(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.setattr(asking, "FIRST_PAUSE_S", 0.001)
    sqs, key = aws.client("sqs"), aws.key()
    dead = sqs.create_queue(QueueName=unique("dead"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": str(MAX_RECEIVES)}
    queue = sqs.create_queue(
        QueueName=unique("jobs"),
        Attributes={"VisibilityTimeout": "720", "RedrivePolicy": json.dumps(redrive)},
    )["QueueUrl"]
    secret = aws.client("secretsmanager").create_secret(Name=unique("key"), KmsKeyId=key)["ARN"]
    with Clients() as connected, ModelServer() as model:
        made = Deployment(aws, connected, model, aws.table(key), key, queue, dead, secret, monkeypatch)
        made.put_key(KEY)
        yield made
    handler._worker.cache_clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    return logged(handler.log, monkeypatch)


@pytest.mark.parametrize(
    ("provider", "path", "model"),
    [
        ("anthropic", ANTHROPIC_PATH, anthropic.DEFAULT_MODEL),
        ("openai", OPENAI_PATH, openai.DEFAULT_MODEL),
    ],
)
def test_a_job_is_answered_by_the_provider(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], provider: str, path: str, model: str
) -> None:
    deployment.variables(provider)
    deployment.ask()
    assert deployment.work() == []
    assert deployment.clients.text() == answer_of()
    done = deployment.clients.frames()[-1]
    assert (done["type"], done["provider"], done["model"], done["builtIn"]) == (
        "done",
        provider,
        model,
        False,
    )
    assert [seen.path for seen in deployment.model.seen] == [path]
    stored = deployment.stored()
    assert stored
    assert (stored.text, stored.provider, stored.model) == (answer_of(), provider, model)
    lines = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    metrics = emf.of_environment("\n".join(lines))
    assert metrics.keys() == {"ChatAnswers", "FirstDeltaMilliseconds"}
    assert 0 <= metrics["FirstDeltaMilliseconds"][0] < 60_000


def test_two_invocations_of_one_environment_print_their_own_metrics(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    for last in (1, 2):
        deployment.message_id = ulid_at(time.time(), last)
        deployment.ask()
        assert deployment.work() == []
        lines = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
        assert emf.of_environment("\n".join(lines))["ChatAnswers"] == (1,)
    assert deployment.work({"Records": [NO_JOB]}) == ["not a job"]
    assert '"_aws"' not in capsys.readouterr().out


@pytest.mark.parametrize("provider", ["anthropic", "openai", "built-in"])
def test_without_a_key_the_built_in_model_answers(deployment: Deployment, provider: str) -> None:
    empty = deployment.cloud.client("secretsmanager").create_secret(Name=unique("key"))["ARN"]
    deployment.secret = "" if provider == "built-in" else empty
    deployment.variables(provider)
    if deployment.secret:
        deployment.role()
    deployment.ask()
    assert deployment.work() == []
    assert deployment.model.seen == []
    assert deployment.clients.text().startswith("This is the built-in model speaking, because ")
    assert QUESTION in deployment.clients.text()
    assert deployment.clients.frames()[-1]["builtIn"] is True
    assert len(deployment.clients.frames("delta")) > 1


def test_a_rotated_key_is_found_within_one_execution_environment(deployment: Deployment) -> None:
    deployment.ask()
    deployment.work()
    deployment.clients.posted.clear()
    deployment.model.keys = {"the next key"}
    deployment.put_key("the next key")
    deployment.message_id = ulid_at(time.time(), 1)
    deployment.ask()
    assert deployment.work() == []
    assert deployment.clients.text() == answer_of()
    assert [seen.headers["x-api-key"] for seen in deployment.model.seen] == [KEY, KEY, "the next key"]


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
@pytest.mark.parametrize(
    "faults",
    [
        [Reply(status=429, headers={"retry-after": "0"})],
        [Reply(status=500), Reply(status=529, kind="overloaded_error"), Reply(status=503)],
        [Reply(ending="error")],
        [Reply(ending="dropped"), Reply(ending="cut")],
        [Reply(ending="no JSON", pieces=("Bad",))],
    ],
    ids=["429", "5xx", "error in mid-stream", "dropped", "damaged"],
)
def test_the_answer_is_whole_after_the_providers_faults(
    deployment: Deployment, provider: str, faults: list[Reply]
) -> None:
    deployment.variables(provider)
    deployment.model.replies = [*faults, Reply()]
    deployment.ask()
    assert deployment.work() == []
    stored = deployment.stored()
    assert stored
    assert deployment.clients.text() == stored.text == answer_of()
    assert len(deployment.model.seen) == len(faults) + 1
    assert len({frame["attempt"] for frame in deployment.clients.frames()}) <= len(faults) + 1


def test_a_slow_provider_is_shown_as_it_speaks(deployment: Deployment) -> None:
    """The first piece is with the client before the second is spoken."""
    waited: list[bool] = []

    def before(index: int) -> None:
        if index:
            end = time.monotonic() + 5
            while len(deployment.clients.text()) < index and time.monotonic() < end:
                time.sleep(0.002)
            waited.append(len(deployment.clients.text()) >= index)

    deployment.model.replies = [Reply(pieces=tuple("abc"), before=before)]
    deployment.ask()
    deployment.work()
    assert waited == [True, True]


def test_a_connection_that_is_closed_costs_no_answer(deployment: Deployment) -> None:
    deployment.clients.gone.add(ONE)
    deployment.ask()
    assert deployment.work() == []
    assert deployment.clients.posted == []
    stored = deployment.stored()
    assert stored
    assert stored.text == answer_of()


def test_a_provider_without_end_is_cut_at_the_length_of_an_item(deployment: Deployment) -> None:
    deployment.model.replies = [Reply(pieces=("🙂" * 1000,), ending="without end")]
    deployment.ask()
    assert deployment.work() == []
    stored = deployment.stored()
    assert stored
    assert stored.text == deployment.clients.text() == "🙂" * 90_000
    assert deployment.model.broken_pipes.acquire(timeout=30), "it goes on speaking"


def test_a_failed_job_waits_and_at_last_goes_to_the_dead_letters(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.model.replies = [Reply(status=500)]
    monkeypatch.setattr(asking, "RETRIES", 0)
    sqs = deployment.cloud.client("sqs")
    deployment.ask()
    for _ in range(MAX_RECEIVES):
        event = deployment.deliver()
        record = event["Records"][0]
        assert deployment.work(event) == [record["messageId"]]
        with pytest.raises(AssertionError, match="the queue gives nothing"):
            deployment.deliver()
        if record["attributes"]["ApproximateReceiveCount"] != str(MAX_RECEIVES):  # its time passes
            sqs.change_message_visibility(
                QueueUrl=deployment.queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
            )
    [dead] = deployment.deliver(deployment.dead_letters_url)["Records"]
    assert json.loads(dead["body"])["messageId"] == deployment.message_id
    assert [frame["retrying"] for frame in deployment.clients.frames("error")] == [True, True, False]


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "1", "{}", '{"sessionId":1,"messageId":"a","connectionId":"b"}', "[" * 99_999]
)
def test_what_is_no_job_comes_back_until_it_is_a_dead_letter(
    deployment: Deployment, log: Log, body: str
) -> None:
    record = {**NO_JOB, "body": body}
    assert deployment.work({"Records": [record]}) == ["not a job"]
    assert [line["message"] for line in log.errors] == ["the queue gave what is no job"]


@pytest.mark.parametrize("action", PERMISSIONS)
def test_the_worker_needs_each_of_its_permissions(
    deployment: Deployment, log: Log, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """A delivery that fails and one that does not, without one of them; with all it goes well."""
    monkeypatch.setattr(asking, "RETRIES", 0)
    deployment.ask()
    event = deployment.deliver()
    deployment.role(without=action)
    deployment.model.replies = [Reply(status=500), Reply()]
    deployment.work(event)
    deployment.work(event)
    assert "AccessDenied" in log.text, f"nobody misses {action}"


def test_the_worker_needs_no_other_permission(
    deployment: Deployment, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "RETRIES", 0)
    deployment.ask()
    event = deployment.deliver()
    deployment.model.replies = [Reply(status=500), Reply()]
    deployment.work(event)
    assert deployment.work(event) == []
    assert "AccessDenied" not in log.text
