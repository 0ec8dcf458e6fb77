"""Queues as sources of functions: with the role's rights, and with AWS's reading of partial results.

Upstream, MiniStack 1.5.33: services/lambda_svc.py, _poll_sqs and _run_sqs_batch receive and delete whatever
the function's role allows; a failed batch keeps its mapping from everything else for a second; a
`batchItemFailures` that names no message of the batch counts as a success, so that its messages are lost,
where AWS takes the whole batch for failed; at most five batches run at once unless the mapping says more.
Messages arrive within milliseconds of being sent: that is as it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes.event_source_mappings import may_poll
from ops.local_aws.fixes.execution_roles import permits
from ops.local_aws.fixes.lambda_environments import LIMIT

PAUSE_S = 0.05
"""After a failure: enough to keep a queue without visibility timeout from spinning."""


def install() -> None:
    """Replaces what is done with a batch, and lets only roles with the rights poll."""
    from ministack.services import lambda_svc, sqs

    concurrency = lambda_svc._sqs_esm_concurrency

    def allowed_batches(mapping: Any, record: Any, function: Any, queue: Any = None) -> int:
        if queue is not None and not may_poll(function, queue):
            return 0
        return int(concurrency(mapping, record, function, queue))

    def run_batch(
        mapping: Any, record: Any, event: Any, batch: list[Any], queue_url: str, queue_name: str
    ) -> None:
        function = record.get("config") or record
        outcome = lambda_svc._execute_function(record, event)
        failed = {message["id"] for message in batch}
        if not outcome.get("error"):
            reports = "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or ())
            failed = failed_items(outcome.get("body"), failed) if reports else set()
        if failed:
            lambda_svc._esm_backoff_until[mapping["UUID"]] = time.time() + PAUSE_S
        done = {message["receipt_handle"] for message in batch if message["id"] not in failed}
        if done and permits(function, "sqs:DeleteMessage", mapping["EventSourceArn"]):
            sqs._delete_messages_for_esm(queue_url, done)
        mapping["LastProcessingResult"] = f"OK - {len(done)} records" if done else "FAILED"

    lambda_svc._sqs_esm_concurrency, lambda_svc._run_sqs_batch = allowed_batches, run_batch
    lambda_svc._ESM_SQS_DEFAULT_CONCURRENCY = LIMIT


def failed_items(result: Any, identifiers: set[str]) -> set[str]:
    """The items that a function reports as failed; all of them if the report makes no sense.

    Without a report, or with an empty one, all have succeeded.
    """
    if isinstance(result, str):
        try:
            result = json.loads(result)
        except ValueError:
            return identifiers
    if result is None:
        return set()
    if not isinstance(result, Mapping):
        return identifiers
    reported = result.get("batchItemFailures")
    if not reported:
        return set()
    try:
        failed = {failure["itemIdentifier"] for failure in reported}
    except (TypeError, KeyError):
        return identifiers
    return failed if failed <= identifiers else identifiers
