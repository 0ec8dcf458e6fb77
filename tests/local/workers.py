"""The processes in which a local AWS runs functions."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from ops.local_aws.instance import LocalAws


def kill(aws: LocalAws, function: str) -> int:
    """End the processes of a function, as Lambda does with execution environments; returns how many."""
    mine = f"AWS_ENDPOINT_URL={aws.environment()['AWS_ENDPOINT_URL']}".encode()
    found = processes(
        lambda _, environ: mine in environ and f"AWS_LAMBDA_FUNCTION_NAME={function}".encode() in environ
    )
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return len(found)


def processes(wanted: Callable[[bytes, bytes], bool]) -> list[int]:
    """Those whose command line and initial environment are wanted."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            command, environ = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if wanted(command, environ):
            found.append(int(process.name))
    return found
