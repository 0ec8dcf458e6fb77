"""The chat of a deployed dev under load, under attack, and when its worker dies; its account's alarms.

The tests are the steps of one story and run in this order. What a single client is promised is in
`ops/smoke/chat.py`.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ulid import ULID
from websockets.exceptions import InvalidStatus

from functions.shared.table import Table, new_token
from ops.chat.answer import Answer
from ops.chat.line import address, trust
from ops.exit_codes import ExitCode
from ops.local_aws.instance import LocalAws
from tests.local import checkout, logs, tables, workers
from tests.local.alarms import drive_all
from tests.local.checkout import Checkout
from tests.support.chat_clients import Client, all_at_once
from tests.support.model_server import KEY, ModelServer, Reply

CLIENTS, MESSAGES = 50, 3
HOSTILE_FRAMES = 10_000
BATCH = 100
"""Hostile frames that are sent before their answers are read."""
WORKER_TIMEOUT_S = 10
PATIENCE_S = 180.0
PIECES = ("first ", "second ", "third ", "last")
FUNCTION = "spec-wizard-dev-chat-worker"
CREATED, COMPLETED = "Sessions created (24 h)", "Submissions completed (24 h)"
DURATION, RATE = "Average session duration", "Completion rate"
KPIS = (CREATED, COMPLETED, DURATION, RATE)
MODELS_ERROR = "secret words of the user"
"""What the model's server says with an error."""
LASTED_S = (60, 600, 1500)
"""Sessions that are completed, by how long they lasted."""


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[Checkout]:
    """dev, whose provider is a server of the test's; until its key is set the built-in model answers."""
    settings = (
        "ENABLE_CLOUDFRONT=false\n"
        "CHAT_PROVIDER=anthropic\n"
        f"CHAT_PROVIDER_URL={model.url}\n"
        f"CHAT_WORKER_TIMEOUT_S={WORKER_TIMEOUT_S}\n"
        # A hostile frame that is throttled never comes to a function, which is to be tried here.
        "CHAT_THROTTLE_BURST=5000\nCHAT_THROTTLE_RATE=10000\n"
    )
    with checkout.deployed(tmp_path_factory.mktemp("chat"), settings) as made:
        yield made


@pytest.fixture(scope="module")
def aws(here: Checkout) -> LocalAws:
    return here.local_aws


@pytest.fixture(scope="module")
def outputs(here: Checkout) -> dict[str, str]:
    found: dict[str, str] = json.loads(here.ops("--local", "outputs", "dev", "--json"))
    return found


@pytest.fixture(scope="module")
def dynamodb(aws: LocalAws, outputs: dict[str, str]) -> Any:
    """DynamoDB as a resource."""
    return tables.resource(aws, outputs["aws_region"])


@pytest.fixture(scope="module")
def items(dynamodb: Any, outputs: dict[str, str]) -> Any:
    """The table without its access patterns."""
    return dynamodb.Table(outputs["dynamodb_table_name"])


@pytest.fixture(scope="module")
def table(dynamodb: Any, outputs: dict[str, str]) -> Table:
    return Table(outputs["dynamodb_table_name"], resource=dynamodb)


@pytest.fixture(scope="module")
def clients() -> list[Client]:
    """All that there were."""
    return []


@pytest.fixture(scope="module")
def new_client(
    aws: LocalAws, outputs: dict[str, str], table: Table, clients: list[Client]
) -> Callable[[], Client]:
    environ = aws.environment()
    url = address(outputs["websocket_url"], environ)
    authority: ssl.SSLContext | None = trust(url, environ)

    def make() -> Client:
        token = new_token()
        table.create_session(token)
        clients.append(Client(url, token, authority))
        return clients[-1]

    return make


def _knock(client: Client) -> int:
    """The status with which a connection is let in (101) or refused."""

    async def knock() -> int:
        try:
            async with client.line():
                return 101
        except InvalidStatus as refusal:
            return refusal.response.status_code

    return asyncio.run(knock())


def _kpis(here: Checkout) -> dict[str, float]:
    """What the dashboard shows of today, by the title of the number; 0 without a value."""
    board = json.loads(here.ops("--local", "dashboard", "dev", "--json"))
    numbers = [panel for panel in board["panels"] if panel["title"] in KPIS]
    assert [panel["title"] for panel in numbers] == list(KPIS)
    return {
        panel["title"]: panel["lines"][0]["points"][-1][1] if panel["lines"][0]["points"] else 0.0
        for panel in numbers
    }


def _waited(look: Callable[[], Any], seconds: float) -> Any:
    """What `look` finds within some seconds; the last it saw if nothing."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def test_traps_09_and_52_the_kpis_are_what_happened(
    here: Checkout, outputs: dict[str, str], dynamodb: Any, items: Any, table: Table
) -> None:
    """The first sessions of this environment: five are made, three of them completed, one is removed."""
    assert _kpis(here) == {CREATED: 0, COMPLETED: 0, DURATION: 0, RATE: 0}
    sessions = [table.create_session(new_token()) for _ in range(5)]
    for number, lasted in enumerate(LASTED_S):
        ended = sessions[number].created_at + lasted
        later = Table(outputs["dynamodb_table_name"], resource=dynamodb, clock=partial(float, ended))
        later.complete_session(sessions[number].session_id, f"REF-{number}")
    items.delete_item(Key={"PK": f"SESSION#{sessions[4].session_id}", "SK": "META"})
    expected = {CREATED: 5, COMPLETED: 3, DURATION: sum(LASTED_S) / 3, RATE: 60}
    assert _waited(lambda: _kpis(here) == expected, 60), _kpis(here)
    page = here.root / "dashboard.html"
    here.ops("--local", "dashboard", "dev", "--html", str(page))
    text = re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8"))
    assert "60" in text.partition(RATE)[2][:60]


def test_a_record_that_cannot_be_counted_is_put_aside_and_blocks_nobody(
    here: Checkout, aws: LocalAws, outputs: dict[str, str], items: Any, table: Table
) -> None:
    before = _kpis(here)[CREATED]
    poison = {"PK": f"SESSION#{uuid.uuid4().hex}", "SK": "META", "createdAt": "yesterday"}
    items.put_item(Item=poison)  # counts as a session: nothing of it is read yet
    items.put_item(Item={**poison, "endedAt": "today"})
    table.create_session(new_token())

    def aside() -> list[Any]:
        answer = aws.client("sqs").receive_message(QueueUrl=outputs["stream_failures_queue_url"])
        return list(answer.get("Messages", []))

    found = _waited(aside, 60)
    assert json.loads(found[0]["Body"])["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert _waited(lambda: _kpis(here)[CREATED] == before + 2, 60)


def test_trap_08_a_session_whose_time_is_over_is_refused(
    new_client: Callable[[], Client], items: Any, table: Table
) -> None:
    """Not yet deleted, which DynamoDB does with a delay; its other half is in the authorizer's own tests."""
    client = new_client()
    session = table.session_by_token(client.token)
    assert session
    assert _knock(client) == 101
    items.update_item(
        Key={"PK": f"SESSION#{session.session_id}", "SK": "META"},
        UpdateExpression="SET expiresAt = :past",
        ExpressionAttributeValues={":past": int(time.time()) - 1},
    )
    assert _knock(client) == 403


def test_trap_36_fifty_clients_at_once_are_answered_each(new_client: Callable[[], Client]) -> None:
    """Nothing is lost, doubled or crossed: each answer restates its own question and no other."""
    clients = [new_client() for _ in range(CLIENTS)]
    questions = [
        [f"What is part <{number}-{turn}> about?" for turn in range(MESSAGES)] for number in range(CLIENTS)
    ]
    asyncio.run(all_at_once(clients, questions, PATIENCE_S))
    for client, own in zip(clients, questions, strict=True):
        assert client.stray == []
        assert [exchange.question for exchange in client.exchanges] == own
        for exchange in client.exchanges:
            answer = exchange.answer
            assert answer.done, answer.failed
            assert sum(frame["type"] == "done" for frame in answer.frames) == 1
            accepted = sum(frame["type"] == "accepted" for frame in answer.frames)
            assert accepted == 1 if exchange.sent == 1 else accepted <= exchange.sent
            marks = [mark for mine in questions for mark in mine if mark in answer.text]
            assert marks == [exchange.question]


def test_the_table_holds_each_question_and_its_answer_once(
    new_client: Callable[[], Client], table: Table
) -> None:
    client = new_client()
    asyncio.run(all_at_once([client], [["One?", "Two?"]], PATIENCE_S))
    session = table.session_by_token(client.token)
    assert session
    kept = table.conversation(session.session_id, None)
    texts = [exchange.answer.text for exchange in client.exchanges]
    assert [item.text for item in kept] == ["One?", texts[0], "Two?", texts[1]]


def test_the_commands_talk_over_a_magic_link_until_it_is_revoked(here: Checkout) -> None:
    """`ops session` and `ops chat`; the token, a secret, is in no list of arguments, for others to read."""

    def chat(*arguments: str, code: int = 0, stdin: str = "", **environ: str) -> tuple[list[Any], str]:
        """The answers, and what was said besides."""
        ended = subprocess.run(
            [str(here.root / ".venv/bin/ops"), "--local", "chat", "dev", "--json", *arguments],
            cwd=here.root,
            env=here.environ(**environ),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, (ended.stdout, ended.stderr)
        return [json.loads(line) for line in ended.stdout.splitlines()], ended.stderr

    made = json.loads(here.ops("--local", "session", "create", "dev", "--json"))
    token = made["token"]
    first, _ = chat("-m", "What is part <1> about?", CHAT_TOKEN=token)
    more, _ = chat("--token", "-", stdin=f"{token}\nAnd part <2>?\n\nAnd part <3>?\n")
    assert len(first) == 1
    assert len(more) == 2
    for number, answer in enumerate([*first, *more], start=1):
        assert answer["type"] == "done"
        assert answer["length"] == len(answer["text"])
        assert f"<{number}>" in answer["text"]
    assert made["session_id"] in here.ops("--local", "session", "revoke", "dev", made["session_id"])
    nothing, told = chat("-m", "Still there?", code=ExitCode.AUTHENTICATION, CHAT_TOKEN=token)
    assert nothing == []
    assert "The chat refused the connection: HTTP 403." in told
    assert "ops session create" in told
    assert token not in told
    # Without --json it is the token alone, for a shell's variable; then the answers are for people.
    printed = here.ops("--local", "session", "create", "dev").split()
    spoken = here.ops("--local", "chat", "dev", "-m", "And part <4>?", CHAT_TOKEN=printed[-1])
    assert "<4>" in spoken


HOSTILE: list[str] = [
    "",
    "{",
    "null",
    "[]",
    "0",
    '"sendMessage"',
    "NaN",
    '{"action":null}',
    '{"action":["sendMessage"]}',
    '{"action":"sendMessage"}',
    '{"action":"sendMessage","text":null}',
    '{"action":"sendMessage","text":""}',
    '{"action":"sendMessage","text":{"a":1}}',
    '{"action":"sendMessage","text":"x","messageId":1}',
    '{"action":"sendMessage","text":"x","messageId":"../../META"}',
    '{"action":"sendMessage","text":"x","messageId":"7ZZZZZZZZZZZZZZZZZZZZZZZZZ"}',
    '{"action":"sendMessage","cancel":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}',
    '{"action":"sendMessage","cancel":{"$gt":""}}',
    '{"action":"$connect"}',
    '{"action":"$disconnect"}',
    '{"action":"$default"}',
    '{"action":"sendMessage","text":"' + "x" * 20_000 + '"}',
    "[" * 5_000,
    '{"a":' * 2_000 + "1" + "}" * 2_000,
    '{"action":"sendMessage","text":"\\ud800"}',
    '{"__proto__":{"action":"sendMessage"}}',
    "\u0000",
    "A" * 30_000,
]


def hostile() -> st.SearchStrategy[str]:
    """Frames of which none is a right message."""
    value = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=5,
    )
    wrong = st.fixed_dictionaries(
        {"action": st.sampled_from(["sendMessage", "$default", "delete"]) | value},
        optional={"text": value.filter(lambda v: not isinstance(v, str)), "messageId": value},
    )
    return st.sampled_from(HOSTILE) | st.text(max_size=60) | value.map(json.dumps) | wrong.map(json.dumps)


def test_ten_thousand_hostile_frames_get_an_error_each(
    new_client: Callable[[], Client], aws: LocalAws
) -> None:
    client, sent, began = new_client(), 0, int(time.time() * 1000)

    async def attack(frames: list[str]) -> None:
        async with client.line() as line:
            for frame in frames:
                await line.send(frame)
            for frame in frames:
                reply = json.loads(await asyncio.wait_for(line.recv(), 60))
                assert reply["type"] == "error", (frame, reply)
                assert reply["code"] in ("badRequest", "unknownAction", "tooLarge"), (frame, reply)

    @settings(
        max_examples=HOSTILE_FRAMES // BATCH,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(hostile(), min_size=BATCH, max_size=BATCH))
    def run(frames: list[str]) -> None:
        nonlocal sent
        asyncio.run(attack(frames))
        sent += len(frames)

    asyncio.run(attack(HOSTILE))
    run()
    assert sent >= HOSTILE_FRAMES
    asyncio.run(all_at_once([client], [["Still there?"]], PATIENCE_S))
    assert logs.unhandled(aws, "dev", began) == []


def test_who_brings_no_token_costs_no_function(new_client: Callable[[], Client]) -> None:
    client = new_client()
    client.token = ""
    assert _knock(client) == 401


def test_a_message_whose_worker_is_killed_is_answered_after_redelivery_once(
    new_client: Callable[[], Client],
    model: ModelServer,
    aws: LocalAws,
    outputs: dict[str, str],
    table: Table,
) -> None:
    aws.client("secretsmanager").put_secret_value(SecretId=outputs["anthropic_secret_arn"], SecretString=KEY)
    workers.kill(aws, FUNCTION)  # they believe for a minute that there is no key
    # On AWS a message is seen again after six times the worker's timeout; nobody waits here for a minute.
    aws.client("sqs").set_queue_attributes(
        QueueUrl=outputs["chat_jobs_queue_url"], Attributes={"VisibilityTimeout": str(WORKER_TIMEOUT_S + 2)}
    )
    client = new_client()
    model.replies = [Reply(PIECES, before=lambda _: time.sleep(1))]

    async def converse() -> Answer:
        answer = Answer(str(ULID()))
        async with client.line() as line:
            await line.send(
                json.dumps({"action": "sendMessage", "messageId": answer.message_id, "text": "Slowly?"})
            )
            killed = 0
            while not answer.ended:
                answer.take(json.loads(await asyncio.wait_for(line.recv(), 60)))
                if answer.text.startswith("first") and not killed:
                    killed = await asyncio.to_thread(workers.kill, aws, FUNCTION)
                    assert killed
                    model.replies = [Reply(PIECES)]
        return answer

    answer = asyncio.run(converse())
    assert answer.text == "first second third last"
    assert answer.done
    assert answer.done["attempt"] > 1
    assert sum(frame["type"] == "done" for frame in answer.frames) == 1
    session = table.session_by_token(client.token)
    assert session
    assert [item.text for item in table.conversation(session.session_id, None)] == ["Slowly?", answer.text]


def test_a_message_that_cannot_be_answered_lands_in_the_dead_letters_and_raises_its_alarm(
    new_client: Callable[[], Client], model: ModelServer, aws: LocalAws, outputs: dict[str, str]
) -> None:
    model.replies = [Reply(status=500)]
    sqs, cloudwatch = aws.client("sqs"), aws.client("cloudwatch")
    client = new_client()
    asyncio.run(client.converse(["Will this fail?"], PATIENCE_S))
    failed = client.exchanges[0].answer.failed
    assert failed
    # On a busy machine the time is over before the last try is: also an end, with the same consequences.
    assert failed["code"] in ("modelUnavailable", "timeout")

    def waiting() -> int:
        attributes = sqs.get_queue_attributes(
            QueueUrl=outputs["chat_dead_letter_queue_url"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])

    def state() -> str:
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=["spec-wizard-dev-chat-dead-letters"])[
            "MetricAlarms"
        ]
        return str(alarm["StateValue"])

    assert _waited(waiting, 60) == 1
    assert _waited(lambda: state() == "ALARM", 30), state()
    sqs.purge_queue(QueueUrl=outputs["chat_dead_letter_queue_url"])
    model.replies = [Reply(("Fine again.",))]
    asyncio.run(all_at_once([client], [["And now?"]], PATIENCE_S))
    assert client.exchanges[-1].answer.text == "Fine again."


def test_no_log_has_what_was_said_or_a_token(
    new_client: Callable[[], Client],
    clients: list[Client],
    model: ModelServer,
    aws: LocalAws,
    outputs: dict[str, str],
    table: Table,
) -> None:
    """Of all clients of this story: answered, refused, hostile, failed; in every log group that there is."""
    client, question, answer = new_client(), f"Q-{uuid.uuid4().hex}", f"A-{uuid.uuid4().hex}"
    model.replies = [Reply((answer, " it is."))]

    async def misspell() -> None:
        async with client.line() as line:
            for frame in (question, json.dumps({"action": "sendMessage", "text": {"text": question}})):
                await line.send(frame)
                assert json.loads(await asyncio.wait_for(line.recv(), 60))["type"] == "error"

    asyncio.run(misspell())
    asyncio.run(all_at_once([client], [[f"What is {question}?"]], PATIENCE_S))
    assert client.exchanges[0].answer.text == f"{answer} it is."
    session = table.session_by_token(client.token)
    assert session
    found = {group: list(logs.events(aws, group)) for group in logs.groups(aws)}
    assert any(session.session_id in line for line in found[outputs["application_log_group"]])
    assert all(found[f"/spec-wizard/dev/{name}"] for name in ("errors", "error-log", "websocket-access"))
    said = {exchange.question for one in clients for exchange in one.exchanges}
    unsaid = {question, answer, MODELS_ERROR, *said, *(one.token for one in clients if one.token)}
    assert len(unsaid) > CLIENTS * (MESSAGES + 1)
    for group, lines in found.items():
        text = "\n".join(lines)
        assert [one for one in unsaid if one in text] == [], group


def test_the_saved_queries_find_what_happened(aws: LocalAws) -> None:
    """As they are deployed. An answer was slow whose worker was killed; the last one failed."""
    now, prefix = int(time.time()), "spec-wizard-dev-"
    saved = aws.client("logs").describe_query_definitions(queryDefinitionNamePrefix=prefix)
    found = {
        query["name"].removeprefix(prefix): logs.rows(aws, query, now - 3600, now + 60)
        for query in saved["queryDefinitions"]
    }
    assert found.keys() == {"errors-by-function", "slow-answers", "refused-connections", "top-routes"}
    errors = {row["function"]: row for row in found["errors-by-function"]}
    assert int(errors["chat_worker"]["errors"]) >= 1
    assert "no answer" in errors["chat_worker"]["example"]
    assert all(float(row["milliseconds"]) > 3000 for row in found["slow-answers"])
    assert max(float(row["milliseconds"]) for row in found["slow-answers"]) > WORKER_TIMEOUT_S * 1000
    assert {row["status"] for row in found["refused-connections"]} >= {"401", "403"}
    requests = {(row["routeKey"], row["status"]): int(row["requests"]) for row in found["top-routes"]}
    assert requests["sendMessage", "200"] >= CLIENTS * MESSAGES


def test_trap_53_each_security_alarm_goes_off_and_comes_back(aws: LocalAws) -> None:
    """The last step: the deploy sets some of them off, and they are quiet five minutes after it."""
    drive_all(aws, "account", "security-alarms", [])
