"""One execution environment of a Lambda function: a process that serves one invocation after another.

MiniStack's pool (core/lambda_runtime.py) keeps them, and expects of them `in_use`, `last_used`, `config`,
`_proc` and `_discard_tmpdir`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.local_aws import lambda_bootstrap

INIT_TIMEOUT_S = 60.0
"""An environment that is not ready by then counts as failed. AWS waits for 10 s, on machines of its own; here
the load of this machine may make a start slow, and a function that is right must not fail of it."""

DRAIN_S = 1.0
"""How long the last lines may take to arrive; they are in the pipe already."""

_extraction = threading.Lock()


@dataclass(frozen=True)
class Outcome:
    """What became of an invocation.

    status: "success", "error" or "timeout"; result: of a success; error: AWS's object of a failure;
    init_ms: of the environment's start, where this invocation caused it; lines: (milliseconds, line).
    """

    status: str
    result: Any = None
    error: dict[str, Any] = field(default_factory=dict)
    init_ms: float | None = None
    lines: tuple[tuple[int, str], ...] = ()

    @property
    def error_type(self) -> str | None:
        """AWS's name of the failure."""
        return str(self.error["errorType"]) if self.error else None


class Environment:
    """A process, started at its first invocation and again at the one after it died."""

    def __init__(self, name: str, config: dict[str, Any], code: bytes) -> None:
        self.func_name, self.config = name, config
        self.in_use, self.last_used = False, time.time()
        self._code = code
        self._proc: subprocess.Popen[bytes] | None = None
        self._output: _Output | None = None
        self._channel: io.BufferedRWPair | Any = None
        self._socket: socket.socket | None = None
        self.stream = ""

    def invoke(self, event: Any, request_id: str, function: dict[str, Any], trace: str | None) -> Outcome:
        """Runs the handler once.

        function: the configuration that the caller resolved, with the ARN that was invoked.
        """
        from ops.local_aws.fixes.lambda_logs import stream_name

        init_ms = None
        if self._proc is None or self._proc.poll() is not None:
            started = time.time()
            self._end()
            self.stream = stream_name(function, uuid.uuid4().hex)
            failure = self._start(function)
            init_ms = (time.time() - started) * 1000
            if failure is not None:
                return self._failed("error", failure, request_id, init_ms)
        timeout = float(function.get("Timeout") or 3)
        invocation = {
            "event": event,
            "request_id": request_id,
            "arn": function.get("FunctionArn", ""),
            "deadline": time.time() + timeout,
            "trace_id": trace,
        }
        answer = self._ask(invocation, timeout)
        if answer is None:
            dead = self._proc is None or self._wait()
            error = _exited(request_id) if dead else _timed_out(request_id, timeout)
            return self._failed("error" if dead else "timeout", error, request_id, init_ms)
        assert self._output is not None
        lines = self._output.until(request_id)
        if answer["status"] == "ok":
            return Outcome("success", answer["result"], init_ms=init_ms, lines=lines)
        del answer["status"]
        return Outcome("error", error=answer, init_ms=init_ms, lines=lines)

    def _ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any] | None:
        """The process's answer; None if it died or took too long."""
        assert self._socket is not None
        self._socket.settimeout(timeout_s)
        try:
            self._channel.write(json.dumps(message).encode() + b"\n")
            self._channel.flush()
            line = self._channel.readline()
        except OSError:
            return None
        return dict(json.loads(line)) if line else None

    def _wait(self) -> bool:
        """Whether the process ended of its own accord; the socket's end comes shortly before its own."""
        assert self._proc is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._proc.wait(0.2)
        return self._proc.poll() is not None

    def _failed(self, status: str, error: dict[str, Any], request_id: str, init_ms: float | None) -> Outcome:
        output = self._output
        self._end()
        return Outcome(status, error=error, init_ms=init_ms, lines=output.until(None) if output else ())

    def _start(self, function: dict[str, Any]) -> dict[str, Any] | None:
        """Starts the process; the error that its start ended with, if any."""
        from ops.local_aws.fixes.execution_roles import lambda_may_assume

        if not lambda_may_assume(function):
            message = "The role defined for the function cannot be assumed by Lambda."
            return {"errorType": "AccessDeniedException", "errorMessage": message}
        directory = extracted(self._code)
        ours, theirs = socket.socketpair()
        with theirs:
            self._proc = subprocess.Popen(
                [sys.executable, "-P", lambda_bootstrap.__file__, str(theirs.fileno())],
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                env=self._variables(function, directory),
            )
        self._socket, self._channel = ours, ours.makefile("rwb")
        self._output = _Output(self._proc.stdout)
        answer = self._ask({"handler": function["Handler"], "path": str(directory)}, INIT_TIMEOUT_S)
        if answer is None:
            return {"errorType": "Runtime.ExitError", "errorMessage": "Error: Runtime exited during init"}
        if answer.pop("status") == "ready":
            return None
        return answer

    def _variables(self, function: dict[str, Any], directory: Path) -> dict[str, str]:
        from ministack.core import lambda_runtime, tls

        from ops.local_aws.fixes.lambda_logs import group_name

        _, region = lambda_runtime._account_region_from_function_config(function)
        logging = function.get("LoggingConfig") or {}
        variables = {
            **{
                name: os.environ[name]
                for name in ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
                if name in os.environ
            },
            "HOME": os.environ.get("HOME", "/nonexistent"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": f"https://127.0.0.1:{os.environ['GATEWAY_PORT']}",
            **(function.get("Environment") or {}).get("Variables", {}),
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function['Runtime']}",
            "AWS_LAMBDA_FUNCTION_NAME": function["FunctionName"],
            "AWS_LAMBDA_FUNCTION_VERSION": function.get("Version", "$LATEST"),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.get("MemorySize") or 128),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": group_name(function),
            "AWS_LAMBDA_LOG_STREAM_NAME": self.stream,
            "LAMBDA_TASK_ROOT": str(directory),
            "_HANDLER": function["Handler"],
            **lambda_runtime.execution_credentials(function),
        }
        if logging.get("LogFormat") == "JSON":
            variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
            variables["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel") or "INFO"
        tls.trust_gateway_cert(variables)
        return variables

    def _end(self) -> None:
        process, self._proc = self._proc, None
        if process is not None:
            process.kill()
            process.wait()
        for end in (self._channel, self._socket):
            if end is not None:
                # Unsent bytes for a process that is gone.
                with contextlib.suppress(OSError):
                    end.close()
        self._channel = self._socket = None

    def _discard_tmpdir(self) -> None:
        """Called by MiniStack's pool for one that it ended."""
        self._end()


class _Output:
    """What a process prints, read as it comes."""

    def __init__(self, pipe: Any) -> None:
        self._lines: list[tuple[int, str]] = []
        self._ended: set[str] = set()
        self._closed = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, args=(pipe,), daemon=True, name="lambda-output").start()

    def until(self, request_id: str | None) -> tuple[tuple[int, str], ...]:
        """The lines since the last call, up to the end of an invocation, or of the process if None."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or request_id in self._ended, DRAIN_S)
            self._ended.discard(request_id or "")
            lines, self._lines = tuple(self._lines), []
        return lines

    def _read(self, pipe: Any) -> None:
        with pipe:
            for raw in pipe:
                line = raw.decode("utf-8", errors="replace").rstrip("\n")
                before, marker, request_id = line.partition(lambda_bootstrap.END)
                with self._changed:
                    if before:
                        self._lines.append((int(time.time() * 1000), before))
                    if marker:
                        self._ended.add(request_id)
                        self._changed.notify_all()
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def extracted(code: bytes) -> Path:
    """The directory of a function's code, extracted once: environments of a function share it."""
    target = Path(tempfile.gettempdir()) / "lambda-code" / hashlib.sha256(code).hexdigest()[:32]
    with _extraction:
        if not target.exists():
            target.parent.mkdir(mode=0o700, exist_ok=True)
            partial = Path(tempfile.mkdtemp(dir=target.parent))
            try:
                with zipfile.ZipFile(io.BytesIO(code)) as archive:
                    archive.extractall(partial)
                partial.rename(target)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
    return target


def _exited(request_id: str) -> dict[str, Any]:
    message = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
    return {"errorType": "Runtime.ExitError", "errorMessage": message}


def _timed_out(request_id: str, timeout_s: float) -> dict[str, Any]:
    message = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
    return {"errorType": "Sandbox.Timedout", "errorMessage": message}
