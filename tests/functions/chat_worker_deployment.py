"""What chat_worker finds around it when Lambda runs it, with HTTP on all sides and its exact permissions."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

import boto3
import pytest

from functions.chat_worker import handler
from functions.shared import clients, table
from functions.shared.table import Table
from ops.local_aws.example import ACCOUNT_ID, REGION
from tests.functions.chat_worker_support import MAX_RECEIVES, ONE, QUESTION, Context
from tests.functions.support import ulid_at
from tests.local_aws.cloud import Cloud, allow
from tests.support.http_server import HttpServer
from tests.support.model_server import ModelServer

PERMISSIONS = {
    "dynamodb:GetItem": "table",
    "dynamodb:Query": "table",
    "dynamodb:PutItem": "table",
    "dynamodb:UpdateItem": "table",
    "dynamodb:DeleteItem": "table",
    "kms:Decrypt": "key",
    "secretsmanager:GetSecretValue": "secret",
    "sqs:ChangeMessageVisibility": "queue",
}
"""Action -> resource. Besides, execute-api:ManageConnections (its server here takes everything), and what
Lambda's poller needs under the role: sqs:ReceiveMessage, DeleteMessage, GetQueueAttributes."""

NO_JOB = {"messageId": "not a job", "receiptHandle": "r", "body": "{}", "eventSource": "aws:sqs"}


@dataclass
class Clients(HttpServer):
    """The clients' side of API Gateway: takes what is posted to `/<stage>/@connections/<id>`."""

    gone: set[str] = field(default_factory=set)
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                assert self.headers["authorization"].startswith("AWS4-HMAC-SHA256")
                stage, _, connection_id = unquote(self.path)[1:].partition("/@connections/")
                closed = stage != "dev" or connection_id in owner.gone
                if not closed:
                    owner.posted.append((connection_id, json.loads(body)))
                self.send_response(410 if closed else 200)
                if closed:
                    self.send_header("x-amzn-ErrorType", "GoneException")
                self.send_header("content-length", "0")
                self.end_headers()

        super().__init__(Handler)

    @property
    def url(self) -> str:
        """With the stage."""
        return f"{super().url}/dev"

    def frames(self, kind: str | None = None) -> list[dict[str, Any]]:
        return [frame for _, frame in self.posted if kind in (None, frame["type"])]

    def text(self) -> str:
        """Of the last attempt so far."""
        last = max((frame["attempt"] for frame in self.frames("delta")), default=0)
        return "".join(frame["text"] for frame in self.frames("delta") if frame["attempt"] == last)


@dataclass
class Deployment:
    """What the worker finds around it."""

    cloud: Cloud
    clients: Clients
    model: ModelServer
    table_name: str
    key: str
    queue_url: str
    dead_letters_url: str
    secret: str
    monkeypatch: pytest.MonkeyPatch
    message_id: str = field(default_factory=lambda: ulid_at(time.time()))

    def __post_init__(self) -> None:
        self.table = Table(self.table_name, boto3.resource("dynamodb"))
        self.session = self.table.create_session("the token")
        self.role()
        self.variables()

    def role(self, without: str | None = None) -> None:
        """Give the worker its permissions, but this one."""
        arns = {
            "table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{self.table_name}",
            "key": self.key,
            "secret": self.secret,
            "queue": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{self.queue_url.rpartition('/')[2]}",
        }
        caller = self.cloud.user(
            *(allow(action, arns[of]) for action, of in PERMISSIONS.items() if action != without)
        )
        self.monkeypatch.setenv("AWS_ACCESS_KEY_ID", caller.key.access_key_id)
        self.monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", caller.key.secret_access_key)
        self.restart()

    def variables(self, provider: str = "anthropic", **changes: str) -> None:
        variables = {
            "ENVIRONMENT": "dev",
            "TABLE_NAME": self.table_name,
            "JOBS_QUEUE_URL": self.queue_url,
            "CONNECTIONS_URL": self.clients.url,
            "CHAT_PROVIDER": provider,
            "CHAT_PROVIDER_URL": self.model.url,
            "API_KEY_SECRET_ARN": self.secret,
            "MAX_RECEIVES": str(MAX_RECEIVES),
            **changes,
        }
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)
        self.restart()

    def restart(self) -> None:
        """A new execution environment."""
        self.monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        clients.forget()
        handler._worker.cache_clear()

    def put_key(self, value: str) -> None:
        self.cloud.client("secretsmanager").put_secret_value(SecretId=self.secret, SecretString=value)

    def ask(self, body: str | None = None) -> None:
        """The client's message, stored and put into the queue as send_message does it."""
        self.table.add_message(self.session, self.message_id, QUESTION, ONE)
        ids = {"sessionId": self.session.session_id, "messageId": self.message_id, "connectionId": ONE}
        self.cloud.client("sqs").send_message(
            QueueUrl=self.queue_url, MessageBody=json.dumps(ids) if body is None else body
        )

    def deliver(self, url: str | None = None) -> dict[str, Any]:
        """The event with which the poller invokes the function. AssertionError: there is no job to be had."""
        received = self.cloud.client("sqs").receive_message(
            QueueUrl=url or self.queue_url, MessageSystemAttributeNames=["All"], MaxNumberOfMessages=1
        )
        [message] = received.get("Messages", [None])
        assert message, "the queue gives nothing"
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn",
            "awsRegion": REGION,
        }
        return {"Records": [record]}

    def work(self, event: dict[str, Any] | None = None) -> list[str]:
        """Ids of the records that come back."""
        response = handler.handle(event or self.deliver(), Context())
        return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]

    def stored(self) -> table.Answer | None:
        return self.table.answer(self.session.session_id, self.message_id)
