"""Running `main.py` as a program: configuration and jsii stay out of the `ops` process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping
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
    _run(environment, {} if is_account(environment) else {"ENVIRONMENT": environment}, outdir)
    directory = outdir / "stacks" / environment
    if is_account(environment) and not directory.is_dir():
        made = sorted(path.name for path in directory.parent.iterdir())
        raise OpsError(
            f"{environment!r} is no stack of this run.",
            hint=f"Name one of: {', '.join(made)}. ENVIRONMENT says which environments a run is about.",
            code=ExitCode.CONFIGURATION,
        )
    return directory


def synthesize_all(
    environments: Iterable[str],
    outdir: Path,
    variables: Mapping[str, str] | None = None,
    *,
    without: Collection[str] = (),
) -> Path:
    """Synthesize several environments and their accounts' stacks at once; the folder that has one for each.

    variables: over this process's; without: names of this process's variables that must not reach main.py.
    Raises OpsError as `synthesize` does.
    """
    names = ",".join(environments)
    _run(names, {**(variables or {}), "ENVIRONMENT": names}, outdir, without)
    return outdir / "stacks"


def _run(what: str, variables: Mapping[str, str], outdir: Path, without: Collection[str] = ()) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in without}
    result = subprocess.run(
        [sys.executable, str(paths.ROOT / "main.py")],
        env={**kept, **variables, "CDKTF_OUTDIR": str(outdir)},
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
