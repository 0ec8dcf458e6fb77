"""What depends on policies of resources, tried on a deployed environment."""

from __future__ import annotations

import json
import urllib.request
import uuid

import pytest

from ops.chat.line import Lost
from ops.errors import OpsError
from ops.smoke import Broken, email
from ops.smoke.deployment import PLAIN_ENDPOINT, Deployment
from tests.least_privilege import proofs
from tests.least_privilege.proofs import Environment, Proof, now_ms
from tests.least_privilege.resources import Owned, proof_of
from tests.local.alarms import Listener

DAY_S = 86_400


def nonsense_gets_an_error_frame(here: Environment) -> bool:
    try:
        with here.line() as line:
            line.send("{")
            frame = line.receive(here.patience_s)
            return frame.get("type") == "error" and frame.get("code") in ("badRequest", "unknownAction")
    except (TimeoutError, Lost, OpsError):
        return False


def an_error_in_the_applications_log_is_copied(here: Environment) -> bool:
    """By the subscription, as an error of the application itself would be."""
    logs, mark = here.aws.client("logs"), uuid.uuid4().hex
    group, since = here.outputs["application_log_group"], now_ms()
    logs.create_log_stream(logGroupName=group, logStreamName=mark)
    event = {"timestamp": since, "message": json.dumps({"level": "ERROR", "mark": mark})}
    logs.put_log_events(logGroupName=group, logStreamName=mark, logEvents=[event])
    return here.wait(lambda: here.log_lines(here.outputs["error_log_group"], since - 1000, mark))


def the_ages_are_measured_once_a_day(here: Environment) -> bool:
    """The clock of EventBridge is put forward by a day."""
    since = now_ms()
    url = f"{here.aws.environment()[PLAIN_ENDPOINT]}/_ministack/events/elapse"
    rule = "spec-wizard-dev-secret-age"
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}?rule={rule}&seconds={DAY_S}", method="POST")
    ) as answer:
        assert json.load(answer) == {"rules": 1}
    group = here.outputs["application_log_group"]
    return here.wait(lambda: here.log_lines(group, since, "SecretAgeDays"))


def the_authorizer_writes_its_log(here: Environment) -> bool:
    return proofs.writes_its_log("authorizer", proofs.a_client_connects)(here)


def the_api_writes_its_access_log(here: Environment) -> bool:
    since = now_ms()
    here.line().close()
    group = here.outputs["application_log_group"].replace("application", "websocket-access")
    return here.wait(lambda: here.log_lines(group, since, '"CONNECT"'))


def an_alarm_is_heard(here: Environment) -> bool:
    """Set off by hand, one that keeps its state while it has no data; a queue is subscribed to the topic."""
    cloudwatch, name = here.aws.client("cloudwatch"), "spec-wizard-dev-mail-complaint-rate"
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="tried")
    listener = Listener(
        here.aws,
        here.outputs["alarm_topic_arn"],
        here.outputs["aws_region"],
        f"listener-{uuid.uuid4().hex[:8]}",
    )
    try:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="tried")
        return here.wait(lambda: (name, "ALARM") in listener.listen())
    finally:
        listener.end()


def a_bounce_reaches_the_queue_of_events(here: Environment) -> bool:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(email, "PATIENCE_S", here.patience_s)
        try:
            email.bounce_is_kept(Deployment("dev", here.outputs))
        except (Broken, OpsError):
            return False
    return True


_IN_WORDS: dict[str, Proof] = {
    **proofs.IN_WORDS,
    "nonsense gets an error frame": nonsense_gets_an_error_frame,
    "an error in the application's log is copied": an_error_in_the_applications_log_is_copied,
    "a complaint is logged": proofs.a_complaint_is_logged,
    "the ages are measured once a day": the_ages_are_measured_once_a_day,
    "the authorizer writes its log": the_authorizer_writes_its_log,
    "the API writes its access log": the_api_writes_its_access_log,
    "an alarm is heard": an_alarm_is_heard,
    "a bounce reaches the queue of events": a_bounce_reaches_the_queue_of_events,
}
"""As the docs name them -> what is tried."""


def proof_for(statement: Owned) -> Proof:
    """What is tried with and without a statement."""
    return _IN_WORDS[proof_of(statement)]
