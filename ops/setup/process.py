"""Runs the tools that the set-up uses: output into the log, end of the whole group on Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup.context import Context

TICK_SECONDS = 5.0
GRACE_SECONDS = 5.0
TAIL_LINES = 15

NETWORK_SIGNS = (
    "Temporary failure in name resolution", "Name or service not known", "nodename nor servname",
    "NewConnectionError", "NameResolutionError", "Network is unreachable", "Connection refused",
    "Max retries exceeded", "ConnectTimeoutError", "ReadTimeoutError", "ProxyError",
    "ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH",
)  # fmt: skip
DISK_SIGNS = ("No space left on device", "ENOSPC", "Disk quota exceeded")

# They would point a tool at another interpreter, another project, or a place outside the checkout.
UNWANTED = (
    "VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "__PYVENV_LAUNCHER__", "PIP_USER",
    "PIP_TARGET", "PIP_PREFIX", "PIP_PYTHON", "PIPENV_PIPFILE", "PIPENV_PYTHON", "PIPENV_SYSTEM",
    "PIPENV_CUSTOM_VENV_NAME", "PIPENV_DEFAULT_PYTHON_VERSION", "PIPENV_ACTIVE", "NODE_PATH",
    "NODE_OPTIONS", "npm_config_prefix",
)  # fmt: skip


def clean(environ: Mapping[str, str], **more: str) -> dict[str, str]:
    """Return the environment for a tool: the user's, less what would lead it astray."""
    return {name: value for name, value in environ.items() if name not in UNWANTED} | more


def answer(command: Sequence[str], environ: Mapping[str, str], seconds: float = 30.0) -> str | None:
    """Return what a short command prints, or None if it does not run or fails."""
    try:
        done = subprocess.run(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def run(
    ctx: Context, command: Sequence[str], environ: Mapping[str, str], *, what: str, cwd: Path | None = None
) -> None:
    """Run a tool to its end, its output into the log.

    Raises OpsError with the end of its output if it fails. On Ctrl-C its whole process group ends too.
    """
    with ctx.log.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        log.flush()
        start = log.tell()
        # A group of its own: pipenv and npm start children that would outlive them.
        child = subprocess.Popen(
            command,
            cwd=cwd or ctx.root,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=() if ctx.lock_fd is None else (ctx.lock_fd,),
        )
        try:
            code = wait(ctx, child)
        except BaseException:
            end_group(child)
            raise
    if code != 0:
        raise failure(ctx, what, code, start)


def wait(ctx: Context, child: subprocess.Popen[bytes]) -> int:
    """Wait for the child, showing every few seconds that it is at work."""
    while True:
        try:
            return child.wait(TICK_SECONDS)
        except subprocess.TimeoutExpired:
            ctx.out.tick()


def end_group(child: subprocess.Popen[bytes]) -> None:
    """End the child and all that it started: asked first, then made to, at once on a second Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
            child.wait(GRACE_SECONDS)
        except (ProcessLookupError, PermissionError):  # macOS: PermissionError where only zombies are left
            break
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            continue


def failure(ctx: Context, what: str, code: int, start: int) -> OpsError:
    """Return the error for a tool that failed, with the end of what it printed."""
    with ctx.log.open("rb") as log:
        log.seek(start)
        lines = [line for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    text = "\n".join(lines)
    tail = "\n".join(f"  | {line}" for line in lines[-TAIL_LINES:])
    end = f"All of its output: {ctx.log.relative_to(ctx.root)}"
    if any(sign in text for sign in DISK_SIGNS):
        return OpsError(
            f"{what} failed: the disk is full",
            hint=f"{tail}\nMake room (about 1.5 GB), then run `make setup` again.\n{end}",
            code=ExitCode.OUTPUT,
        )
    if any(sign in text for sign in NETWORK_SIGNS):
        return OpsError(
            f"{what} failed: the package registry could not be reached",
            hint=f"{tail}\nCheck the network and the proxy settings, then run `make setup` again.\n{end}",
            code=ExitCode.NETWORK,
        )
    return OpsError(f"{what} failed with exit code {code}", hint=f"{tail}\n{end}", code=ExitCode.TOOL)
