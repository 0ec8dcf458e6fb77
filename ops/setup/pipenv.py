"""Which pipenv is used: one on PATH that is recent enough, else one of our own in `.tools/pipenv`."""

from __future__ import annotations

import re
import shutil

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import process
from ops.setup.context import Context
from ops.setup.files import remove

PINNED = "2026.10.3"
OLDEST = tuple(int(part) for part in PINNED.split("."))
"""Older ones are passed over: 2024.0.1 for one fails on a lock file that names no source."""


def environment(ctx: Context) -> dict[str, str]:
    """Return the environment that keeps pipenv inside the checkout and silent."""
    return process.clean(
        ctx.environ,
        PIPENV_PIPFILE=str(ctx.root / "Pipfile"),
        PIPENV_VENV_IN_PROJECT="1",
        PIPENV_IGNORE_VIRTUALENVS="1",
        PIPENV_NOSPIN="1",
        PIPENV_YES="1",
        PIPENV_DONT_LOAD_ENV="1",
        PIPENV_VERBOSITY="-1",
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_NO_INPUT="1",
    )


def command(ctx: Context, python: str) -> list[str]:
    """Return the command that starts pipenv, bringing in one of our own if need be."""
    found = shutil.which("pipenv", path=ctx.environ.get("PATH"))
    if found:
        version = version_of(ctx, [found])
        if version is not None and version >= OLDEST:
            return [found]
    own = ctx.tools / "pipenv"
    start = [str(own / "bin" / "python"), "-I", "-m", "pipenv"]
    if version_of(ctx, start) != OLDEST:
        install(ctx, python)
    return start


def version_of(ctx: Context, start: list[str]) -> tuple[int, ...] | None:
    """Return a pipenv's version; None if it does not run (a shim of pyenv, a removed interpreter)."""
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", process.answer([*start, "--version"], environment(ctx)) or "")
    return tuple(int(part) for part in match.groups()) if match else None


def install(ctx: Context, python: str) -> None:
    """Install the pinned pipenv into a virtualenv of its own; nothing of the system is touched."""
    if process.answer([python, "-I", "-c", "import ensurepip, venv"], process.clean(ctx.environ)) is None:
        raise OpsError(
            f"{python} cannot make virtualenvs (its venv and ensurepip modules are missing)",
            hint="Debian and Ubuntu: apt install python3-venv. Then run `make setup` again.",
            code=ExitCode.TOOL,
        )
    own = ctx.tools / "pipenv"
    remove(own)
    environ = environment(ctx)
    process.run(ctx, [python, "-I", "-m", "venv", str(own)], environ, what="making a virtualenv for pipenv")
    process.run(
        ctx,
        [str(own / "bin" / "python"), "-I", "-m", "pip", "install", f"pipenv=={PINNED}"],
        environ,
        what=f"installing pipenv {PINNED}",
    )
