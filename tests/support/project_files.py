"""The files of the project, as a commit would hold them."""

from __future__ import annotations

import subprocess

from ops.paths import ROOT


def project_files() -> list[str]:
    """Names of the files that are committed or would be, relative to the checkout."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]
