"""What functions do, tried on a deployed environment: each proof returns whether it was done in time."""

from __future__ import annotations

import base64
import gzip
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import boto3
from ulid import ULID

from functions.shared.table import Table, new_token
from ops.chat.answer import Answer
from ops.chat.line import Line, Lost, Refused
from ops.local_aws.instance import LocalAws
from tests.support.model_server import ModelServer, Reply

QUICK_S = 6.0
"""Longer than anything here takes when it works; a proof that fails waits as long."""
ANSWER = Reply(("An ", "answer."))
RETRIED_S = 30.0
"""For what comes after a retry: the worker puts a failed job off by 10 s."""


class Environment:
    """A deployed dev on a local AWS."""

    def __init__(self, aws: LocalAws, outputs: dict[str, str], model: ModelServer) -> None:
        self.aws, self.outputs, self.model = aws, outputs, model
        environ = aws.environment()
        resource = boto3.resource(
            "dynamodb",
            region_name=outputs["aws_region"],
            endpoint_url=environ["AWS_ENDPOINT_URL"],
            verify=environ["AWS_CA_BUNDLE"],
            aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
        )
        self.items = resource.Table(outputs["dynamodb_table_name"])
        self.table = Table(outputs["dynamodb_table_name"], resource=resource)

    def line(self) -> Line:
        """A connection of a new session."""
        token = new_token()
        self.session = self.table.create_session(token)
        return Line(self.outputs["websocket_url"], token)

    def invoke(self, function: str, event: Any, *, wait: bool = True) -> dict[str, Any]:
        """Invoke a function as its trigger would."""
        answer: dict[str, Any] = self.aws.client("lambda").invoke(
            FunctionName=f"spec-wizard-dev-{function}",
            InvocationType="RequestResponse" if wait else "Event",
            Payload=json.dumps(event).encode(),
        )
        return answer

    def log_lines(self, group: str, since_ms: int, text: str = "") -> list[dict[str, Any]]:
        """Events of a log group since then, with a text in them or in the name of their stream."""
        pages = self.aws.client("logs").get_paginator("filter_log_events")
        events = [
            event
            for page in pages.paginate(logGroupName=group, startTime=since_ms)
            for event in page["events"]
        ]
        return [e for e in events if text in e["message"] or text in e["logStreamName"]]

    def empty(self, queue_url: str) -> int:
        """Take what is in a queue; how many messages that were."""
        sqs, count = self.aws.client("sqs"), 0
        while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                count += 1
        return count


def waited(look: Callable[[], Any], seconds: float) -> bool:
    """Whether `look` finds something within some seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if look():
            return True
        time.sleep(0.1)
    return False


def now_ms() -> int:
    return int(time.time() * 1000)


def a_client_connects(here: Environment) -> bool:
    try:
        here.line().close()
    except Refused:
        return False
    return True


def a_closed_connection_is_forgotten(here: Environment) -> bool:
    from boto3.dynamodb.conditions import Key

    def noted() -> list[Any]:
        key = Key("GSI1PK").eq(f"SESSION#{here.session.session_id}")
        return list(here.items.query(IndexName="GSI1", KeyConditionExpression=key)["Items"])

    line = here.line()
    assert waited(noted, QUICK_S), "the connection was not even noted"
    line.close()
    return waited(lambda: not noted(), QUICK_S)


def _frames(here: Environment, seconds: float, kinds: tuple[str, ...]) -> bool:
    """Ask, and wait for a frame of these kinds."""
    answer, deadline = Answer(str(ULID())), time.monotonic() + seconds
    try:
        with here.line() as line:
            line.send({"action": "sendMessage", "messageId": answer.message_id, "text": "Why?"})
            while time.monotonic() < deadline:
                frame = line.receive(deadline - time.monotonic())
                if frame["type"] in kinds and frame.get("messageId") == answer.message_id:
                    return True
    except (TimeoutError, Lost):
        pass
    return False


def a_message_is_accepted(here: Environment) -> bool:
    return _frames(here, QUICK_S, ("accepted",))


def a_message_is_answered(here: Environment) -> bool:
    here.model.replies = [ANSWER]
    return _frames(here, QUICK_S, ("done",))


def a_failed_message_is_tried_again_soon(here: Environment) -> bool:
    """The model fails until the worker gives up once; then it works."""
    here.model.replies = [Reply(status=500)]
    answer, deadline = Answer(str(ULID())), time.monotonic() + RETRIED_S
    try:
        with here.line() as line:
            line.send({"action": "sendMessage", "messageId": answer.message_id, "text": "Why?"})
            while time.monotonic() < deadline:
                frame = line.receive(deadline - time.monotonic())
                if frame["type"] == "error" and frame.get("retrying"):
                    here.model.replies = [ANSWER]
                if frame["type"] == "done":
                    return True
    except (TimeoutError, Lost):
        pass
    finally:
        here.model.replies = [ANSWER]
    return False


def a_session_is_counted(here: Environment) -> bool:
    since = now_ms()
    here.table.create_session(new_token())
    group = here.outputs["application_log_group"]
    return waited(lambda: here.log_lines(group, since, '"SessionsCreated"'), QUICK_S)


def a_bounce_is_logged(here: Environment) -> bool:
    since, mark = now_ms(), uuid.uuid4().hex
    event = {
        "eventType": "Bounce",
        "mail": {"messageId": mark, "destination": ["bounce@simulator.amazonses.com"], "tags": {}},
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "bounce@simulator.amazonses.com"}],
        },
    }
    here.aws.client("sns").publish(
        TopicArn=f"arn:aws:sns:{here.outputs['aws_region']}:123456789012:spec-wizard-dev-email-bounces",
        Message=json.dumps(event),
    )
    return waited(lambda: here.log_lines(here.outputs["application_log_group"], since, mark), QUICK_S)


def the_ages_are_measured(here: Environment) -> bool:
    since = now_ms()
    answer = here.invoke("secret-age", {})
    if "FunctionError" in answer:
        return False
    group = here.outputs["application_log_group"]
    return waited(lambda: here.log_lines(group, since, "SecretAgeDays"), QUICK_S)


def an_error_is_copied(here: Environment) -> bool:
    since, mark = now_ms(), uuid.uuid4().hex
    told = {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": here.outputs["application_log_group"],
        "logStream": mark,
        "subscriptionFilters": ["spec-wizard-dev-errors"],
        "logEvents": [
            {"id": "1", "timestamp": since, "message": json.dumps({"level": "ERROR", "mark": mark})}
        ],
    }
    data = base64.b64encode(gzip.compress(json.dumps(told).encode())).decode()
    if "FunctionError" in here.invoke("error-log", {"awslogs": {"data": data}}):
        return False
    return waited(lambda: here.log_lines(here.outputs["error_log_group"], since - 1000, mark), QUICK_S)


def a_poison_record_is_kept(here: Environment) -> bool:
    """A session of a form that the consumer cannot count."""
    queue = here.outputs["stream_failures_queue_url"]
    here.empty(queue)
    poison = {"PK": f"SESSION#{uuid.uuid4().hex}", "SK": "META", "createdAt": "yesterday"}
    here.items.put_item(Item=poison)
    here.items.put_item(Item={**poison, "endedAt": "today"})
    return waited(lambda: here.empty(queue), RETRIED_S)


def a_poison_mail_event_is_kept(here: Environment) -> bool:
    queue = here.outputs["mail_failures_queue_url"]
    here.empty(queue)
    here.invoke("mail-events", {"Records": [{"Sns": {"Message": "no JSON"}}]}, wait=False)
    return waited(lambda: here.empty(queue), RETRIED_S)


def _writes_its_log(function: str, act: Callable[[Environment], object]) -> Callable[[Environment], bool]:
    def proof(here: Environment) -> bool:
        since = now_ms()
        act(here)
        group = here.outputs["application_log_group"]
        if function == "error-log":
            group = group.replace("application", "error-log")
        mark = f"spec-wizard-dev-{function}"
        return waited(lambda: here.log_lines(group, since, mark), QUICK_S)

    return proof


DEEDS: dict[str, Callable[[Environment], bool]] = {
    "authorizer": a_client_connects,
    "connect": a_client_connects,
    "disconnect": a_closed_connection_is_forgotten,
    "send-message": a_message_is_accepted,
    "chat-worker": a_message_is_answered,
    "stream-consumer": a_session_is_counted,
    "mail-events": a_bounce_is_logged,
    "secret-age": the_ages_are_measured,
    "error-log": an_error_is_copied,
}
"""Function -> what it is there for."""


def proof_for(function: str, sid: str) -> Callable[[Environment], bool]:
    """What is tried with and without a statement; in words: `statements.proof_of`."""
    if sid == "WriteLog" and function != "error-log":
        return _writes_its_log(function, DEEDS[function])
    if function == "chat-worker" and sid in ("DelayJobs", "DeleteItem"):
        return a_failed_message_is_tried_again_soon
    if function == "stream-consumer" and sid in ("SendFailures", "UseQueueKey"):
        return a_poison_record_is_kept
    if function == "mail-events" and sid in ("SendFailures", "UseQueueKey"):
        return a_poison_mail_event_is_kept
    return DEEDS[function]
