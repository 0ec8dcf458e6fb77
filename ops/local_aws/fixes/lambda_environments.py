"""Execution environments of Python functions: bounded in number, logged and counted as on AWS.

Upstream, MiniStack 1.5.33: core/lambda_runtime.py, Worker ends the process of a handler that raises,
inherits the server's standard streams' ways (lines that arrive after 250 ms are lost), extracts the code
anew for each process, asks no role whether Lambda may assume it, and there is no bound on their number: a
burst of 50 clients starts 50 processes of 47 MB on two cores. services/lambda_svc.py, _emit_lambda_logs
writes the text format only, one stream per invocation, whatever the role allows; _invoke alone counts
metrics, so that no function set off by an event source has any. A handler that calls sys.exit(), or a result
that is no JSON, leaves the process unusable.

The fix runs functions in environments of its own (`Environment`, ops/local_aws/lambda_bootstrap.py), at most
`LIMIT` of a function at a time. AWS starts one for every event at once, up to the account's concurrency,
1,000 by default; here an event beyond the limit waits for one, which looks from outside like a function
that takes longer. Reserved concurrency still throttles before that, as on AWS. A handler that invokes its
own function deeper than the limit would wait for itself until its timeout; ours do not.

Functions with layers and other runtimes are left to MiniStack.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from ops.local_aws.fixes import lambda_logs
from ops.local_aws.lambda_environment import Environment, Outcome

LIMIT = 8
"""Environments of one function: enough to show concurrency, and together less than 400 MB."""


def install() -> None:
    """Replaces the executor of Python functions and its counters."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    stock_class, stock_execute = lambda_runtime._worker_class_for, lambda_svc._execute_function_warm
    stock_acquire, stock_release = lambda_runtime.acquire_worker, lambda_runtime.release_worker
    stock_logs, stock_metrics = lambda_svc._emit_lambda_logs, lambda_svc._emit_lambda_metrics
    idle = threading.Condition()

    def worker_class_for(function: Any) -> Any:
        return Environment if _is_ours(function) else stock_class(function)

    def acquire(name: str, function: Any, code: bytes, qualifier: str = "$LATEST") -> Any:
        with idle:
            while True:
                environment, _ = stock_acquire(name, function, code, qualifier, LIMIT)
                if environment is not None:
                    return environment
                idle.wait()

    def release(environment: Any) -> None:
        with idle:
            stock_release(environment)
            # Whoever waits may wait for another function.
            idle.notify_all()

    def execute(record: Any, event: Any, request_id: str) -> Any:
        function = record.get("config") or record
        code = record.get("code_zip")
        if not code or not _is_ours(function):
            return stock_execute(record, event, request_id)
        lambda_svc._ensure_reaper_thread()
        name, qualifier = function["FunctionName"], function.get("Version", "$LATEST")
        environment = acquire(name, function, code, qualifier)
        try:
            trace = lambda_svc._xray_trace_id_for_invocation(function)
            started = time.time()
            outcome = environment.invoke(event, request_id, function, trace)
            _record(function, environment, outcome, request_id, started)
        finally:
            release(environment)
        return _answer(outcome)

    def emit_logs(record: Any, *arguments: Any, **more: Any) -> None:
        if not _is_ours(record.get("config") or record):
            stock_logs(record, *arguments, **more)

    def emit_metrics(name: str, duration_ms: float, error: bool, throttle: bool) -> None:
        # A refused one is counted where it is refused, with a duration of zero, and again by Invoke; one
        # that ran, where it ran; one that is only accepted (Event), not yet.
        if throttle and not duration_ms:
            _count(name, Throttles=1)
        elif not throttle and not _is_ours((lambda_svc._functions.get(name) or {}).get("config") or {}):
            stock_metrics(name, duration_ms, error, throttle)

    lambda_runtime._worker_class_for = worker_class_for
    lambda_svc._execute_function_warm = execute
    lambda_svc._emit_lambda_logs, lambda_svc._emit_lambda_metrics = emit_logs, emit_metrics


def _is_ours(function: Any) -> bool:
    return str(function.get("Runtime", "")).startswith("python") and not function.get("Layers")


def _record(function: Any, environment: Any, outcome: Outcome, request_id: str, started: float) -> None:
    ended = time.time()
    invocation = lambda_logs.Invocation(
        request_id=request_id,
        started=min(started + (outcome.init_ms or 0) / 1000, ended),
        ended=ended,
        status=outcome.status,
        error_type=outcome.error_type,
        init_ms=outcome.init_ms,
        lines=outcome.lines,
    )
    failed = 0 if outcome.status == "success" else 1
    _count(
        function["FunctionName"], Invocations=1, Errors=failed, Throttles=0, Duration=invocation.duration_ms
    )
    lambda_logs.write(function, environment.stream, invocation)


def _count(name: str, **values: float) -> None:
    from ministack.services import cloudwatch

    for metric, value in values.items():
        unit = "Milliseconds" if metric == "Duration" else "Count"
        cloudwatch.record_metric("AWS/Lambda", metric, value, unit, {"FunctionName": name})


def _answer(outcome: Outcome) -> dict[str, Any]:
    """MiniStack's form of a result."""
    log = "\n".join(line for _, line in outcome.lines)
    if outcome.status == "success":
        return {"body": outcome.result, "log": log}
    return {"body": outcome.error, "error": True, "function_error": "Unhandled", "log": log}
