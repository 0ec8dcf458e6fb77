"""`make lock`: resolves all lock files anew and leaves no registry's address in them."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import node, packages, pipenv, process
from ops.setup.context import Context
from ops.setup.files import write_atomically

SECTIONS = {"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv"}
"""What pipenv knows in a Pipfile; every other section is a category of packages."""


def make(ctx: Context) -> None:
    """Lock in a folder aside, then replace the files: an interruption changes none."""
    wheel = node.binary(ctx)
    if wheel is None or not wheel.exists():
        raise OpsError("Node is not set up yet", hint="Run `make setup` first.", code=ExitCode.TOOL)
    ctx.log.write_bytes(b"")
    with tempfile.TemporaryDirectory(prefix="lock-", dir=ctx.tools) as folder:
        aside = Path(folder)
        for name in ("package.json", "package-lock.json"):
            if (ctx.root / name).exists():
                shutil.copy(ctx.root / name, aside / name)
        pipfile_locks = {of: resolved(ctx, of, aside) for of in packages.EVERY}
        ctx.out.begin("package-lock.json")
        process.run(
            ctx,
            node.npm(
                wheel,
                "install",
                "--package-lock-only",
                "--ignore-scripts",
                "--omit-lockfile-registry-resolved",
            ),
            node.environment(ctx, wheel),
            what="npm install --package-lock-only",
            cwd=aside,
        )
        ctx.out.end("resolved")
        package_lock = without_addresses((aside / "package-lock.json").read_text("utf-8"))
    for of, text in pipfile_locks.items():
        write_atomically(of.lock(ctx), text.encode())
    write_atomically(ctx.root / "package-lock.json", package_lock.encode())
    ctx.out.note("The lock files are written; `make setup` and `make policy` install what they say.")


def resolved(ctx: Context, of: packages.Environment, aside: Path) -> str:
    """Return the Pipfile.lock that an environment's Pipfile resolves to now."""
    lock = of.lock(ctx)
    ctx.out.begin(of.name(lock, ctx))
    folder = aside / of.folder
    folder.mkdir(exist_ok=True)
    shutil.copy(lock.with_name("Pipfile"), folder)
    python = packages.base_python()
    process.run(
        ctx,
        [*pipenv.command(ctx, python), "lock", "--python", python],
        pipenv.environment(ctx) | {"PIPENV_PIPFILE": str(folder / "Pipfile")},
        what=f"pipenv lock of {of.name(lock, ctx)}",
        cwd=folder,
    )
    ctx.out.end("resolved")
    return without_sources(
        (folder / "Pipfile.lock").read_text("utf-8"), (folder / "Pipfile").read_text("utf-8")
    )


def without_sources(text: str, pipfile: str) -> str:
    """Return a Pipfile.lock without its sources and each package's `index`: pip's own settings name them."""
    lock: dict[str, Any] = json.loads(text)
    default = [source for source in lock["_meta"]["sources"] if source["name"] == "pypi"]
    if default:
        lock["_meta"]["hash"]["sha256"] = pipfile_hash(tomllib.loads(pipfile), default)
    lock["_meta"]["sources"] = []
    for section, entries in lock.items():
        if section != "_meta":
            for entry in entries.values():
                entry.pop("index", None)
    return json.dumps(lock, indent=4, sort_keys=True) + "\n"


def pipfile_hash(pipfile: dict[str, Any], sources: list[dict[str, Any]]) -> str:
    """Return pipenv's hash of the Pipfile as it is with pipenv's default source alone.

    pipenv hashes the sources in the user's pip settings too: the same Pipfile would lock differently
    from machine to machine, and `pipenv install` would resolve anew on each.
    """
    hashed = {
        "_meta": {"sources": sources, "requires": pipfile.get("requires", {})},
        "default": pipfile.get("packages", {}),
        "develop": pipfile.get("dev-packages", {}),
        **{name: packages for name, packages in pipfile.items() if name not in SECTIONS},
    }
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def without_addresses(text: str) -> str:
    """Return a package-lock.json without the addresses that packages came from."""
    lock: dict[str, Any] = json.loads(text)
    for entry in lock.get("packages", {}).values():
        if str(entry.get("resolved", "")).startswith(("http://", "https://")):
            del entry["resolved"]
    return json.dumps(lock, indent=2, ensure_ascii=False) + "\n"
