"""Running `main.py` as a program: configuration and jsii stay out of the `ops` process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from environments import ENVIRONMENTS, naming
from ops import paths
from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.stacks import is_account


def synthesize(environment: str, outdir: Path = paths.SYNTHESIZED) -> Path:
    """Synthesize one environment, or an account's stack, and return the folder in which Terraform runs.

    With an environment comes the stack of its account, in the folder beside it. An account's stack is one of
    those behind the environments that ENVIRONMENT names. Raises OpsError: CONFIGURATION where there is no
    such stack, or where main.py refused a value, with main.py's own words; TOOL where the functions' packages
    are not there; FAILED for whatever else it ended with.
    """
    # main.py would take "all" and "dev,staging", which are no folder.
    if environment not in ENVIRONMENTS and not is_account(environment):
        raise OpsError(
            f"{environment!r} is neither an environment nor an account's stack.",
            hint=f"Name one of: {', '.join([*ENVIRONMENTS, naming.ACCOUNT])}.",
            code=ExitCode.CONFIGURATION,
        )
    named = {} if is_account(environment) else {"ENVIRONMENT": environment}
    _run_main({**os.environ, **named, "CDKTF_OUTDIR": str(outdir)}, environment)
    directory = outdir / "stacks" / environment
    if is_account(environment) and not directory.is_dir():
        made = sorted(path.name for path in directory.parent.iterdir())
        raise OpsError(
            f"{environment!r} is no stack of this run.",
            hint=f"Name one of: {', '.join(made)}. ENVIRONMENT says which environments a run is about.",
            code=ExitCode.CONFIGURATION,
        )
    return directory


def synthesize_with(variables: Mapping[str, str], outdir: Path, *, without: Collection[str] = ()) -> Path:
    """Synthesize all that ENVIRONMENT names, with these variables over this process's, and return `outdir`.

    without: names of this process's variables that must not reach main.py. Raises OpsError as `synthesize`.
    """
    kept = {name: value for name, value in os.environ.items() if name not in without}
    _run_main({**kept, **variables, "CDKTF_OUTDIR": str(outdir)}, variables.get("ENVIRONMENT", "the stacks"))
    return outdir


def _run_main(environ: Mapping[str, str], what: str) -> None:
    result = subprocess.run(
        [sys.executable, str(paths.ROOT / "main.py")],
        env=environ,
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode in (ExitCode.CONFIGURATION, ExitCode.TOOL):
        raise OpsError(result.stderr.strip(), code=ExitCode(result.returncode))
    if result.returncode != 0:
        said = result.stderr.strip() or f"main.py ended with exit code {result.returncode}"
        raise OpsError(f"The synth of {what} failed:\n{said}")


def prepared(environment: str) -> Path:
    """The folder of an environment, synthesized and initialized for the AWS of this process."""
    from ops.terraform import Terraform

    directory = synthesize(environment)
    Terraform(directory).init()
    return directory
