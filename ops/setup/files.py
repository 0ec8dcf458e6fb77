"""Files that are either whole or not there, and the lock that keeps two set-ups apart."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.errors import OpsError
from ops.exit_codes import ExitCode


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace `path` by `content` in one step; an interruption leaves the old file."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def digest(path: Path) -> str | None:
    """Return the file's SHA-256, or None where there is no such file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def identity(path: Path | None) -> list[object] | None:
    """Return what changes when another file takes this path, without reading it; None where none is."""
    if path is None:
        return None
    try:
        real = path.resolve(strict=True)
        status = real.stat()
    except OSError:
        return None
    return [str(path), str(real), status.st_size, status.st_mtime_ns]


def names(folder: Path, wanted: Callable[[str], bool] = lambda name: True) -> str | None:
    """Return one digest over the names in a folder, or None where there is no such folder."""
    try:
        found = sorted(name for name in os.listdir(folder) if wanted(name))  # noqa: PTH208 - names only
    except OSError:
        return None
    return hashlib.sha256("\0".join(found).encode()).hexdigest()


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder; nothing there is fine."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


@contextmanager
def exclusive(path: Path, on_wait: Callable[[], None]) -> Iterator[int]:
    """Hold the lock on `path`; the kernel gives it back when the last process that has it ends.

    Yields the descriptor, for handing down to children. Calls `on_wait` once if somebody else holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def cannot_write(error: OSError) -> OpsError:
    """Return the message for a file that could not be written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    where = f" ({error.filename})" if error.filename else ""
    return OpsError(
        f"{'the disk is full' if full else error.strerror or error}{where}",
        hint="Set-up needs about 1.5 GB in the checkout. Make room, then run it again."
        if full
        else "Set-up writes .venv, .tools and node_modules in the checkout; allow that, then run it again.",
        code=ExitCode.OUTPUT,
    )
