"""Running `main.py` as a program: configuration and jsii stay out of the `ops` process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from environments import ENVIRONMENTS
from ops import paths
from ops.errors import OpsError
from ops.exit_codes import ExitCode


def synthesize(environment: str, outdir: Path = paths.SYNTHESIZED) -> Path:
    """Synthesize one environment and return the folder in which Terraform runs.

    Raises OpsError: CONFIGURATION where there is no such environment, or where main.py refused a value, with
    main.py's own words; FAILED for whatever else it ended with.
    """
    if environment not in ENVIRONMENTS:  # main.py would take "all" and "dev,staging", which are no folder
        raise OpsError(
            f"{environment!r} is not an environment.",
            hint=f"Name one of: {', '.join(ENVIRONMENTS)}.",
            code=ExitCode.CONFIGURATION,
        )
    result = subprocess.run(
        [sys.executable, str(paths.ROOT / "main.py")],
        env=os.environ | {"ENVIRONMENT": environment, "CDKTF_OUTDIR": str(outdir)},
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode == ExitCode.CONFIGURATION:
        raise OpsError(result.stderr.strip(), code=ExitCode.CONFIGURATION)
    if result.returncode != 0:
        said = result.stderr.strip() or f"main.py ended with exit code {result.returncode}"
        raise OpsError(f"The synth of {environment} failed:\n{said}")
    return outdir / "stacks" / environment


def prepared(environment: str) -> Path:
    """The folder of an environment, synthesized and initialized for the AWS of this process."""
    from ops.terraform import Terraform

    directory = synthesize(environment)
    Terraform(directory).init()
    return directory
