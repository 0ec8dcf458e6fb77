"""fixes/lambda_queues.py"""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import pytest

from ops.local_aws.fixes.lambda_queues import failed_items
from tests.local_aws.cloud import Cloud, allow, unique
from tests.local_aws.functions import LOGS, deploy, eventually, permit_role
from tests.local_aws.sources import map_source, queue, queue_rights
from tests.local_aws.test_fix_kms_enforcement import via

JOBS = """
    import json, os, time
    def handle(event, context):
        failures = []
        for record in event["Records"]:
            job = json.loads(record["body"])
            print("SEEN " + json.dumps({**job, "received": record["attributes"]["ApproximateReceiveCount"]}))
            if job.get("how") == "raise":
                raise ValueError("no")
            if job.get("how") == "die":
                os._exit(1)
            time.sleep(job.get("sleep", 0))
            if job.get("how") == "fail":
                failures.append({"itemIdentifier": record["messageId"]})
            if job.get("how") == "nonsense":
                failures.append({"itemIdentifier": "another"})
        return {"batchItemFailures": failures}
"""

REPORTS = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def test_a_message_is_handled_at_once_and_deleted(fixed: Cloud) -> None:
    source = queue(fixed)
    function = deploy(fixed, JOBS, queue_rights(source))
    map_source(function, source.arn, BatchSize=1)
    source.send(number=0)
    function.await_seen()
    started = time.monotonic()
    source.send(number=1)
    assert eventually(lambda: len(function.seen()) == 2)
    # Measured: 20 ms, most of it for looking.
    assert time.monotonic() - started < 0.5
    assert eventually(lambda: source.count() == 0)


def test_what_a_batch_reports_as_failed_comes_again_and_ends_in_the_dead_letters(fixed: Cloud) -> None:
    dead = queue(fixed)
    redrive = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2}
    source = queue(fixed, VisibilityTimeout=1, RedrivePolicy=redrive)
    function = deploy(fixed, JOBS, queue_rights(source), timeout_s=1)
    mapping = map_source(function, source.arn, BatchSize=10, Enabled=False, **REPORTS)
    source.send(number=1)
    source.send(number=2, how="fail")
    fixed.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    assert eventually(lambda: dead.count() == 1)
    assert dead.bodies() == [{"number": 2, "how": "fail"}]
    assert sorted((seen["number"], seen["received"]) for seen in function.seen()) == [
        (1, "1"),
        (2, "1"),
        (2, "2"),
    ]
    assert source.count() == 0


@pytest.mark.parametrize("how", ["raise", "die", "nonsense"])
def test_a_failed_invocation_is_tried_again(fixed: Cloud, how: str) -> None:
    source = queue(fixed, VisibilityTimeout=1)
    function = deploy(fixed, JOBS, queue_rights(source), timeout_s=1)
    map_source(function, source.arn, BatchSize=1, **REPORTS)
    source.send(how=how)
    assert {"1", "2"} <= {seen["received"] for seen in function.await_seen(2)}


def test_a_killed_worker_in_the_middle_of_a_job_is_tried_again(fixed: Cloud) -> None:
    source = queue(fixed, VisibilityTimeout=5)
    body = """
        import os, time
        from pathlib import Path
        def handle(event, context):
            file = Path(event["Records"][0]["body"].strip('"'))
            first = not file.exists()
            file.write_text(str(os.getpid()))
            time.sleep(4 if first else 0)
            print("SEEN 1")
    """
    function = deploy(fixed, body, queue_rights(source), timeout_s=5)
    map_source(function, source.arn, BatchSize=1)
    file = fixed.instance.directory / unique("job")
    fixed.client("sqs").send_message(QueueUrl=source.url, MessageBody=json.dumps(str(file)))
    process = int(eventually(lambda: file.exists() and file.read_text()) or 0)
    os.kill(process, signal.SIGKILL)
    assert function.await_seen() == [1]
    assert file.read_text() != str(process)


def test_a_function_may_have_its_message_back_sooner(fixed: Cloud) -> None:
    source = queue(fixed, VisibilityTimeout=60)
    body = """
        import boto3, json, os
        def handle(event, context):
            record = event["Records"][0]
            count = record["attributes"]["ApproximateReceiveCount"]
            print("SEEN " + count)
            if count == "1":
                boto3.client("sqs").change_message_visibility(
                    QueueUrl=os.environ["QUEUE"], ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0)
                raise ValueError("again, please")
    """
    right = allow("sqs:ChangeMessageVisibility", source.arn)
    function = deploy(fixed, body, [*queue_rights(source), right], variables={"QUEUE": source.url})
    map_source(function, source.arn)
    source.send(number=1)
    assert sorted(function.await_seen(2)) == [1, 2]


def test_a_failure_does_not_hold_up_other_messages(fixed: Cloud) -> None:
    source = queue(fixed, VisibilityTimeout=30)
    function = deploy(fixed, JOBS, queue_rights(source))
    map_source(function, source.arn, BatchSize=1)
    source.send(number=0)
    function.await_seen()
    source.send(how="raise")
    assert eventually(lambda: function.metric("Errors") == 1)
    started = time.monotonic()
    source.send(number=1)
    assert eventually(lambda: any(seen.get("number") == 1 for seen in function.seen()))
    assert time.monotonic() - started < 0.9


def test_no_more_batches_at_once_than_the_mapping_allows(fixed: Cloud) -> None:
    source = queue(fixed)
    function = deploy(
        fixed,
        "import time, json\ndef handle(event, context):\n"
        "    start = time.time(); time.sleep(0.3); print('SEEN ' + json.dumps([start, time.time()]))",
        queue_rights(source),
    )
    map_source(function, source.arn, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    for number in range(8):
        source.send(number=number)
    spans = function.await_seen(8)
    assert max(sum(start <= moment < end for start, end in spans) for moment, _ in spans) == 2


@pytest.mark.parametrize("missing", ["sqs:ReceiveMessage", "sqs:GetQueueAttributes"])
def test_without_the_rights_to_receive_nothing_is_received(fixed: Cloud, missing: str) -> None:
    source = queue(fixed)
    rights = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    function = deploy(fixed, JOBS, queue_rights(source))
    map_source(function, source.arn)
    permit_role(
        fixed, function.role, LOGS, allow([right for right in rights if right != missing], source.arn)
    )
    source.send(number=1)
    time.sleep(0.3)
    assert function.seen() == []
    permit_role(fixed, function.role, LOGS, allow(rights, source.arn))
    assert function.await_seen()


def test_without_the_right_to_delete_messages_come_again(fixed: Cloud) -> None:
    source = queue(fixed, VisibilityTimeout=1)
    function = deploy(fixed, JOBS, queue_rights(source), timeout_s=1)
    map_source(function, source.arn)
    permit_role(
        fixed, function.role, LOGS, allow(["sqs:ReceiveMessage", "sqs:GetQueueAttributes"], source.arn)
    )
    source.send(number=1)
    assert len(function.await_seen(2)) >= 2


def test_an_encrypted_queue_needs_its_key(fixed: Cloud) -> None:
    key = fixed.key()
    source = queue(fixed, key)
    function = deploy(fixed, JOBS, queue_rights(source))
    map_source(function, source.arn)
    source.send(number=1)
    time.sleep(0.3)
    assert function.seen() == []
    permit_role(fixed, function.role, *queue_rights(source), allow("kms:Decrypt", key, **via("sqs")))
    assert function.await_seen()


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ('{"batchItemFailures": [{"itemIdentifier": "b"}]}', {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{"id": "a"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": "c"}]}, {"a", "b"}),
        ({"batchItemFailures": ["a"]}, {"a", "b"}),
        ("no json", {"a", "b"}),
        (["a"], {"a", "b"}),
    ],
)
def test_reports_are_read_as_aws_reads_them(result: Any, failed: set[str]) -> None:
    assert failed_items(result, {"a", "b"}) == failed


def test_stock_receives_and_deletes_without_rights(stock: Cloud) -> None:
    source = queue(stock)
    function = deploy(stock, JOBS, [LOGS])
    map_source(function, source.arn)
    source.send(number=1)
    assert function.await_seen()
    assert eventually(lambda: source.count() == 0)


def test_stock_loses_messages_of_a_report_without_sense(stock: Cloud) -> None:
    source = queue(stock)
    function = deploy(stock, JOBS, queue_rights(source))
    map_source(function, source.arn, **REPORTS)
    source.send(how="nonsense")
    assert function.await_seen()
    assert eventually(lambda: source.count() == 0)
