"""functions/stream_consumer: what counts, and that it counts once."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constructs_lib.consumers.stream import BATCH_SIZE, PATTERN, RETRIES
from functions.shared.table import Table
from functions.stream_consumer import handler
from tests.functions.emf import of_environment, printed
from tests.functions.support import Clock, Log, logged, ulid_at
from tests.local_aws.cloud import Cloud

Record = dict[str, Any]

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    monkeypatch.setenv("ENVIRONMENT", "dev")
    return logged(handler.log, monkeypatch)


def image(**attributes: int | str) -> dict[str, dict[str, str]]:
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value}
        for name, value in attributes.items()
    }


def record(
    event: str,
    sort_key: str,
    new: dict[str, Any] | None = None,
    old: dict[str, Any] | None = None,
    *,
    partition: str = "SESSION#1",
    by_ttl: bool = False,
) -> Record:
    """As the stream has it (DynamoDB Streams API reference, Record)."""
    change = {
        "Keys": image(PK=partition, SK=sort_key),
        "SequenceNumber": f"{next(_numbers):021d}",
        "SizeBytes": 26,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
        **({"NewImage": new} if new is not None else {}),
        **({"OldImage": old} if old is not None else {}),
    }
    made: Record = {
        "eventID": "1",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": change,
    }
    ttl = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    return made | ({"userIdentity": ttl} if by_ttl else {})


def created() -> Record:
    return record("INSERT", "META", image(createdAt=1000))


def submitted() -> Record:
    return record("INSERT", "SUBMISSION", image(createdAt=1000))


def ended(after: int) -> Record:
    return record("MODIFY", "META", image(createdAt=1000, endedAt=1000 + after), image(createdAt=1000))


def poison() -> Record:
    return record("MODIFY", "META", image(endedAt=1000), image())


def number(one: Record) -> str:
    return str(one["dynamodb"]["SequenceNumber"])


def handle(*records: Record) -> Any:
    return handler.handle({"Records": list(records)}, None)


def test_trap_52_sessions_submissions_and_durations_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    answer = handle(created(), submitted(), created(), ended(90), ended(30))
    assert answer == {"batchItemFailures": []}
    output = capsys.readouterr().out
    assert of_environment(output) == {
        "SessionsCreated": (1, 1),
        "SubmissionsCompleted": (1,),
        "SessionDurationSeconds": (90, 30),
    }
    assert {metric.name: metric.unit for metric in printed(output)} == {
        "SessionsCreated": "Count",
        "SubmissionsCompleted": "Count",
        "SessionDurationSeconds": "Seconds",
    }


@pytest.mark.parametrize(
    "uncounted",
    [
        record("REMOVE", "META", old=image(createdAt=1000), by_ttl=True),
        record("REMOVE", "SUBMISSION", old=image(createdAt=1000), by_ttl=True),
        record("REMOVE", "META", old=image(createdAt=1000)),
        record("INSERT", "META", image(createdAt=1000), partition="CONN#1"),
        record("INSERT", "MSG#01J", image(createdAt=1000)),
        record("MODIFY", "MSG#01J", image(endedAt=1000), image()),
        record("MODIFY", "META", image(createdAt=1, state="revoked"), image(createdAt=1, state="active")),
        record("MODIFY", "META", image(createdAt=1, endedAt=9, state="x"), image(createdAt=1, endedAt=9)),
        record("MODIFY", "SUBMISSION", image(createdAt=1), image(createdAt=1)),
    ],
    ids=lambda one: f"{one['eventName']} {one['dynamodb']['Keys']['SK']['S']}",
)
def test_trap_08_removals_and_all_other_changes_count_for_nothing(
    uncounted: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    assert handle(uncounted) == {"batchItemFailures": []}
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "broken",
    [
        poison(),
        record("MODIFY", "META", image(createdAt=1000, endedAt=999), image(createdAt=1000)),
        record("MODIFY", "META", image(createdAt="yesterday", endedAt=999), image(createdAt="yesterday")),
        record("MODIFY", "META", image(createdAt=1000, endedAt=1001)),
        {"eventName": "INSERT", "dynamodb": {"Keys": {}, "SequenceNumber": "7"}},
    ],
    ids=["no begin", "ends before it begins", "no number", "no old image", "no keys"],
)
def test_a_record_that_cannot_be_counted_fails_alone(
    broken: Record, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = handle(created(), submitted(), broken)
    assert answer == {"batchItemFailures": [{"itemIdentifier": number(broken)}]}
    # What succeeded before it is not lost, and is not delivered again.
    assert of_environment(capsys.readouterr().out) == {"SessionsCreated": (1,), "SubmissionsCompleted": (1,)}
    (error,) = log.errors
    assert error["sequence_number"] == number(broken)
    assert "yesterday" not in log.text


def test_what_comes_after_a_failure_is_left_to_the_next_attempt(capsys: pytest.CaptureFixture[str]) -> None:
    """Lambda goes on from the lowest number reported: what counted beyond it would count again."""
    bad, after = poison(), created()
    answer = handle(created(), bad, after)
    assert answer["batchItemFailures"][0] == {"itemIdentifier": number(bad)}
    assert of_environment(capsys.readouterr().out) == {"SessionsCreated": (1,)}


def test_a_batch_that_begins_with_a_failure_fails_as_a_whole_so_that_lambda_halves_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(BatchProcessingError):
        handle(poison(), created())
    assert capsys.readouterr().out == ""


def test_a_full_batch_fits_into_the_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    """An EMF metric has at most 100 values."""
    handle(*(ended(second) for second in range(BATCH_SIZE)))
    metrics = printed(capsys.readouterr().out)
    assert all(len(metric.values) <= 100 for metric in metrics)
    assert sorted(value for metric in metrics for value in metric.values) == list(range(BATCH_SIZE))


class Shard:
    """Lambda's side of a stream.

    A partial answer moves the checkpoint to the lowest number reported; a failed invocation halves the batch,
    which is not a retry; a batch whose retries are used up goes to the failure destination.
    Source: Lambda developer guide, "Configuring partial batch response with DynamoDB and Lambda" and "Using
    Lambda to process records from Amazon DynamoDB streams".
    """

    def __init__(self, records: list[Record]) -> None:
        self.discarded: list[list[Record]] = []
        self._left = [(records, 0)] if records else []

    def drain(self) -> None:
        while self._left:
            batch, attempts = self._left.pop(0)
            try:
                failures = handle(*batch)["batchItemFailures"]
            except BatchProcessingError:
                self._failed(batch, attempts)
                continue
            if failures:
                lowest = min(failure["itemIdentifier"] for failure in failures)
                self._left.insert(0, ([one for one in batch if number(one) >= lowest], 0))

    def _failed(self, batch: list[Record], attempts: int) -> None:
        middle = len(batch) // 2
        if middle:
            self._left[:0] = [(batch[:middle], 0), (batch[middle:], 0)]
        elif attempts < RETRIES:
            self._left.insert(0, (batch, attempts + 1))
        else:
            self.discarded.append(batch)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["created", "submitted", "ended", "poison", "other"]), max_size=BATCH_SIZE))
def test_every_good_record_counts_once_and_every_poison_goes_away_alone(
    capsys: pytest.CaptureFixture[str], kinds: list[str]
) -> None:
    make = {
        "created": created,
        "submitted": submitted,
        "ended": lambda: ended(5),
        "poison": poison,
        "other": lambda: record("INSERT", "MSG#01J", image(createdAt=1)),
    }
    records = [make[kind]() for kind in kinds]
    shard = Shard(records)
    shard.drain()
    assert shard.discarded == [[one] for one, kind in zip(records, kinds, strict=True) if kind == "poison"]
    counted = {name: len(values) for name, values in of_environment(capsys.readouterr().out).items()}
    expected = Counter(kinds)
    names = {
        "SessionsCreated": "created",
        "SubmissionsCompleted": "submitted",
        "SessionDurationSeconds": "ended",
    }
    assert counted == {name: expected[kind] for name, kind in names.items() if expected[kind]}


def _passes(pattern: Any, value: Any) -> bool:
    """Event filtering, as far as PATTERN uses it: equality and prefix."""
    if isinstance(pattern, dict):
        return all(key in value and _passes(inner, value[key]) for key, inner in pattern.items())
    return any(
        value.startswith(rule["prefix"]) if isinstance(rule, dict) else value == rule for rule in pattern
    )


def test_the_filter_of_the_event_source_lets_all_through_that_counts() -> None:
    for counts in (created(), submitted(), ended(1), poison()):
        assert _passes(PATTERN, counts)
    for never in (
        record("REMOVE", "META", by_ttl=True),
        record("INSERT", "MSG#01J", image()),
        record("INSERT", "META", image(), partition="CONN#1"),
    ):
        assert not _passes(PATTERN, never)


def test_trap_09_what_the_tables_writers_do_is_what_counts(
    aws: Cloud, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real records of a real stream, from the functions' own access patterns."""
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    name = aws.table(StreamSpecification=stream)
    table = Table(name, clock=clock)
    finished, open_ = table.create_session("one"), table.create_session("two")
    table.put_connection("C1", open_.session_id)
    table.add_message(open_, ulid_at(clock()), "A question", "C1")
    clock.pass_(75)
    table.complete_session(finished.session_id, "REF-1")
    table.revoke_session(open_.session_id)
    table.delete_connection("C1")

    records = _records(aws, name)
    assert len(records) >= 8
    assert handle(*records) == {"batchItemFailures": []}
    assert of_environment(capsys.readouterr().out) == {
        "SessionsCreated": (1, 1),
        "SubmissionsCompleted": (1,),
        "SessionDurationSeconds": (75,),
    }


def _records(cloud: Cloud, table: str) -> list[Record]:
    client = cloud.client("dynamodbstreams")
    arn = cloud.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    found: list[Record] = []
    for shard in client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = client.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found += client.get_records(ShardIterator=iterator)["Records"]
    return found
