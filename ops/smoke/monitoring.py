"""Promises of monitoring: what happened is counted, errors are kept, and alarms are heard."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from environments import naming
from ops.alarms.subscriptions import subscriptions, topics
from ops.chat import sessions
from ops.mail.sending import SIMULATOR, send
from ops.smoke import Broken, Promise
from ops.smoke.deployment import Deployment

NAMESPACE = "SpecWizard"
PATIENCE_S = 240
"""CloudWatch shows a metric some two minutes after it was emitted; the local AWS after a second."""


def sessions_are_counted(deployment: Deployment) -> str:
    """Table, stream, consumer, log, metric: a session and its submission are in the figures."""
    began = datetime.now(UTC)
    table = sessions.table(deployment)
    opened = sessions.create(deployment)
    try:
        table.complete_session(opened.session_id, f"SMOKE-{opened.session_id}")
        names = ("SessionsCreated", "SubmissionsCompleted", "SessionDurationSeconds")
        counts = _wait(lambda: _counts(deployment, names, began), lambda c: all(c.values()))
    finally:
        sessions.forget(deployment, opened.session_id)
    missing = [name for name, count in counts.items() if not count]
    if missing:
        raise Broken(f"{', '.join(missing)} did not count a session that was made and completed")
    return ", ".join(f"{name} {count:.0f}" for name, count in counts.items())


def errors_are_kept(deployment: Deployment) -> str:
    """A mail that cannot be filled in is an error of ours: it must be in the log group of errors."""
    message_id = send(
        deployment.application("sesv2"),
        deployment.outputs,
        "export",
        f"success@{SIMULATOR}",
        template_data="{}",
    )
    logs, group = deployment.deployer("logs"), deployment.outputs["error_log_group"]

    def search() -> list[Any]:
        return list(logs.filter_log_events(logGroupName=group, filterPattern=f'"{message_id}"')["events"])

    if not _wait(search, bool):
        raise Broken(f"the rendering failure of {message_id} is not in {group}")
    return f"the rendering failure of {message_id} is in {group}"


def alarms_are_heard(deployment: Deployment) -> str:
    """Each tells of trouble and of its end, to a topic of its region that somebody listens to."""
    seen = [_heard(deployment, topic) for topic in topics(deployment.outputs)]
    alarms, listeners, confirmed = (sum(counts) for counts in zip(*seen, strict=True))
    return f"{alarms} alarms, {confirmed} of {listeners} subscriptions confirmed"


def _heard(deployment: Deployment, topic: str) -> tuple[int, int, int]:
    """Numbers of alarms in the topic's region, of who is subscribed, and of those who confirmed it."""
    region, name = topic.split(":")[3], topic.rpartition(":")[2]
    cloudwatch = deployment.deployer("cloudwatch", region_name=region)
    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=naming.resource(deployment.environment, ""),
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
    )
    alarms = [a for page in pages for kind in ("MetricAlarms", "CompositeAlarms") for a in page[kind]]
    mute = [
        a["AlarmName"]
        for a in alarms
        if not a["ActionsEnabled"] or topic not in a["AlarmActions"] or topic not in a["OKActions"]
    ]
    if mute or not alarms:
        raise Broken(
            f"alarms that tell nobody: {', '.join(mute)}" if mute else f"there is no alarm in {region}"
        )
    sns = deployment.deployer("sns", region_name=region)
    listeners = list(subscriptions(sns, topic))
    confirmed = sum(one.confirmed for one in listeners)
    if not confirmed:
        raise Broken(
            f"nobody has confirmed a subscription to {name}: follow the link in the mail to ALERT_EMAIL,"
            f" or ops alarms confirm {deployment.environment}"
        )
    return len(alarms), len(listeners), confirmed


def _counts(deployment: Deployment, names: tuple[str, ...], since: datetime) -> dict[str, float]:
    """Metric -> number of its values since then."""
    cloudwatch = deployment.deployer("cloudwatch")
    answer = cloudwatch.get_metric_data(
        StartTime=since.replace(second=0, microsecond=0) - timedelta(minutes=1),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        MetricDataQueries=[
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": NAMESPACE,
                        "MetricName": name,
                        "Dimensions": [{"Name": "Environment", "Value": deployment.environment}],
                    },
                    "Period": 60,
                    "Stat": "SampleCount",
                },
            }
            for number, name in enumerate(names)
        ],
    )
    values = {result["Id"]: sum(result["Values"]) for result in answer["MetricDataResults"]}
    return {name: values.get(f"m{number}", 0) for number, name in enumerate(names)}


T = TypeVar("T")


def _wait(look: Callable[[], T], enough: Callable[[T], bool]) -> T:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = look()
        if enough(found) or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


PROMISES = (
    Promise("monitoring", "A session and its submission are counted", sessions_are_counted),
    Promise("monitoring", "An error is kept in the log group of errors", errors_are_kept),
    Promise("monitoring", "Every alarm tells of trouble and of its end", alarms_are_heard),
)
