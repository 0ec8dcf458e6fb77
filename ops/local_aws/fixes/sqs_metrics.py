"""Metrics of queues.

Upstream, MiniStack 1.5.33: services/sqs.py reports nothing to CloudWatch. The fix looks at every queue once a
second and stores, by QueueName, ApproximateNumberOfMessagesVisible, -NotVisible, -Delayed and
ApproximateAgeOfOldestMessage: when one of the counts changes, and every ten seconds while there are messages
(SQS reports every minute). NumberOfMessagesSent, -Received and -Deleted count the calls of the API.
"""

from __future__ import annotations

import json
import time
from typing import Any

from ops.local_aws.fixes.background import every_second, scope, scopes
from ops.local_aws.fixes.requests_seen import Seen, observe

REPEATED_S = 10

COUNTS = {
    "ApproximateNumberOfMessagesVisible": "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed": "ApproximateNumberOfMessagesDelayed",
}

MEMBERS = {
    "SendMessage": ("NumberOfMessagesSent", None),
    "SendMessageBatch": ("NumberOfMessagesSent", "Successful"),
    "ReceiveMessage": ("NumberOfMessagesReceived", "Messages"),
    "DeleteMessage": ("NumberOfMessagesDeleted", None),
    "DeleteMessageBatch": ("NumberOfMessagesDeleted", "Successful"),
}
"""Metric and the list of the answer that it counts, by operation."""

_reported: dict[tuple[str, str, str], tuple[tuple[int, ...], float]] = {}


def install() -> None:
    """Looks at queues and observes requests."""
    every_second(_look)
    observe(_count)


def _look() -> bool:
    from ministack.services import sqs

    changed = False
    for account, region in scopes(sqs._queues):
        with scope(account, region):
            for queue in list(sqs._queues.values()):
                changed |= _report((account, region, queue["name"]), queue)
    return changed


def _report(name: tuple[str, str, str], queue: dict[str, Any]) -> bool:
    from ministack.services import cloudwatch, sqs

    if queue["messages"]:
        sqs._refresh_counts(queue)
        counts = tuple(int(queue["attributes"][attribute]) for attribute in COUNTS.values())
    else:
        counts = (0,) * len(COUNTS)
    before, when = _reported.get(name, ((0,) * len(COUNTS), 0.0))
    now = time.time()
    if counts == before and not (any(counts) and now - when >= REPEATED_S):
        return False
    _reported[name] = counts, now
    dimensions = {"QueueName": queue["name"]}
    for metric, count in zip(COUNTS, counts, strict=True):
        cloudwatch.record_metric("AWS/SQS", metric, count, "Count", dimensions)
    oldest = min((float(message["sent_at"]) for message in queue["messages"]), default=now)
    age = max(0, round(now - oldest))
    cloudwatch.record_metric("AWS/SQS", "ApproximateAgeOfOldestMessage", age, "Seconds", dimensions)
    return True


def _count(seen: Seen) -> None:
    from ministack.services import cloudwatch

    operation = seen.headers.get("x-amz-target", "").rpartition(".")[2]
    if seen.service != "sqs" or seen.status != 200 or operation not in MEMBERS:
        return
    metric, member = MEMBERS[operation]
    count = 1 if member is None else len(json.loads(seen.answer or b"{}").get(member) or [])
    name = json.loads(seen.body)["QueueUrl"].rpartition("/")[2]
    if count:
        cloudwatch.record_metric("AWS/SQS", metric, count, "Count", {"QueueName": name})
