"""Starting the scanners, which have an environment of their own and stay offline."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ops import paths
from ops.errors import OpsError
from ops.exit_codes import ExitCode

FOLDER = paths.ROOT / "policy"
BIN = FOLDER / ".venv" / "bin"
LIMIT_S = 300.0
"""After which a scanner is ended: it takes seconds."""
NOT_FOR_SCANNERS = (
    *("GH_TOKEN", "GITHUB_TOKEN", "ZIZMOR_GITHUB_TOKEN", "BC_API_KEY", "CKV_API_KEY", "PRISMA_API_URL"),
    *("PYTHONPATH", "PYTHONHOME", "LOG_LEVEL"),
)
"""With the first ones they would talk to somebody, with the last ones not run as they should."""


def run(command: Sequence[str], *, codes: Sequence[int], given: str = "", binary: Path = BIN) -> str:
    """Run a scanner, from the checkout's root, and return what it printed.

    command: its name in the scanners' environment, and arguments; codes: the exit codes with which it did its
    work. Raises OpsError: TOOL where it is not installed, FAILED where it ended otherwise or not in time.
    """
    program = binary / command[0]
    if not program.exists():
        raise OpsError(
            f"{command[0]} is not installed: the scanners have an environment of their own.",
            hint="Install them, and check:  make policy",
            code=ExitCode.TOOL,
        )
    environ = {name: value for name, value in os.environ.items() if name not in NOT_FOR_SCANNERS}
    try:
        done = subprocess.run(
            [str(program), *command[1:]],
            input=given,
            env=environ | {"ZIZMOR_OFFLINE": "true"},
            cwd=paths.ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        raise OpsError(f"{command[0]} did not end within {LIMIT_S:.0f} s.") from None
    except OSError as error:
        raise OpsError(
            f"{program.name} does not run: {error}", hint="Run `make policy`.", code=ExitCode.TOOL
        ) from error
    if done.returncode not in codes:
        said = "\n".join(done.stderr.strip().splitlines()[-15:])
        raise OpsError(f"{command[0]} ended with code {done.returncode}.", hint=said)
    return done.stdout
