"""The chat of the deployed dev on its local AWS: until the first words, and under load.

`first words`: from a client's frame to its first delta, through API Gateway, send_message, the queue and the
worker; cold, after both functions' processes were ended, and warm. For comparison the worker's handler is
called directly in this process, with the job in its hands. The built-in model answers, which never waits: so
the figures are those of the way and not of a language model.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from threading import Thread
from typing import Any

import boto3
from ulid import ULID

from bench import example
from bench.figures import Figure
from bench.processes import OnProgress, Run
from functions.shared.table import Session, Table, new_token
from ops.chat.answer import Answer
from ops.chat.line import Line, address, trust
from ops.local_aws.instance import LocalAws
from tests.local import workers
from tests.support.chat_clients import Client, all_at_once

GROUP = "chat"
COLD, WARM, DIRECT = 3, 20, 20
CLIENTS, MESSAGES = 50, 3
PATIENCE_S = 180.0
FUNCTIONS = ("send-message", "chat-worker")
QUESTION = "Which parts does a software specification have?"


@dataclass(frozen=True)
class Deployed:
    """dev. outputs: Terraform's; environ: what leads a process to its local AWS, which is `instance`."""

    instance: LocalAws
    outputs: Mapping[str, str]
    environ: Mapping[str, str]

    @property
    def table(self) -> Table:
        return Table(self.outputs["dynamodb_table_name"])

    def client(self) -> Client:
        """One that is not connected yet, with a session of its own."""
        url = address(_url(self), self.environ)
        token = new_token()
        self.table.create_session(token)
        return Client(url, token, trust(url, self.environ))


def measure(deployed: Deployed, on_progress: OnProgress) -> tuple[list[Figure], dict[str, list[Run]]]:
    """In this process, whose environment leads to the local AWS."""
    on_progress("chat: cold")
    cold = [_cold(deployed) for _ in range(COLD)]
    on_progress("chat: warm")
    warm = _asked(deployed, WARM)
    on_progress("chat: the handler itself")
    direct = _directly(deployed, DIRECT)
    on_progress(f"chat: {CLIENTS} clients at once")
    frames, first_s, took_s = _load(deployed)
    way = statistics.median(warm) / statistics.median(direct)
    return [
        _milliseconds("first words, cold", cold, "new processes of send_message and chat_worker"),
        _milliseconds("first words, warm", warm, f"median of {WARM}"),
        _milliseconds("first words, handler called directly", direct, f"median of {DIRECT}"),
        Figure(GROUP, "warm against the direct call", way, "x"),
        _milliseconds(f"first words, {CLIENTS} clients", first_s, f"median of {CLIENTS * MESSAGES}, warm"),
        Figure(
            GROUP, f"frames, {CLIENTS} clients", frames / took_s, "/s", detail=f"{frames} in {took_s:.1f} s"
        ),
    ], {
        f"{GROUP}, {name}": [Run(second, 0.0) for second in seconds]
        for name, seconds in (("cold", cold), ("warm", warm), ("direct", direct), ("clients", first_s))
    }


def _milliseconds(name: str, seconds: list[float], detail: str) -> Figure:
    return Figure(GROUP, name, 1000 * statistics.median(seconds), "ms", detail=detail)


def _cold(deployed: Deployed) -> float:
    """The processes of both functions are ended before the connection is opened."""
    for name in FUNCTIONS:
        workers.kill(deployed.instance, f"spec-wizard-dev-{name}")
    (first,) = _asked(deployed, 1)
    return first


def _asked(deployed: Deployed, times: int) -> list[float]:
    """One client, one question after the other: seconds until the first words of each answer."""
    client = deployed.client()
    asyncio.run(all_at_once([client], [[QUESTION] * times], PATIENCE_S))
    return [exchange.first_delta_s for exchange in client.exchanges]


def _load(deployed: Deployed) -> tuple[int, list[float], float]:
    """Frames that all clients got; seconds until the first words of each answer; how long all of it took."""
    clients = [deployed.client() for _ in range(CLIENTS)]
    began = time.perf_counter()
    asyncio.run(all_at_once(clients, [[QUESTION] * MESSAGES] * CLIENTS, PATIENCE_S))
    took_s = time.perf_counter() - began
    first = [exchange.first_delta_s for client in clients for exchange in client.exchanges]
    return sum(client.frames for client in clients), first, took_s


def _directly(deployed: Deployed, times: int) -> list[float]:
    """The same as `_asked`, less API Gateway, send_message and the queue."""
    token = new_token()
    session = deployed.table.create_session(token)
    found = []
    # What the handler prints is for a log; its first call imports and connects, and does not count.
    with _as_the_worker(), redirect_stdout(io.StringIO()), Line(_url(deployed), token) as line:
        from functions.chat_worker.handler import handle

        connection = _connection(deployed, session)
        for _ in range(times + 1):
            answer, first = Answer(str(ULID())), 0.0
            deployed.table.add_message(session, answer.message_id, QUESTION, connection)
            job = _job(session.session_id, answer.message_id, connection)
            began = time.perf_counter()
            working = Thread(target=handle, args=(job, _Context()))
            working.start()
            while not answer.ended:
                if answer.take(line.receive(PATIENCE_S)) and not first:
                    first = time.perf_counter()
            working.join()
            found.append(first - began)
    return found[1:]


def _url(deployed: Deployed) -> str:
    return deployed.outputs["websocket_url"]


@contextmanager
def _as_the_worker() -> Iterator[None]:
    """This process has the variables of the deployed function."""
    described = boto3.client("lambda").get_function_configuration(FunctionName="spec-wizard-dev-chat-worker")
    with example.in_this_process({**os.environ, **described["Environment"]["Variables"]}):
        yield


def _connection(deployed: Deployed, session: Session) -> str:
    while not (found := deployed.table.connections(session.session_id)):
        time.sleep(0.05)
    return found[0]


def _job(session_id: str, message_id: str, connection_id: str) -> dict[str, Any]:
    body = {"sessionId": session_id, "messageId": message_id, "connectionId": connection_id}
    return {
        "Records": [
            {
                "messageId": message_id,
                "receiptHandle": "none",
                "body": json.dumps(body),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(int(time.time() * 1000)),
                },
                "eventSource": "aws:sqs",
            }
        ]
    }


class _Context:
    """Lambda's, as far as the handler looks at it."""

    function_name = "chat-worker"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 120_000
