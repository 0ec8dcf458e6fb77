"""Writing files so that a reader sees the old content or the new, never a part."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.errors import OpsError
from ops.exit_codes import ExitCode

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What a full disk is called, or a disk quota that is used up."""


def write_private(path: Path, content: str | bytes) -> None:
    """Replace `path` by a file of mode 0600 with this content, a text as UTF-8; a link is followed.

    Raises OpsError (OUTPUT) where the disk is full, the folder may not be written or there is something else
    than a file, such as /dev/null; an earlier file then stays as it was and nothing is left beside it.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            raise OSError(errno.EINVAL, "it is not a regular file")  # as root, /dev/null would be replaced
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mkstemp gives 0600
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        remedy = "Make room" if error.errno in FULL else "Allow writing there"
        raise OpsError(
            f"Could not write {path}: {error.strerror or error}.",
            hint=f"What was there is as it was. {remedy} or choose another place, then try again.",
            code=ExitCode.OUTPUT,
        ) from error


@contextmanager
def private_folder(within: Path) -> Iterator[Path]:
    """A new folder in another one, of mode 0700 and a name that no other run knows; gone afterwards."""
    with tempfile.TemporaryDirectory(dir=within, prefix=".ops-") as name:
        yield Path(name)
