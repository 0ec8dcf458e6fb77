"""The entry of `make setup`: finds a Python that is new enough, then hands over to `ops.setup.run`.

This file alone must parse on Python 3.6, so that an old Python ends in one clear line.
"""

import os
import subprocess
import sys

NEEDED = (3, 11)
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3.14", "python3")
CODE_TOOL = 11  # ExitCode.TOOL; the enum's module need not parse here
GIVEN = "--this-python"
"""Passed when the user named the interpreter (`make PYTHON=...`): no other one is looked for."""


def newer_python():
    # type: () -> str | None
    """Return a Python on PATH that runs and is new enough.

    Each folder is tried: pyenv's shims come first on PATH and exist even where they fail.
    """
    probe = f"import sys; print(sys.executable if sys.version_info[:2] >= {NEEDED} else '')"
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for path in [os.path.join(folder, name) for name in CANDIDATES for folder in folders]:  # noqa: PTH118
        if not os.access(path, os.X_OK):
            continue
        try:
            answer = subprocess.check_output([path, "-I", "-c", probe], stderr=subprocess.DEVNULL, timeout=20)
        except (OSError, subprocess.SubprocessError):
            continue
        found = answer.decode("utf-8", "replace").strip()
        if found:
            return found
    return None


def too_old(given):
    # type: (bool) -> str
    """Return the line for a Python that is too old: what was found, what is needed, how to get it."""
    return (
        "setup: Python {found} found ({path}), {needed} or newer is needed{searched}: install one (Debian: "
        "apt install python3 python3-venv; macOS: brew install python@3.13; else pyenv), or name one: make "
        "setup PYTHON=/path/to/python3"
    ).format(
        found=".".join(str(part) for part in sys.version_info[:3]),
        path=sys.executable,
        needed=".".join(str(part) for part in NEEDED),
        searched="" if given else ", and none is on PATH",
    )


def main(arguments):
    # type: (list[str]) -> int
    """Run the set-up with this Python, or with a newer one, or say what is missing."""
    entry = os.path.realpath(__file__)
    if sys.version_info[:2] < tuple(NEEDED):
        given = GIVEN in arguments
        better = None if given else newer_python()
        if better is None:
            sys.stderr.write(too_old(given) + "\n")
            return CODE_TOOL
        os.execv(better, [better, "-I", entry, *arguments])
    folder, root = os.path.split(entry)[0], os.path.abspath(os.path.join(entry, "..", "..", ".."))  # noqa: PTH100, PTH118
    # `python3 ops/setup` puts this folder first, where a module of ours could shadow the library's.
    sys.path[:] = [root] + [path for path in sys.path if path != folder]
    from ops.setup import run

    return run.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
