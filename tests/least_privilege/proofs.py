"""What functions do, tried on a deployed environment: each proof returns whether it was done in time."""

from __future__ import annotations

import base64
import gzip
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ulid import ULID

from functions.shared.table import Table, new_token
from ops.chat.answer import Answer
from ops.chat.line import Line, Lost
from ops.errors import OpsError
from ops.local_aws.example import ACCOUNT_ID
from ops.local_aws.instance import LocalAws
from tests.least_privilege.statements import KEPT, PROOFS, TRIED_AGAIN, WRITES_LOG, Granted, proof_of
from tests.local import tables, workers
from tests.support.model_server import ModelServer, Reply

ANSWER = Reply(("An ", "answer."))
PATIENT, IMPATIENT = 30.0, 5.0
"""Seconds for what has to come, and at least for what should not."""
RETRY_S = 20.0
"""More for what comes after a retry: the worker puts a failed job off by 10 s."""


class Environment:
    """A deployed dev on a local AWS."""

    def __init__(self, aws: LocalAws, outputs: dict[str, str], model: ModelServer) -> None:
        self.aws, self.outputs, self.model = aws, outputs, model
        self.patience_s = PATIENT
        resource = tables.resource(aws, outputs["aws_region"])
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

    def refresh(self, function: str) -> None:
        """New execution environments: what a function has of its role for its lifetime, it is given anew."""
        workers.kill(self.aws, f"spec-wizard-dev-{function}")

    def log_of(self, function: str) -> str:
        """The log group that a function writes to."""
        group = self.outputs["application_log_group"]
        return group.replace("application", "error-log") if function == "error-log" else group

    def log_lines(self, group: str, since_ms: int, text: str = "") -> list[dict[str, Any]]:
        """Events of a log group since then, with a text in them or in the name of their stream."""
        pages = self.aws.client("logs").get_paginator("filter_log_events")
        events = [
            event
            for page in pages.paginate(logGroupName=group, startTime=since_ms)
            for event in page["events"]
        ]
        return [e for e in events if text in e["message"] or text in e["logStreamName"]]

    def wait(self, look: Callable[[], Any], more_s: float = 0) -> bool:
        """Whether `look` finds something while there is patience."""
        deadline = time.monotonic() + self.patience_s + more_s
        while time.monotonic() < deadline:
            if look():
                return True
            time.sleep(0.1)
        return False

    @contextmanager
    def impatient(self, took_s: float) -> Iterator[None]:
        """For what should not come. took_s: how long the same took when it came, from a cold start."""
        self.patience_s = min(PATIENT, max(IMPATIENT, 3 * took_s))
        try:
            yield
        finally:
            self.patience_s = PATIENT

    def empty(self, queue_url: str) -> int:
        """Take what is in a queue; how many messages that were."""
        sqs, count = self.aws.client("sqs"), 0
        while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                count += 1
        return count


Proof = Callable[[Environment], bool]


def seconds_from_cold(proof: Proof, here: Environment, refresh: Callable[[], object]) -> float:
    """How long what works takes, from a cold start: where silence is all that tells, it must last longer."""
    refresh()
    began = time.monotonic()
    assert proof(here), "does not work with the statement"
    return time.monotonic() - began


def now_ms() -> int:
    return int(time.time() * 1000)


def a_client_connects(here: Environment) -> bool:
    def connected() -> bool:
        try:
            here.line().close()
        except OpsError:  # refused, or a failure behind it
            return False
        return True

    return here.wait(connected)


def a_closed_connection_is_forgotten(here: Environment) -> bool:
    from boto3.dynamodb.conditions import Key

    def noted() -> list[Any]:
        key = Key("GSI1PK").eq(f"SESSION#{here.session.session_id}")
        return list(here.items.query(IndexName="GSI1", KeyConditionExpression=key)["Items"])

    line = here.line()
    assert here.wait(noted), "the connection was not even noted"
    line.close()
    return here.wait(lambda: not noted())


def _frames(here: Environment, kinds: tuple[str, ...]) -> bool:
    """Ask, and wait for a frame of these kinds."""
    answer, deadline = Answer(str(ULID())), time.monotonic() + here.patience_s
    try:
        with here.line() as line:
            line.send({"action": "sendMessage", "messageId": answer.message_id, "text": "Why?"})
            while time.monotonic() < deadline:
                frame = line.receive(deadline - time.monotonic())
                if frame.get("type") in kinds and frame.get("messageId") == answer.message_id:
                    return True
    except (TimeoutError, Lost, OpsError):
        pass
    return False


def a_message_is_accepted(here: Environment) -> bool:
    return _frames(here, ("accepted",))


def a_message_is_answered(here: Environment) -> bool:
    here.model.replies = [ANSWER]
    return _frames(here, ("done",))


def a_failed_message_is_tried_again_soon(here: Environment) -> bool:
    """The model fails until the worker gives up once; then it works."""
    here.model.replies = [Reply(status=500)]
    answer, deadline = Answer(str(ULID())), time.monotonic() + here.patience_s + RETRY_S
    try:
        with here.line() as line:
            line.send({"action": "sendMessage", "messageId": answer.message_id, "text": "Why?"})
            while time.monotonic() < deadline:
                frame = line.receive(deadline - time.monotonic())
                if frame.get("type") == "error" and frame.get("retrying"):
                    here.model.replies = [ANSWER]
                if frame.get("type") == "done":
                    return True
    except (TimeoutError, Lost, OpsError):
        pass
    finally:
        here.model.replies = [ANSWER]
    return False


def a_session_is_counted(here: Environment) -> bool:
    since = now_ms()
    here.table.create_session(new_token())
    group = here.outputs["application_log_group"]
    return here.wait(lambda: here.log_lines(group, since, '"SessionsCreated"'))


BOUNCE = {
    "eventType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "bounce@simulator.amazonses.com"}],
    },
}
COMPLAINT = {
    "eventType": "Complaint",
    "complaint": {"complainedRecipients": [{"emailAddress": "complaint@simulator.amazonses.com"}]},
}


def a_bounce_is_logged(here: Environment) -> bool:
    return _is_logged(here, "bounces", BOUNCE)


def a_complaint_is_logged(here: Environment) -> bool:
    return _is_logged(here, "complaints", COMPLAINT)


def _is_logged(here: Environment, topic: str, event: dict[str, Any]) -> bool:
    since, mark = now_ms(), uuid.uuid4().hex
    mail = {"messageId": mark, "destination": ["somebody@simulator.amazonses.com"], "tags": {}}
    here.aws.client("sns").publish(
        TopicArn=f"arn:aws:sns:{here.outputs['aws_region']}:{ACCOUNT_ID}:spec-wizard-dev-email-{topic}",
        Message=json.dumps({**event, "mail": mail}),
    )
    return here.wait(lambda: here.log_lines(here.outputs["application_log_group"], since, mark))


def the_ages_are_measured(here: Environment) -> bool:
    since = now_ms()
    answer = here.invoke("secret-age", {})
    if "FunctionError" in answer:
        return False
    group = here.outputs["application_log_group"]
    return here.wait(lambda: here.log_lines(group, since, "SecretAgeDays"))


def an_error_is_copied(here: Environment) -> bool:
    since, mark = now_ms(), uuid.uuid4().hex
    told = {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT_ID,
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
    return here.wait(lambda: here.log_lines(here.outputs["error_log_group"], since - 1000, mark))


def a_poison_record_is_kept(here: Environment) -> bool:
    """A session of a form that the consumer cannot count."""
    queue = here.outputs["stream_failures_queue_url"]
    here.empty(queue)
    poison = {"PK": f"SESSION#{uuid.uuid4().hex}", "SK": "META", "createdAt": "yesterday"}
    here.items.put_item(Item=poison)
    here.items.put_item(Item={**poison, "endedAt": "today"})
    return here.wait(lambda: here.empty(queue), RETRY_S)


def a_poison_mail_event_is_kept(here: Environment) -> bool:
    queue = here.outputs["mail_failures_queue_url"]
    here.empty(queue)
    here.invoke("mail-events", {"Records": [{"Sns": {"Message": "no JSON"}}]}, wait=False)
    return here.wait(lambda: here.empty(queue), RETRY_S)


def writes_its_log(function: str, act: Callable[[Environment], object]) -> Callable[[Environment], bool]:
    def proof(here: Environment) -> bool:
        since, mark = now_ms(), f"spec-wizard-dev-{function}"
        act(here)
        return here.wait(lambda: here.log_lines(here.log_of(function), since, mark))

    return proof


IN_WORDS: dict[str, Proof] = {
    "a client connects": a_client_connects,
    "a connection that was closed is forgotten": a_closed_connection_is_forgotten,
    "a message is accepted": a_message_is_accepted,
    "a message is answered": a_message_is_answered,
    "a new session is counted": a_session_is_counted,
    "a bounce is logged": a_bounce_is_logged,
    "the ages are measured": the_ages_are_measured,
    "an error is copied": an_error_is_copied,
    TRIED_AGAIN: a_failed_message_is_tried_again_soon,
    f"{KEPT} (records of the stream)": a_poison_record_is_kept,
    f"{KEPT} (events of mail)": a_poison_mail_event_is_kept,
}
"""As the docs name them -> what is tried."""


def proof_for(statement: Granted) -> Proof:
    """What is tried with and without a statement."""
    words = proof_of(statement)
    if words == WRITES_LOG:
        return writes_its_log(statement.function, IN_WORDS[PROOFS[statement.function]])
    return IN_WORDS[words]
