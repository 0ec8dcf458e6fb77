"""The commands `ops` and `cdktf` in `.venv/bin`, and a link to the downloaded Terraform if it is used."""

from __future__ import annotations

import os
from pathlib import Path

from ops.setup.context import Context, State
from ops.setup.files import digest, remove, write_atomically
from ops.setup.terraform import downloaded

NAMES = ("ops", "cdktf")


def state(ctx: Context) -> State | None:
    """Return what is in place; None if it is not what it must be."""
    link = ctx.venv / "bin" / "terraform"
    wanted = bool(ctx.stamp.get("terraform_link"))
    if link.is_symlink() != wanted or (wanted and not link.exists()):
        return None
    found = {name: installed(ctx, name) for name in NAMES}
    if any(found[name] != digest(template(ctx, name)) for name in NAMES):
        return None
    return {"files": found, "link": wanted}


def make(ctx: Context) -> str:
    """Put the launchers in place, each in one step."""
    for name in NAMES:
        write_atomically(ctx.venv / "bin" / name, template(ctx, name).read_bytes(), 0o755)
    link = ctx.venv / "bin" / "terraform"
    remove(link)
    if ctx.stamp.get("terraform_link"):
        link.symlink_to(os.path.relpath(downloaded(ctx.root), link.parent))
    return ".venv/bin/ops, .venv/bin/cdktf"


def template(ctx: Context, name: str) -> Path:
    return ctx.root / "ops" / "launchers" / name


def installed(ctx: Context, name: str) -> str | None:
    """Return the digest of an installed launcher; None if it is not there or cannot be executed."""
    path = ctx.venv / "bin" / name
    return digest(path) if os.access(path, os.X_OK) else None
