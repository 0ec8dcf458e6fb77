"""Streams of tables as sources of functions: retries, bisection, partial results, on-failure destination.

Upstream, MiniStack 1.5.33: services/lambda_svc.py, _poll_dynamodb_streams tries a failing batch for ever,
never bisects, does not read `batchItemFailures`, knows the destination only for records that grew too old,
asks no right of the role, counts no IteratorAge, and runs the function on the thread that polls all other
sources, so that a slow consumer holds up every queue. The fix has a mapping's batches run one at a time
(one shard, no parallelization), beside the others'.

AWS: Lambda Developer Guide, "How Lambda processes records from stream and queue-based event sources",
"Retain discarded records". Bisecting does not count as a retry; a partial result checkpoints what lies
before the lowest reported sequence number. Retries wait `RETRY_S`, doubling, up to a second, instead of
AWS's minutes. Batching windows are not waited for.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ops.local_aws.fixes.event_source_mappings import may_read_stream
from ops.local_aws.fixes.failure_destinations import may_send
from ops.local_aws.fixes.lambda_queues import failed_items

RETRY_S = 0.1
Records = Sequence[dict[str, Any]]


def install() -> None:
    """Replaces the polling of streams."""
    from ministack.core.responses import request_scope
    from ministack.services import lambda_svc

    def poll() -> bool:
        worked = False
        for account, region, mapping in lambda_svc._iter_all_esms():
            if ":dynamodb:" in mapping.get("EventSourceArn", "") and mapping.get("Enabled", True):
                with request_scope(account, region):
                    worked = _take(mapping) or worked
        return worked

    lambda_svc._poll_dynamodb_streams = poll


def _take(mapping: Any) -> bool:
    """Starts with the mapping's next batch; whether there was one."""
    from ministack.core.arn import parse_arn
    from ministack.services import dynamodb, lambda_svc

    identifier, arn = mapping["UUID"], mapping["EventSourceArn"]
    table, _ = lambda_svc._dynamodb_stream_table_from_arn_spec(parse_arn(arn)) or ("", "")
    record, function = lambda_svc._get_func_record_for_qualifier(
        mapping["FunctionName"], mapping.get("Qualifier")
    )
    if record is None or (dynamodb._tables.get(table) or {}).get("LatestStreamArn") != arn:
        return False
    if lambda_svc._esm_inflight.get(identifier):
        return False
    lambda_svc._init_stream_position(identifier, arn, mapping.get("StartingPosition", "LATEST"))
    positions = lambda_svc._dynamodb_stream_positions
    # After a `kill -9` it may have been saved a moment later than the stream itself.
    reached = min(positions[identifier], dynamodb.stream_end_position(table))
    position = max(reached, dynamodb.stream_start_position(table))
    found = dynamodb.stream_records_since(table, position, mapping.get("BatchSize", 100))
    if not found or not may_read_stream(function, arn):
        return False
    wanted = lambda_svc._apply_filter_criteria(found, mapping)
    after = position + len(found)

    def run() -> None:
        if not wanted or _Batch(mapping, record, function).finish(wanted):
            with lambda_svc._dynamodb_stream_positions_lock:
                positions[identifier] = after

    lambda_svc._dispatch_esm_batch(identifier, run)
    return True


class _Batch:
    """What becomes of the records that were read at once."""

    def __init__(self, mapping: Mapping[str, Any], record: Any, function: Any) -> None:
        self._mapping, self._record, self._function = mapping, record, function

    def finish(self, records: Records) -> bool:
        """Works until every record is done or discarded; False if the mapping ended before."""
        waiting = [(list(records), 0)]
        while waiting:
            batch, attempts = waiting.pop()
            if not self._active():
                return False
            outcome = self._invoke(batch)
            left, broken = self._left(batch, outcome)
            if not left:
                continue
            retries = self._mapping.get("MaximumRetryAttempts")
            age_limit = self._mapping.get("MaximumRecordAgeInSeconds") or -1
            if 0 < age_limit < _age_s(left):
                self._discard(left, outcome, "RecordAgeExceeded")
            elif broken and len(left) > 1 and self._mapping.get("BisectBatchOnFunctionError"):
                middle = len(left) // 2
                waiting += [(left[middle:], attempts), (left[:middle], attempts)]
            elif retries is not None and 0 <= retries <= attempts:
                self._discard(left, outcome, "RetryAttemptsExhausted")
            else:
                time.sleep(min(RETRY_S * 2**attempts, 1))
                waiting.append((left, attempts + 1))
        return True

    def _active(self) -> bool:
        from ministack.services import lambda_svc

        current = lambda_svc._esms.get(self._mapping["UUID"])
        return current is not None and bool(current.get("Enabled", True))

    def _invoke(self, batch: Records) -> dict[str, Any]:
        from ministack.services import cloudwatch, lambda_svc

        dimensions = {"FunctionName": self._function["FunctionName"]}
        age_ms = _age_s(batch) * 1000
        cloudwatch.record_metric("AWS/Lambda", "IteratorAge", age_ms, "Milliseconds", dimensions)
        return dict(lambda_svc._execute_function(self._record, {"Records": list(batch)}))

    def _left(self, batch: list[dict[str, Any]], outcome: Mapping[str, Any]) -> tuple[list[Any], bool]:
        """The records that are still to be done, and whether the function failed as a whole."""
        if outcome.get("error"):
            return batch, True
        if "ReportBatchItemFailures" not in (self._mapping.get("FunctionResponseTypes") or ()):
            return [], False
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        failed = failed_items(outcome.get("body"), set(numbers))
        if not failed:
            return [], False
        first = min(numbers.index(number) for number in failed)
        return batch[first:], failed == set(numbers)

    def _discard(self, batch: Records, outcome: dict[str, Any], condition: str) -> None:
        from ministack.services import cloudwatch, lambda_svc

        destination = ((self._mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get(
            "Destination"
        )
        if not destination:
            return
        if not may_send(self._function, destination):
            dimensions = {"FunctionName": self._function["FunctionName"]}
            cloudwatch.record_metric("AWS/Lambda", "DestinationDeliveryFailures", 1, "Count", dimensions)
            return
        arn = self._mapping["EventSourceArn"]
        lambda_svc._send_ddb_stream_failure_record(
            self._mapping, self._record, list(batch), arn, outcome, condition
        )


def _age_s(batch: Records) -> float:
    """Of the oldest record."""
    now = time.time()
    return max(0.0, now - min(float(record["dynamodb"]["ApproximateCreationDateTime"]) for record in batch))
