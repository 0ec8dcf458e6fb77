"""The steps of the set-up in their order: each is done only where what it recorded no longer holds."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import browser, launchers, node, packages, terraform, wheels
from ops.setup.context import Context, State
from ops.setup.files import cannot_write, exclusive

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Step:
    """One step: `state` tells what is there (None: not done), `make` does it and returns a summary."""

    name: str
    title: str
    state: Callable[[Context], State | None]
    make: Callable[[Context], str]


STEPS = (
    Step("terraform", "Terraform", terraform.state, terraform.make),
    Step("packages", "Python packages", packages.state, packages.make),
    Step("wheels", "Function packages", wheels.state, wheels.make),
    Step("node", "Node packages", node.state, node.make),
    Step("launchers", "Commands", launchers.state, launchers.make),
)

EXTRAS = (
    Step("browser", "Chromium", browser.state, browser.make),
    Step(
        "scanners",
        "Scanners",
        partial(packages.state, of=packages.SCANNERS),
        partial(packages.make, of=packages.SCANNERS),
    ),
)
"""For tests, and for `ops policy`: done where the step is asked for by name."""


def main(arguments: list[str]) -> int:
    """Run the set-up and the extras that are named (`browser`, `scanners`), or `lock`; return the code."""
    ctx = Context(ROOT, dict(os.environ), python_given="--this-python" in arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        with exclusive(ctx.tools / "setup.lock", lambda: waiting(ctx)) as ctx.lock_fd:
            if "lock" in arguments:
                from ops.setup import lock

                lock.make(ctx)
            else:
                set_up(ctx, (*STEPS, *(step for step in EXTRAS if step.name in arguments)))
    except KeyboardInterrupt:
        ctx.out.abandon()
        sys.stderr.write(
            "setup: interrupted; run `make setup` again, it goes on with the step that was not finished\n"
        )
        return ExitCode.INTERRUPTED
    except OSError as error:
        return report(ctx, cannot_write(error))
    except OpsError as error:
        return report(ctx, error)
    return ExitCode.OK


def set_up(ctx: Context, steps: tuple[Step, ...] = STEPS) -> None:
    """Do the steps that are not done."""
    ctx.read_stamp()
    worked = False
    for step in steps:
        found = step.state(ctx)
        if found is not None and ctx.stamp.get(step.name) == found:
            continue
        if not worked:
            ctx.log.write_bytes(b"")
            worked = True
        # Forgotten first: whatever interrupts the step, it is done again.
        if ctx.stamp.pop(step.name, None) is not None:
            ctx.write_stamp()
        ctx.out.begin(step.title)
        outcome = step.make(ctx)
        ctx.stamp[step.name] = step.state(ctx)
        ctx.write_stamp()
        ctx.out.end(outcome)
    if worked:
        ctx.out.note(
            "Ready. `. .venv/bin/activate` puts `ops` and `cdktf` on PATH; `make help` shows the rest."
        )
    else:
        ctx.out.note("Set-up: nothing to do.")


def interrupt(number: int, frame: FrameType | None) -> None:
    """Treat a polite end like Ctrl-C, so that child processes end too."""
    raise KeyboardInterrupt


def waiting(ctx: Context) -> None:
    ctx.out.note("Another set-up of this checkout is running; waiting for it to end.")


def report(ctx: Context, error: OpsError) -> int:
    """Print a failure and return its exit code."""
    ctx.out.abandon()
    sys.stderr.write(f"setup: {error.message}\n")
    for line in error.hint.splitlines():
        sys.stderr.write(line if line.startswith("  | ") else f"  {line}")
        sys.stderr.write("\n")
    return error.code
