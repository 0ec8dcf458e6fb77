"""Management events, delivered to the log group of a trail.

Upstream, MiniStack 1.5.33: app.py, _maybe_record_cloudtrail records calls for LookupEvents only, if at all,
leaves out those that are refused, and services/cloudtrail.py delivers nothing. The fix writes every
management event to the log group of each trail that is logging, a second or two later (AWS: about five
minutes), in the form of the User Guide's "CloudTrail record contents". Data events (objects, items, messages,
invocations) and delivery to the bucket are left out; so is a caller whose key is not known, as on AWS.

Of a request only names, ids and ARNs are recorded, never a document or a value: nothing secret can get into
the log group.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from ops.local_aws.fixes.background import every_second, scope
from ops.local_aws.fixes.kms_enforcement import ITEM_ACTIONS
from ops.local_aws.fixes.requests_seen import Seen, observe

Record = dict[str, Any]

DATA_EVENTS = {
    "dynamodb": {*ITEM_ACTIONS, "GetRecords", "GetShardIterator"},
    "lambda": {"InvokeFunction", "Invoke", "InvokeAsync"},
    "sqs": {
        *("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"),
        *("ChangeMessageVisibility", "ChangeMessageVisibilityBatch"),
    },
    "sns": {"Publish", "PublishBatch"},
    "cloudwatch": {"PutMetricData", "GetMetricData", "GetMetricStatistics", "ListMetrics"},
    "logs": {"PutLogEvents", "GetLogEvents", "FilterLogEvents"},
    "ses": {"SendEmail", "SendRawEmail", "SendTemplatedEmail", "SendBulkEmail", "SendBulkTemplatedEmail"},
    "execute-api": {"ManageConnections", "Invoke"},
}
"""What is no management event, by the service's name in IAM; of S3 everything that names an object."""

SOURCES = {"cloudwatch": "monitoring"}

GLOBAL = frozenset({"iam", "cloudfront", "route53"})

KEPT = re.compile(r"(name|id|arn|bucket|region|state|status|days)$", re.IGNORECASE)

READ_ONLY = re.compile(r"(Get|List|Describe|Head|Lookup|Batch ?Get|Filter|Search|Simulate)")

Target = tuple[str, str, bool]
"""Region and name of a log group, and whether events of all regions go there."""

_pending: list[tuple[str, str, frozenset[Target], Record]] = []

_before: dict[str, frozenset[Target]] = {}
"""What was logging before the request: the call that stops a trail is the last that it records."""


def install() -> None:
    """Observes requests and delivers once a second."""
    observe(_record)
    every_second(_deliver)


def _record(seen: Seen) -> None:
    from ministack.core.responses import get_account_id, get_region

    account, now = get_account_id(), _targets(get_account_id())
    targets, _before[account] = now | _before.get(account, frozenset()), now
    if not targets or seen.path.startswith("/_"):
        return
    service, _, name = seen.action.partition(":")
    if not name:
        return
    of_object = service == "s3" and "/" in seen.path.strip("/")
    if of_object or name in DATA_EVENTS.get(service, ()):
        return
    identity = _identity(seen)
    if identity is None:
        return
    region = "us-east-1" if service in GLOBAL else get_region()
    record = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{SOURCES.get(service, service)}.amazonaws.com",
        "eventName": _event_name(service, name, seen.method),
        "awsRegion": region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": seen.headers.get("user-agent", ""),
        **_error(seen),
        "requestParameters": _parameters(seen, service),
        "responseElements": None,
        "requestID": seen.request_id,
        "eventID": seen.request_id,
        "readOnly": READ_ONLY.match(name) is not None,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    _pending.append((account, region, targets, record))


def _targets(account: str) -> frozenset[Target]:
    from ministack.services import cloudtrail

    return frozenset(
        (
            region,
            trail["CloudWatchLogsLogGroupArn"].removesuffix(":*").split(":log-group:")[-1],
            bool(trail.get("IsMultiRegionTrail")),
        )
        for (owner, region, _), trail in list(cloudtrail._trails._data.items())
        if owner == account and trail.get("CloudWatchLogsLogGroupArn") and trail.get("IsLogging", True)
    )


def _deliver() -> bool:
    batch, _pending[:] = list(_pending), []
    by_group: dict[tuple[str, str, str], list[Record]] = {}
    for account, region, targets, record in batch:
        for home, group, of_all_regions in targets:
            if of_all_regions or region == home:
                by_group.setdefault((account, home, group), []).append(record)
    for (account, home, group), records in by_group.items():
        with scope(account, home):
            _write(group, f"{account}_CloudTrail_{home}", records)
    return bool(by_group)


def _write(group: str, stream: str, records: list[Record]) -> None:
    from ministack.services import cloudwatch_logs as logs

    known = logs._log_groups.get(group)
    if known is None:
        return
    if stream not in known["streams"]:
        logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    now = round(time.time() * 1000)
    events = [{"timestamp": now, "message": json.dumps(record)} for record in records]
    logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": events})


def _identity(seen: Seen) -> Record | None:
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_account_id
    from ministack.core.router import extract_access_key_id

    key = extract_access_key_id(seen.headers, seen.query_params)
    who = iam_evaluator.resolve_credential(key, get_account_id()) if key else None
    if who is None or isinstance(who, iam_evaluator.CredentialResolutionError):
        return None
    kind = {"User": "IAMUser"}.get(who.principal_type, who.principal_type)
    identity = {
        "type": kind,
        "principalId": who.principal_id,
        "arn": who.principal_arn,
        "accountId": who.account_id,
        "accessKeyId": who.access_key_id,
    }
    if kind == "IAMUser":
        identity["userName"] = who.principal_name
    if kind == "AssumedRole":
        role = who.principal_arn.split("/")[1]
        issuer = {
            "type": "Role",
            "arn": f"arn:aws:iam::{who.account_id}:role/{role}",
            "accountId": who.account_id,
            "userName": role,
        }
        return {**identity, "sessionContext": {"sessionIssuer": issuer}}
    return identity


def _event_name(service: str, name: str, method: str) -> str:
    # IAM has one name for making and removing them.
    if service == "s3" and method == "DELETE" and name.startswith("Put"):
        return name.replace("Put", "Delete", 1)
    return name


def _error(seen: Seen) -> Record:
    if seen.status < 400:
        return {}
    text = seen.answer.decode(errors="replace")
    code = re.search(r"<Code>(.*?)</Code>", text) or re.search(r'"__type":\s*"(?:[^"]*#)?(.*?)"', text)
    message = re.search(r"<Message>(.*?)</Message>", text) or re.search(r'"[Mm]essage":\s*"(.*?)"', text)
    named = next((v for k, v in seen.answer_headers.items() if k.lower() == "x-amzn-errortype"), "")
    return {
        "errorCode": code.group(1) if code else named.partition(":")[0] or str(seen.status),
        "errorMessage": message.group(1) if message else "",
    }


def _parameters(seen: Seen, service: str) -> Record | None:
    from ministack import app

    found: dict[str, Any] = dict(app._routing_params(seen.method, seen.path, seen.headers, seen.body, {}))
    found = {name: value[0] if isinstance(value, list) else value for name, value in found.items()}
    if "json" in seen.headers.get("content-type", ""):
        try:
            body = json.loads(seen.body or b"{}")
        except ValueError:
            body = {}
        found |= body if isinstance(body, dict) else {}
    if service == "s3":
        found["bucketName"] = seen.path.strip("/")
    kept = {
        name[:1].lower() + name[1:]: value
        for name, value in found.items()
        if KEPT.search(name) and isinstance(value, str | int) and "." not in name
    }
    return kept or None
