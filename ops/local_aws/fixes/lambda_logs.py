"""Not a fix: what an invocation leaves in CloudWatch Logs, written with the rights of the function's role.

Lines in the text format are START, the function's own, END and REPORT. With `log_format = "JSON"` they are
{"time", "type": "platform.start" | "platform.report", "record"}, and the function's lines as they came: the
Python runtime on AWS does not wrap what is printed either. Lambda names a stream of a group that is not the
function's own after the function, and makes a group only under its default name.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.local_aws.fixes.execution_roles import Function, permits


@dataclass(frozen=True)
class Invocation:
    """One invocation, ended.

    status: "success", "error" or "timeout", as in platform.report; error_type: AWS's name of the failure;
    init_ms: how long the start of the environment took, for the first one in it; lines: what the function
    printed, with the time in milliseconds.
    """

    request_id: str
    started: float
    ended: float
    status: str
    error_type: str | None
    init_ms: float | None
    lines: Sequence[tuple[int, str]]

    @property
    def duration_ms(self) -> float:
        """Without the start of the environment."""
        return (self.ended - self.started) * 1000


def group_name(function: Function) -> str:
    """The log group that the function writes to."""
    logging = function.get("LoggingConfig") or {}
    return str(logging.get("LogGroup") or f"/aws/lambda/{function['FunctionName']}")


def stream_name(function: Function, identifier: str) -> str:
    """The log stream of one execution environment."""
    day, version = time.strftime("%Y/%m/%d", time.gmtime()), function.get("Version", "$LATEST")
    own = group_name(function) == f"/aws/lambda/{function['FunctionName']}"
    return f"{day}/{'' if own else function['FunctionName']}[{version}]{identifier}"


def write(function: Function, stream: str, invocation: Invocation) -> None:
    """Writes the lines of an invocation, or none of them if the role may not."""
    from ministack.services import cloudwatch_logs as logs

    group = group_name(function)
    arn = f"{logs._make_group_arn(group).removesuffix(':*')}:log-stream:{stream}"
    if group not in logs._log_groups:
        if group != f"/aws/lambda/{function['FunctionName']}" or not permits(
            function, "logs:CreateLogGroup", logs._make_group_arn(group).removesuffix(":*")
        ):
            return
        logs._create_log_group({"logGroupName": group})
    if stream not in logs._log_groups[group]["streams"]:
        if not permits(function, "logs:CreateLogStream", arn):
            return
        logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    if not permits(function, "logs:PutLogEvents", arn):
        return
    as_json = (function.get("LoggingConfig") or {}).get("LogFormat") == "JSON"
    before, after = (_platform_json if as_json else _platform_text)(function, invocation)
    start_ms, end_ms = int(invocation.started * 1000), int(invocation.ended * 1000)
    events = [
        *({"timestamp": start_ms, "message": line} for line in before),
        *({"timestamp": stamp, "message": line} for stamp, line in invocation.lines),
        *({"timestamp": end_ms, "message": line} for line in after),
    ]
    # What came while the environment started would otherwise stand before START.
    for event in events:
        event["timestamp"] = min(max(start_ms, int(str(event["timestamp"]))), end_ms)
    logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": events})


def _platform_text(function: Function, invocation: Invocation) -> tuple[list[str], list[str]]:
    identifier, version = invocation.request_id, function.get("Version", "$LATEST")
    after = []
    if invocation.status == "timeout":
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(invocation.ended))
        after.append(f"{stamp} {identifier} Task timed out after {function.get('Timeout', 3)}.00 seconds")
    elif invocation.error_type in ("Runtime.ExitError", "Runtime.Unknown"):
        after.append(f"RequestId: {identifier} Error: Runtime exited without providing a reason")
    metrics = _metrics(function, invocation)
    report = [f"REPORT RequestId: {identifier}", f"Duration: {metrics['durationMs']} ms"]
    report += [f"Billed Duration: {metrics['billedDurationMs']} ms"]
    report += [f"Memory Size: {metrics['memorySizeMB']} MB"]
    report += [f"Max Memory Used: {metrics['maxMemoryUsedMB']} MB"]
    if "initDurationMs" in metrics:
        report.append(f"Init Duration: {metrics['initDurationMs']} ms")
    after += [f"END RequestId: {identifier}", "\t".join(report)]
    return [f"START RequestId: {identifier} Version: {version}"], after


def _platform_json(function: Function, invocation: Invocation) -> tuple[list[str], list[str]]:
    identifier, version = invocation.request_id, function.get("Version", "$LATEST")
    report = {
        "requestId": identifier,
        "metrics": _metrics(function, invocation),
        "status": invocation.status,
        **({"errorType": invocation.error_type} if invocation.error_type else {}),
    }
    return (
        [_platform("start", invocation.started, {"requestId": identifier, "version": version})],
        [_platform("report", invocation.ended, report)],
    )


def _platform(kind: str, when: float, record: Mapping[str, Any]) -> str:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when)) + f".{int(when * 1000) % 1000:03d}Z"
    return json.dumps({"time": stamp, "type": f"platform.{kind}", "record": record})


def _metrics(function: Function, invocation: Invocation) -> dict[str, Any]:
    memory = int(function.get("MemorySize") or 128)
    duration = round(invocation.duration_ms, 3)
    return {
        "durationMs": duration,
        "billedDurationMs": int(duration) + 1,
        "memorySizeMB": memory,
        # Not measured: nothing depends on it.
        "maxMemoryUsedMB": memory,
        **({} if invocation.init_ms is None else {"initDurationMs": round(invocation.init_ms, 3)}),
    }
