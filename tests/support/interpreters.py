"""Other Pythons of this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path


@cache
def interpreters() -> dict[str, str]:
    """Version such as "3.13" -> a Python of 3.11 or newer that runs; this one is among them."""
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    for minor in range(11, 16):
        name = f"python3.{minor}"
        candidates = [shutil.which(name), *sorted(Path.home().glob(f".pyenv/versions/*/bin/{name}"))]
        for candidate in filter(None, candidates):
            # A shim of pyenv is there also where no such version is.
            done = subprocess.run([candidate, "-I", "-c", ""], capture_output=True, check=False)
            if done.returncode == 0:
                found.setdefault(f"3.{minor}", str(candidate))
    return found
