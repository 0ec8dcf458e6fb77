"""What runs inside an execution environment of the local Lambda: `python -P lambda_bootstrap.py DESCRIPTOR`.

The descriptor is a socket to the server, one JSON object a line. First comes {"handler", "path"}; the
answer is {"status": "ready"} or an init error. Then for each invocation {"event", "request_id", "arn",
"deadline", "trace_id"}; the answer is {"status": "ok", "result"} or {"status": "error", "errorType",
"errorMessage", "stackTrace"}. What the function prints goes to stdout; after each answer's lines comes
one that starts with `END`, so that the server knows where they end. Standard library only: the
function's own packages and the interpreter's are all there is.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

END = "\0end of invocation "


class Context:
    """The second argument of a handler."""

    identity = None
    client_context = None

    def __init__(self, request_id: str, arn: str, deadline: float) -> None:
        self._deadline = deadline
        self.aws_request_id = request_id
        self.invoked_function_arn = arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        return max(0, int((self._deadline - time.time()) * 1000))


def main(descriptor: int) -> int:
    """Serves invocations until the server goes away."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # A pipe would be written in blocks, and a block is lost when the process is ended at its timeout.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with socket.socket(fileno=descriptor) as connection, connection.makefile("rwb") as channel:
        start = json.loads(channel.readline())
        sys.path.insert(0, start["path"])
        try:
            handler = _load(start["handler"])
        except BaseException as error:  # noqa: BLE001 - whatever a module raises, SystemExit included
            _send(channel, {**_failure(error, ""), "status": "initError"}, "")
            return 1
        _send(channel, {"status": "ready"})
        while line := channel.readline():
            invocation = json.loads(line)
            _send(channel, _invoke(handler, invocation), invocation["request_id"])
    return 0


def _end_with(parent: int) -> None:
    """Ends this process, whatever the handler does, once the server is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _load(name: str) -> Callable[[Any, Context], Any]:
    module, _, function = name.replace("/", ".").rpartition(".")
    loaded: Callable[[Any, Context], Any] = getattr(importlib.import_module(module), function)
    return loaded


def _invoke(handler: Callable[[Any, Context], Any], invocation: dict[str, Any]) -> dict[str, Any]:
    request_id = invocation["request_id"]
    if invocation["trace_id"]:
        os.environ["_X_AMZN_TRACE_ID"] = invocation["trace_id"]
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    context = Context(request_id, invocation["arn"], invocation["deadline"])
    try:
        result = handler(invocation["event"], context)
    except Exception as error:  # noqa: BLE001 - the answer that AWS gives for it
        return _failure(error, request_id)
    try:
        json.dumps(result)
    except (TypeError, ValueError) as error:
        return {**_failure(error, request_id), "errorType": "Runtime.MarshalError"}
    return {"status": "ok", "result": result}


def _failure(error: BaseException, request_id: str) -> dict[str, Any]:
    """Describes the error and logs it as AWS's runtime does (awslambdaric, bootstrap.py, log_error)."""
    # The first frame is this file's.
    frames = traceback.extract_tb(error.__traceback__)[1:]
    failure = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(frames),
    }
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        lines = json.dumps({"timestamp": stamp, "level": "ERROR", **failure})
    else:
        trace = "".join(failure["stackTrace"]).rstrip("\n")
        lines = f"[ERROR] {failure['errorType']}: {failure['errorMessage']}\n"
        lines += f"Traceback (most recent call last):\n{trace}"
    sys.stdout.write(lines + "\n")
    return {"status": "error", **failure}


def _send(channel: Any, answer: dict[str, Any], request_id: str | None = None) -> None:
    if request_id is not None:
        sys.stdout.flush()
        sys.stderr.flush()
        # Past sys.stdout, which the handler may have replaced.
        os.write(1, f"{END}{request_id}\n".encode())
    channel.write(json.dumps(answer).encode() + b"\n")
    channel.flush()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
