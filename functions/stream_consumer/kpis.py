"""What a change of the table says about the business."""

from __future__ import annotations

from typing import NamedTuple

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from functions.shared import keys


class Measure(NamedTuple):
    """One value of a metric."""

    name: str
    unit: MetricUnit
    value: float


def measures(record: DynamoDBRecord) -> list[Measure]:
    """The values that a record of the table's stream stands for; none for most (see docs/data-model.md).

    No removal counts, whether a user's or TTL's: that an item is gone says nothing of the business.
    Any exception: the record is not what the table's writers make.
    """
    event = record["eventName"]
    change = record["dynamodb"]
    partition, kind = (change["Keys"][key]["S"] for key in ("PK", "SK"))
    if not partition.startswith(keys.SESSION):
        return []
    if event == "INSERT" and kind == keys.META:
        return [Measure("SessionsCreated", MetricUnit.Count, 1)]
    if event == "INSERT" and kind == keys.SUBMISSION:
        return [Measure("SubmissionsCompleted", MetricUnit.Count, 1)]
    if event == "MODIFY" and kind == keys.META:
        new, old = change["NewImage"], change["OldImage"]
        if "endedAt" in new and "endedAt" not in old:
            return [Measure("SessionDurationSeconds", MetricUnit.Seconds, _duration_s(new))]
    return []


def _duration_s(session: dict[str, dict[str, str]]) -> int:
    seconds = int(session["endedAt"]["N"]) - int(session["createdAt"]["N"])
    if seconds < 0:
        raise ValueError("the session ended before it began")
    return seconds
