"""Metrics of DynamoDB and S3 about the requests that they answer.

Upstream, MiniStack 1.5.33: services/cloudwatch.py, record_metric is called by Lambda and hardly anybody else:
there is no AWS/DynamoDB and no AWS/S3. It also keeps each call as a point of its own, and all points are
written to disk every second. The fix puts equal values of one second into one point, and counts

- AWS/DynamoDB ConsumedReadCapacityUnits and ConsumedWriteCapacityUnits by TableName, or with
  GlobalSecondaryIndexName for a query of an index; SuccessfulRequestLatency and SystemErrors by TableName and
  Operation. The units are estimated from the sizes of request and answer. Nothing is ever throttled;
- AWS/S3 AllRequests, Get-, Put-, Head-, Delete- and PostRequests, 4xxErrors, 5xxErrors, FirstByteLatency and
  TotalRequestLatency by BucketName and FilterId, for the metrics configurations without a filter.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from typing import Any

from ops.local_aws.fixes.kms_enforcement import ITEM_ACTIONS
from ops.local_aws.fixes.requests_seen import Seen, observe

READS = ("Get", "Query", "Scan", "BatchGet", "TransactGet")

S3_REQUESTS = {"GET": "Get", "PUT": "Put", "HEAD": "Head", "DELETE": "Delete", "POST": "Post"}


def install() -> None:
    """Observes requests."""
    from ministack.services import cloudwatch

    cloudwatch.record_metric = record
    observe(_count)


def record(
    namespace: str,
    metric_name: str,
    value: float,
    unit: str = "None",
    dimensions: Mapping[str, str] | None = None,
) -> None:
    """Adds a value of now to a metric."""
    from ministack.services import cloudwatch

    now, known = time.time(), dict(dimensions or {})
    bucket = cloudwatch._metric_bucket((namespace, metric_name, cloudwatch._dims_key(known)))
    last = bucket[-1] if bucket else {}
    same = (last.get("Value"), last.get("Unit")) == (value, unit) and "_stat" not in last
    if same and int(last["Timestamp"]) == int(now):
        last["Count"] = last.get("Count", 1.0) + 1
        return
    bucket.append({"Timestamp": now, "Value": float(value), "Unit": unit, "Dimensions": known})


def _count(seen: Seen) -> None:
    if seen.service == "dynamodb":
        _count_items(seen)
    elif seen.service == "s3":
        _count_objects(seen)


def _count_items(seen: Seen) -> None:
    operation = seen.headers.get("x-amz-target", "").rpartition(".")[2]
    if operation not in ITEM_ACTIONS:
        return
    if 400 <= seen.status < 500:
        record("AWS/DynamoDB", "UserErrors", 1, "Count")
        return
    request = json.loads(seen.body or b"{}")
    for table in _tables(request):
        of_table = {"TableName": table}
        of_operation = {**of_table, "Operation": operation}
        if seen.status >= 500:
            record("AWS/DynamoDB", "SystemErrors", 1, "Count", of_operation)
            continue
        latency = max(1, round(seen.milliseconds))
        record("AWS/DynamoDB", "SuccessfulRequestLatency", latency, "Milliseconds", of_operation)
        if index := request.get("IndexName"):
            of_table["GlobalSecondaryIndexName"] = index
        kind = "Read" if operation.startswith(READS) else "Write"
        units = _units(kind, seen, request)
        record("AWS/DynamoDB", f"Consumed{kind}CapacityUnits", units, "Count", of_table)


def _tables(request: Mapping[str, Any]) -> list[str]:
    if "TableName" in request:
        return [request["TableName"]]
    of_transaction = (next(iter(one.values())) for one in request.get("TransactItems") or [])
    return sorted({*(request.get("RequestItems") or {}), *(one["TableName"] for one in of_transaction)})


def _units(kind: str, seen: Seen, request: Mapping[str, Any]) -> float:
    # A transaction reads or writes twice; a read that may be stale costs half.
    twice = 2 if "TransactItems" in request else 1
    if kind == "Write":
        return twice * max(1, math.ceil(len(seen.body) / 1024))
    half = 1 if request.get("ConsistentRead") or twice == 2 else 0.5
    return twice * half * max(1, math.ceil(len(seen.answer) / 4096))


def _count_objects(seen: Seen) -> None:
    bucket = seen.path.lstrip("/").partition("/")[0]
    for identifier in _filters(bucket):
        counted = {
            "AllRequests": 1,
            f"{S3_REQUESTS.get(seen.method, 'Post')}Requests": 1,
            "4xxErrors": int(400 <= seen.status < 500),
            "5xxErrors": int(seen.status >= 500),
        }
        dimensions = {"BucketName": bucket, "FilterId": identifier}
        for name, value in counted.items():
            record("AWS/S3", name, value, "Count", dimensions)
        for name in ("FirstByteLatency", "TotalRequestLatency"):
            record("AWS/S3", name, max(1, round(seen.milliseconds)), "Milliseconds", dimensions)


def _filters(bucket: str) -> list[str]:
    """Ids of the bucket's metrics configurations without a filter (fixes/s3_configurations.py)."""
    import ministack.app as app

    module = app._loaded_modules.get("s3_configurations")
    kept = module.get_state()["kept"] if module else {}
    return [
        identifier
        for (kind, owner, identifier), document in kept.items()
        if (kind, owner) == ("metrics", bucket) and "<Filter>" not in document
    ]
