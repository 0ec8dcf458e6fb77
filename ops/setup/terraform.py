"""Which Terraform is used: the one named, else a good one on PATH, else the pinned release in `.tools`."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.setup import process
from ops.setup.context import Context, State
from ops.setup.files import identity

MINIMUM = (1, 11)
PINNED = "1.11.4"
RELEASES = "https://releases.hashicorp.com/terraform"
NEED = f"Terraform {MINIMUM[0]}.{MINIMUM[1]} or newer is needed"


def downloaded(root: Path) -> Path:
    """Return where the pinned release is put."""
    return root / ".tools" / "terraform" / PINNED / "terraform"


def on_path(ctx: Context) -> Path | None:
    """Return the `terraform` on PATH, not counting the link that the set-up itself puts into `.venv/bin`."""
    ours = os.path.realpath(ctx.venv / "bin")
    folders = [f for f in ctx.environ.get("PATH", "").split(os.pathsep) if f and os.path.realpath(f) != ours]
    found = shutil.which("terraform", path=os.pathsep.join(folders))
    return Path(found) if found else None


def named(ctx: Context) -> str:
    return ctx.environ.get("TERRAFORM_BINARY_NAME", "")


def state(ctx: Context) -> State:
    """Return what the choice depends on."""
    wanted = named(ctx)
    found = shutil.which(wanted, path=ctx.environ.get("PATH")) if wanted else None
    return {
        "named": wanted,
        "named_file": identity(Path(found) if found else None),
        "on_path": identity(None if wanted else on_path(ctx)),
        "downloaded": identity(downloaded(ctx.root)),
    }


def make(ctx: Context) -> str:
    """Choose a Terraform, bringing in the pinned one if there is no other; return what was chosen.

    Records in `stamp["terraform_link"]` whether the launchers have to lead to the downloaded one.
    """
    ctx.stamp["terraform_link"] = False
    if named(ctx):
        return check_named(ctx)
    path = on_path(ctx)
    if path is not None:
        version = version_of(str(path), ctx.environ)
        if version is not None and version >= MINIMUM:
            return f"{dotted(version)} from PATH ({path})"
        found = f"Terraform {dotted(version)}" if version else "a terraform that does not run"
        ctx.out.note(f"{found} on PATH ({path}); {NEED}: using {PINNED} of our own, yours stays as it is")
    return bring_in(ctx)


def check_named(ctx: Context) -> str:
    """Accept or refuse the one named by the user; never take another one silently."""
    name = named(ctx)
    version = version_of(name, ctx.environ)
    if version is None or version < MINIMUM:
        found = f"is Terraform {dotted(version)}" if version else "does not run"
        raise OpsError(
            f"TERRAFORM_BINARY_NAME={name} {found}; {NEED}",
            hint=f"Correct it, or unset it: Terraform from PATH or {PINNED} of our own is then used.",
            code=ExitCode.TOOL,
        )
    return f"{dotted(version)} from TERRAFORM_BINARY_NAME ({name})"


def bring_in(ctx: Context) -> str:
    """Use the downloaded release, downloading it first if need be."""
    target = downloaded(ctx.root)
    fresh = not target.exists()
    from ops.setup import download  # here: the HTTP client's import would cost every run 50 ms

    if fresh:
        base = ctx.environ.get("TERRAFORM_RELEASES_URL") or RELEASES
        ctx.out.note(f"downloading {PINNED} from {base}")
        download.release(PINNED, base, target, ctx.out.tick)
    version = version_of(str(target), ctx.environ)
    if version is None or version < MINIMUM:
        target.unlink()  # so that the next run fetches it again
        raise OpsError(
            f"the downloaded Terraform does not run on this machine ({target})",
            hint=download.WAYS_OUT,
            code=ExitCode.TOOL,
        )
    ctx.stamp["terraform_link"] = True
    how = "downloaded and checked" if fresh else "of our own"
    return f"{dotted(version)} {how} ({target.relative_to(ctx.root)})"


def version_of(command: str, environ: Mapping[str, str]) -> tuple[int, ...] | None:
    """Return a Terraform's version, or None if it does not run."""
    text = process.answer([command, "version", "-json"], {**environ, "CHECKPOINT_DISABLE": "1"})
    try:
        release = json.loads(text or "")["terraform_version"]
    except (ValueError, KeyError, TypeError):
        # 0.12 and older know no -json and print "Terraform v0.11.14".
        text = process.answer([command, "version"], {**environ, "CHECKPOINT_DISABLE": "1"})
        match = re.search(r"Terraform v(\d+\.\d+\.\d+)", text or "")
        release = match.group(1) if match else ""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", str(release))
    return tuple(int(part) for part in match.groups()) if match else None


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
