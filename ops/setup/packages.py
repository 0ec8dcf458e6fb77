"""The virtualenvs of the checkout, each filled from the Pipfile.lock beside it: `.venv` and the scanners'."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Environment:
    """A virtualenv. folder: below the checkout, of its Pipfile; categories: those of the Pipfile in it."""

    folder: str
    categories: str
    what: str

    def venv(self, ctx: Context) -> Path:
        return ctx.root / self.folder / ".venv"

    def lock(self, ctx: Context) -> Path:
        return ctx.root / self.folder / "Pipfile.lock"

    def name(self, path: Path, ctx: Context) -> str:
        """A path as people read it."""
        return str(path.relative_to(ctx.root))

    @property
    def root_key(self) -> str:
        """Under which the record says which checkout the virtualenv was made in."""
        return f"{self.folder}-root" if self.folder else "root"


PROJECT = Environment("", CATEGORIES, "Python packages")
SCANNERS = Environment("policy", "packages", "scanners")
"""What `ops policy` runs. Apart, because a scanner pins what it needs, boto3 among it."""
EVERY = (PROJECT, SCANNERS)


def base_python() -> str:
    """Return the interpreter under any virtualenv that is active: `.venv` may have to be made anew."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def site_packages(ctx: Context, of: Environment = PROJECT) -> Path | None:
    """Return the virtualenv's site-packages; None while there is none."""
    found = sorted(of.venv(ctx).glob("lib/python3.*/site-packages"))
    return found[-1] if len(found) == 1 else None


def state(ctx: Context, of: Environment = PROJECT) -> State | None:
    """Return what the packages depend on and what shows that they are there; None if they cannot be right."""
    version = venv_version(of.venv(ctx))
    site = site_packages(ctx, of)
    if version is None or site is None or (ctx.python_given and version != running_version()):
        return None
    return {
        "root": ctx.stamp.get(of.root_key) == str(ctx.root),  # scripts in .venv/bin hold absolute paths
        "lock": digest(of.lock(ctx)),
        "recipe": ctx.recipe("packages", "pipenv"),
        "python": [version, identity(of.venv(ctx) / "bin" / "python")],
        "installed": names(site, lambda name: name != "__pycache__"),
    }


def make(ctx: Context, of: Environment = PROJECT) -> str:
    """Make or repair the virtualenv and install what its Pipfile.lock says; return a summary."""
    lock, venv = of.name(of.lock(ctx), ctx), of.name(of.venv(ctx), ctx)
    if not of.lock(ctx).is_file():
        raise OpsError(f"{lock} is missing", hint=f"Restore it: git checkout {lock}", code=ExitCode.TOOL)
    remove_unusable(ctx, of)
    forget_incomplete(site_packages(ctx, of))
    command = pipenv.command(ctx, base_python())
    process.run(
        ctx,
        [*command, "sync", "--categories", of.categories, "--python", base_python()],
        pipenv.environment(ctx) | {"PIPENV_PIPFILE": str(of.lock(ctx).with_name("Pipfile"))},
        what=f"installing the {of.what}",
    )
    ctx.stamp[of.root_key] = str(ctx.root)
    site = site_packages(ctx, of)
    if site is None:
        raise OpsError(
            f"pipenv made no virtualenv in the checkout ({venv})",
            hint=f"See {ctx.log.relative_to(ctx.root)}",
            code=ExitCode.TOOL,
        )
    return f"{len(list(site.glob('*.dist-info')))} in {venv}, Python {venv_version(of.venv(ctx))}"


def remove_unusable(ctx: Context, of: Environment = PROJECT) -> None:
    """Remove a virtualenv that cannot be used or is not of the wanted Python, and say why."""
    venv = of.venv(ctx)
    if not os.path.lexists(venv):
        return
    reason = why_unusable(ctx, of)
    if reason:
        ctx.out.note(f"{of.name(venv, ctx)} is made anew: {reason}")
        remove(venv)
        ctx.stamp.pop(of.root_key, None)


def why_unusable(ctx: Context, of: Environment = PROJECT) -> str:
    """Return why the virtualenv has to go; empty if it can stay."""
    venv = of.venv(ctx)
    if not venv.is_dir():
        return "it is no folder"
    version = venv_version(venv)
    if version is None:
        return "it is incomplete"
    if ctx.python_given and version != running_version():
        return f"it is of Python {version}, wanted is {running_version()}"
    if ctx.stamp.get(of.root_key, str(ctx.root)) != str(ctx.root):
        return f"it was made for {ctx.stamp[of.root_key]}"
    probe = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    answer = process.answer([str(venv / "bin" / "python"), "-I", "-c", probe], process.clean(ctx.environ))
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
