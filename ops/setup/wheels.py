"""What the Lambda functions carry: the wheels of Pipfile.lock's section `functions`, in `.tools/wheels`.

The virtualenv has the same packages installed, for tests; a zip is made of the wheels themselves, because an
installation differs from machine to machine.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import pipenv, process
from ops.setup.context import Context, State
from ops.setup.files import digest, remove

SECTION = "functions"
PURE = ("--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", "3.13")
"""Only wheels that run everywhere; the version is Lambda's, whichever this machine has."""


def folder(ctx: Context) -> Path:
    return ctx.tools / "wheels"


def state(ctx: Context) -> State | None:
    """Return which wheels are there; None if they are not those of the lock."""
    found = present(folder(ctx))
    try:
        entries = section(ctx)
    except OpsError:
        return None
    if missing(entries, found) or len(found) != len(entries):
        return None
    return {"recipe": ctx.recipe("wheels"), "wheels": found}


def make(ctx: Context) -> str:
    """Download what the lock names, each checked against its hash; return a summary.

    Whatever happens on the way, each wheel in the folder is whole and was checked.
    """
    entries = section(ctx)
    target = folder(ctx)
    target.mkdir(parents=True, exist_ok=True)
    for left in ctx.tools.glob(".wheels-*"):  # of a set-up that was killed; the set-up's lock is held
        remove(left)
    with tempfile.TemporaryDirectory(prefix=".wheels-", dir=ctx.tools) as aside:
        wanted = Path(aside, "wanted.txt")
        wanted.write_text(requirements(entries), "utf-8")
        command = [
            str(ctx.venv / "bin" / "python"),
            "-I",
            "-m",
            "pip",
            "download",
            "--requirement",
            str(wanted),
        ]
        command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", *PURE, "--dest", aside]
        process.run(ctx, command, pipenv.environment(ctx), what="downloading the functions' packages")
        came = present(Path(aside))
        if lacking := missing(entries, came):
            raise OpsError(
                f"pip brought no wheel of {', '.join(lacking)} that Pipfile.lock names",
                hint=f"See {ctx.log.relative_to(ctx.root)}",
                code=ExitCode.TOOL,
            )
        for name in came:
            Path(aside, name).replace(target / name)
    for path in target.iterdir():
        if path.name not in came:
            remove(path)
    return f"{len(came)} wheels in .tools/wheels"


def section(ctx: Context) -> dict[str, Any]:
    """Return the lock's entries for the functions: package -> version and hashes."""
    try:
        lock = json.loads((ctx.root / "Pipfile.lock").read_text("utf-8"))
        entries: dict[str, Any] = lock[SECTION]
    except (OSError, ValueError, KeyError) as error:
        raise OpsError(
            f"Pipfile.lock has no readable section {SECTION!r} ({type(error).__name__})",
            hint="Restore it: git checkout Pipfile.lock",
            code=ExitCode.TOOL,
        ) from None
    return entries


def requirements(entries: dict[str, Any]) -> str:
    """Return pip's requirements: nothing but these versions with these hashes."""
    return "".join(
        f"{package}{entry['version']} {' '.join(f'--hash={hash_}' for hash_ in entry['hashes'])}\n"
        for package, entry in sorted(entries.items())
    )


def present(place: Path) -> dict[str, str | None]:
    """Return the wheels of a folder: file -> SHA-256."""
    return {path.name: digest(path) for path in sorted(place.glob("*.whl"))}


def missing(entries: dict[str, Any], found: dict[str, str | None]) -> list[str]:
    """Return the packages of which no locked wheel is among those found."""
    hashes = {f"sha256:{value}" for value in found.values()}
    return sorted(package for package, entry in entries.items() if not hashes & set(entry["hashes"]))
