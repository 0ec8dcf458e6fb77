"""Chromium, in which tests look at our pages: taken where there is one, else brought by apt."""

from __future__ import annotations

import os
import shutil

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.screenshot import NAMES
from ops.setup import process
from ops.setup.context import Context, State

PACKAGE = "chromium"


def find(ctx: Context) -> str | None:
    """The browser on PATH."""
    path = ctx.environ.get("PATH", os.defpath)
    return next((found for name in NAMES if (found := shutil.which(name, path=path))), None)


def state(ctx: Context) -> State | None:
    found = find(ctx)
    return {"path": found} if found else None


def make(ctx: Context) -> str:
    """Install it where there is none. OpsError TOOL: this cannot be done here, with how to do it."""
    if found := find(ctx):
        return f"{found}, from PATH"
    apt = _apt(ctx)
    if apt is None:
        raise OpsError(
            f"there is no Chromium ({', '.join(NAMES)}), which the tests need to look at pages",
            hint=f"Install it (Debian: sudo apt-get install {PACKAGE}; macOS: brew install --cask {PACKAGE}),"
            " then run `make test` again.",
            code=ExitCode.TOOL,
        )
    environ = process.clean(ctx.environ, DEBIAN_FRONTEND="noninteractive")
    process.run(ctx, [*apt, "update", "-q"], environ, what="apt-get update")
    install = [*apt, "install", "-qy", "--no-install-recommends", PACKAGE]
    process.run(ctx, install, environ, what=f"apt-get install {PACKAGE}")
    return f"{PACKAGE}, by apt-get"


def _apt(ctx: Context) -> list[str] | None:
    """apt-get with the rights to install; None where nobody gives them without being asked."""
    apt = shutil.which("apt-get", path=ctx.environ.get("PATH", os.defpath))
    if apt is None:
        return None
    if os.geteuid() == 0:
        return [apt]
    allowed = process.answer(["sudo", "-n", "true"], ctx.environ) is not None
    return ["sudo", "-n", "DEBIAN_FRONTEND=noninteractive", apt] if allowed else None
