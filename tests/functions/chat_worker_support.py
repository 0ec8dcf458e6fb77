"""A worker of chat_worker with everything around it in the test's hands: time, model, client, queue.

The table is real (DynamoDB of the local AWS), because conditions and locks are what matters there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import ClientError

from functions.chat_worker.answering import Tools
from functions.chat_worker.clock import Clock
from functions.chat_worker.connection import Connections
from functions.chat_worker.handler import Worker
from functions.chat_worker.jobs import Queue
from functions.chat_worker.keys import ApiKey
from functions.chat_worker.once import Once
from functions.chat_worker.providers.interface import Provider, Turn
from functions.chat_worker.reader import Reader
from functions.shared import clients, logs
from functions.shared.table import Session, Table
from tests.functions import emf
from tests.functions.support import ulid_at

ONE, TWO = "CONN1=", "CONN2="
QUESTION = "An app for gardeners"
TIMEOUT_MS = 120_000
MAX_RECEIVES = 3

Step = str | float | Exception | Callable[[], object]
"""Of a script: a piece of text, seconds of silence, a failure, or something that happens meanwhile."""


class TestTime(Clock):
    """Passes only when somebody waits. It begins now, because Powertools looks at the real time."""

    __test__ = False

    def __init__(self) -> None:
        self.passed = 0.0
        self._began = time.time()

    def now(self) -> float:
        return self.passed

    def milliseconds(self) -> int:
        return int((self._began + self.passed) * 1000)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.passed += seconds


class Killed(BaseException):
    """The execution environment ends: nothing catches that."""


def client_error(code: str, status: int, operation: str = "PostToConnection") -> ClientError:
    """As boto3 raises it."""
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


@dataclass
class Posted:
    """at: the time of the clock."""

    connection_id: str
    frame: dict[str, Any]
    at: float


@dataclass
class Api:
    """API Gateway's @connections: as much of boto3's client as is used.

    gone: closed connections. failures: raised by the next posts, one each. takes_s: a post's time.
    on_post: called with each frame before it is taken.
    """

    clock: Clock
    gone: set[str] = field(default_factory=set)
    failures: list[ClientError] = field(default_factory=list)
    takes_s: float = 0.0
    on_post: Callable[[dict[str, Any]], object] = lambda frame: None
    posted: list[Posted] = field(default_factory=list)

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:
        assert len(Data) <= 32_000
        frame = json.loads(Data)
        self.on_post(frame)
        self.clock.sleep(self.takes_s)
        if ConnectionId in self.gone:
            raise client_error("GoneException", 410)
        if self.failures:
            raise self.failures.pop(0)
        self.posted.append(Posted(ConnectionId, frame, self.clock.now()))

    def frames(self, connection_id: str = ONE, kind: str | None = None) -> list[dict[str, Any]]:
        return [
            post.frame
            for post in self.posted
            if post.connection_id == connection_id and kind in (None, post.frame["type"])
        ]

    def kinds(self, connection_id: str = ONE) -> list[str]:
        return [frame["type"] for frame in self.frames(connection_id)]

    def shown(self, connection_id: str = ONE) -> str:
        """What a client shows that keeps to docs/chat.md; fails where the frames leave a gap."""
        text, attempt = "", 0
        for frame in self.frames(connection_id, "delta"):
            if frame["attempt"] > attempt:
                text, attempt = "", frame["attempt"]
            if frame["attempt"] == attempt:
                assert frame["offset"] <= len(text), "a gap"
                text = text[: frame["offset"]] + frame["text"]
        return text


class Sqs:
    """The queue's client: notes for how long jobs are hidden."""

    def __init__(self) -> None:
        self.hidden: list[int] = []

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:
        self.hidden.append(VisibilityTimeout)


class Model:
    """A provider that follows a script for each time it is asked; the last one is followed again."""

    name, model, built_in = "anthropic", "model-of-the-tests", False

    def __init__(self, clock: TestTime) -> None:
        self.scripts: list[list[Step]] = [["Good", " day"]]
        self.asked: list[list[Turn]] = []
        self._clock = clock

    def stream(self, turns: Sequence[Turn]) -> Scripted:
        self.asked.append(list(turns))
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        return Scripted(list(script), self._clock)


class Scripted:
    """Stream and its reader in one."""

    def __init__(self, script: list[Step], clock: TestTime) -> None:
        self.ended = False
        self._script, self._clock = script, clock

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("read by `next`")

    def interrupt(self) -> None:
        """Nothing."""

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing."""

    def next(self, timeout_s: float) -> str | None:
        timeout_s = max(0.0, timeout_s)
        while self._script:
            step = self._script.pop(0)
            if isinstance(step, str):
                return step
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step()
            elif step > timeout_s:
                self._script.insert(0, step - timeout_s)
                self._clock.sleep(timeout_s)
                return None
            else:
                self._clock.sleep(step)
                timeout_s -= step
        self.ended = True
        return None


class Secret:
    """Secrets Manager's client. values: what the next reads give; the last one stays."""

    def __init__(self, *values: str | ClientError | None) -> None:
        self.values: list[str | ClientError | None] = list(values)
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        self.reads += 1
        value = self.values.pop(0) if len(self.values) > 1 else self.values[0]
        if value is None:
            raise client_error("ResourceNotFoundException", 400, "GetSecretValue")
        if isinstance(value, ClientError):
            raise value
        return {"SecretString": value}


@dataclass
class Context:
    """Of a Lambda invocation."""

    milliseconds: int = TIMEOUT_MS

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


class Bench:
    """A session, and a worker for its messages. `worker()` is a new execution environment each time."""

    def __init__(self, table_name: str, table: Table, session: Session) -> None:
        self.table_name, self.table, self.session = table_name, table, session
        self.time = TestTime()
        self.api, self.sqs, self.model = Api(self.time), Sqs(), Model(self.time)
        self.secret = Secret("key")
        self.choose: Callable[[str | None], Provider] = lambda key: self.model
        self.read: Callable[[Any], Any] = lambda stream: stream
        self.metrics = logs.metrics("dev")
        self.jobs = 0
        self.message_id = ulid_at(time.time())

    def worker(self) -> Worker:
        tools = Tools(
            table=self.table,
            connections=Connections(self.api, self.time),
            key=ApiKey(self.secret, "arn", self.time),
            choose=self.choose,
            metrics=self.metrics,
            clock=self.time,
            read=self.read,
        )
        queue = Queue(self.sqs, "url", MAX_RECEIVES)
        return Worker(tools, queue, Once(self.table_name, clients.client("dynamodb")))

    def real_model(self, choose: Callable[[str | None], Provider]) -> None:
        """Ask a provider over HTTP, read by the worker's own reader."""
        self.choose, self.read = choose, Reader

    def ask(self, connection_id: str = ONE, text: str = QUESTION) -> dict[str, Any]:
        """The client sends the message (again). Its job, as a record of the queue."""
        self.table.add_message(self.session, self.message_id, text, connection_id)
        self.jobs += 1
        body = {
            "sessionId": self.session.session_id,
            "messageId": self.message_id,
            "connectionId": connection_id,
        }
        attributes = {"SentTimestamp": str(self.time.milliseconds()), "ApproximateReceiveCount": "1"}
        return {
            "messageId": f"job-{self.jobs}",
            "receiptHandle": f"receipt-{self.jobs}",
            "body": json.dumps(body),
            "attributes": attributes,
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        }

    def work(self, record: dict[str, Any], receives: int = 1, milliseconds: int = TIMEOUT_MS) -> None:
        """The queue delivers the job, for the nth time, to a new execution environment."""
        record["attributes"]["ApproximateReceiveCount"] = str(receives)
        self.worker().work(SQSRecord(record), Context(milliseconds))

    def printed(self, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[float, ...]]:
        """The metrics so far."""
        if self.metrics.metric_set:
            self.metrics.flush_metrics()
        return emf.of_environment(capsys.readouterr().out)

    def crash_is_over(self) -> None:
        """The time passes that a crashed invocation would have had."""
        items = clients.dynamodb().Table(self.table_name)
        for item in items.scan()["Items"]:
            if item.get("status") == "INPROGRESS":
                items.put_item(Item={**item, "inProgressUntil": 1})

    @property
    def state(self) -> str:
        message = self.table.message(self.session.session_id, self.message_id)
        assert message
        return message.state

    @property
    def stored(self) -> str | None:
        answer = self.table.answer(self.session.session_id, self.message_id)
        return answer.text if answer else None

    def cancel(self) -> None:
        self.table.request_cancel(self.session.session_id, self.message_id)
