"""The project's virtualenv `.venv`, filled from Pipfile.lock."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import pipenv, process
from ops.setup.context import Context, State
from ops.setup.files import digest, identity, names, remove

SEEDS = ("pip-", "setuptools-", "wheel-")
"""What virtualenv itself puts in, with a record of its own kind."""

CATEGORIES = "packages dev-packages functions"
"""All of the Pipfile. `--dev` would not do: beside `--categories`, pipenv passes over it."""


def base_python() -> str:
    """Return the interpreter under any virtualenv that is active: `.venv` may have to be made anew."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def site_packages(ctx: Context) -> Path | None:
    """Return the virtualenv's site-packages; None while there is none."""
    found = sorted(ctx.venv.glob("lib/python3.*/site-packages"))
    return found[-1] if len(found) == 1 else None


def state(ctx: Context) -> State | None:
    """Return what the packages depend on and what shows that they are there; None if they cannot be right."""
    version = venv_version(ctx.venv)
    site = site_packages(ctx)
    if version is None or site is None or (ctx.python_given and version != running_version()):
        return None
    return {
        "root": ctx.stamp.get("root") == str(ctx.root),  # scripts in .venv/bin hold absolute paths
        "lock": digest(ctx.root / "Pipfile.lock"),
        "recipe": ctx.recipe("packages", "pipenv"),
        "python": [version, identity(ctx.venv / "bin" / "python")],
        "installed": names(site, lambda name: name != "__pycache__"),
    }


def make(ctx: Context) -> str:
    """Make or repair the virtualenv and install what Pipfile.lock says; return a summary."""
    if not (ctx.root / "Pipfile.lock").is_file():
        raise OpsError(
            "Pipfile.lock is missing", hint="Restore it: git checkout Pipfile.lock", code=ExitCode.TOOL
        )
    remove_unusable(ctx)
    forget_incomplete(site_packages(ctx))
    command = pipenv.command(ctx, base_python())
    process.run(
        ctx,
        [*command, "sync", "--categories", CATEGORIES, "--python", base_python()],
        pipenv.environment(ctx),
        what="installing the Python packages",
    )
    ctx.stamp["root"] = str(ctx.root)
    site = site_packages(ctx)
    if site is None:
        raise OpsError(
            "pipenv made no virtualenv in the checkout (.venv)",
            hint=f"See {ctx.log.relative_to(ctx.root)}",
            code=ExitCode.TOOL,
        )
    return f"{len(list(site.glob('*.dist-info')))} in .venv, Python {venv_version(ctx.venv)}"


def remove_unusable(ctx: Context) -> None:
    """Remove a virtualenv that cannot be used or is not of the wanted Python, and say why."""
    venv = ctx.venv
    if not os.path.lexists(venv):
        return
    reason = why_unusable(ctx)
    if reason:
        ctx.out.note(f".venv is made anew: {reason}")
        remove(venv)
        ctx.stamp.pop("root", None)


def why_unusable(ctx: Context) -> str:
    """Return why `.venv` has to go; empty if it can stay."""
    if not ctx.venv.is_dir():
        return "it is no folder"
    version = venv_version(ctx.venv)
    if version is None:
        return "it is incomplete"
    if ctx.python_given and version != running_version():
        return f"it is of Python {version}, wanted is {running_version()}"
    if ctx.stamp.get("root", str(ctx.root)) != str(ctx.root):
        return f"it was made for {ctx.stamp['root']}"
    probe = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    answer = process.answer([str(ctx.venv / "bin" / "python"), "-I", "-c", probe], process.clean(ctx.environ))
    if answer is None:
        return "its Python does not run"
    if answer.strip() != version:
        return f"its Python was {version} and is now {answer.strip()}"
    if tuple(int(part) for part in version.split(".")) < (3, 11):
        return f"it is of Python {version}"
    return ""


def venv_version(venv: Path) -> str | None:
    """Return the `major.minor` that a virtualenv was made with, from its own record."""
    try:
        lines = (venv / "pyvenv.cfg").read_text("utf-8").splitlines()
    except OSError:
        return None
    pairs = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    version = pairs.get("version_info") or pairs.get("version") or ""
    return ".".join(version.split(".")[:2]) or None


def running_version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def forget_incomplete(site: Path | None) -> None:
    """Remove the records of packages whose files are not all there, so that pip installs them again.

    pip takes a package for installed as soon as its metadata folder exists. It adds INSTALLER to the
    record last: a record without it is of an installation that was interrupted.
    """
    for info in sorted(site.glob("*.dist-info")) if site else []:
        if not info.name.startswith(SEEDS) and not complete(info):
            shutil.rmtree(info)


def complete(info: Path) -> bool:
    """Tell whether everything that a package's record lists is there."""
    try:
        lines = (info / "RECORD").read_text("utf-8").splitlines()
    except OSError:
        return False
    files = [line.rsplit(",", 2)[0].strip('"') for line in lines if line]
    if not any(name.endswith(".dist-info/INSTALLER") for name in files):
        return False
    return all(os.path.exists(os.path.join(info.parent, name)) for name in files if not name.endswith(".pyc"))  # noqa: PTH110,PTH118 - twice as fast over 30,000 names
